// One chart of one metric over some runs: a line through the last value of each bucket, a band from the least to the
// greatest. Zoomed into, it asks for finer buckets.

import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import { type Series, runs } from "../api/tracking";
import { useAnswer } from "../answer";
import { Problem } from "../parts/basics";
import { colour } from "./colour";
import { smoothed } from "./smooth";

interface Props {
  metric: string;
  runIds: string[];
  names: string[];
  smoothing: number;
  log: boolean;
  x: string;
  round: number;
}

export function LineChart({ metric, runIds, names, smoothing, log, x, round }: Props) {
  const [zoom, setZoom] = useState<{ from: number; to: number }>();
  const { value, error } = useAnswer(
    () => runs.series(runIds, metric, { x, buckets: 400, ...zoom }),
    [runIds.join(), metric, x, zoom, round],
  );
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!box.current || !value) return;
    const plot = new uPlot(options(box.current.clientWidth, names, log, x, setZoom), joined(value, smoothing), box.current);
    return () => plot.destroy();
  }, [value, smoothing, log, x, names.join()]);
  const points = value?.reduce((sum, it) => sum + it.total, 0) ?? 0;
  return (
    <figure class="chart" aria-label={`${metric} of ${names.length} runs, ${points} points`}>
      <h3>
        {metric} {zoom && <button type="button" onClick={() => setZoom(undefined)}>whole</button>}
      </h3>
      <Problem error={error} />
      <div ref={box} />
    </figure>
  );
}

function options(width: number, names: string[], log: boolean, x: string, zoom: (to: { from: number; to: number }) => void): uPlot.Options {
  const text = getComputedStyle(document.documentElement).getPropertyValue("--soft");
  const axis = { stroke: () => getComputedStyle(document.body).color || text, grid: { width: 0.5 } };
  return {
    width,
    height: 220,
    scales: { x: { time: x === "time" }, y: { distr: log ? 3 : 1 } },
    axes: [axis, axis],
    ms: 1,
    series: [
      {},
      ...names.flatMap((name, index) => {
        const stroke = colour(index);
        return [
          { label: name, stroke, width: 1.5, spanGaps: true },
          { label: `${name} least`, stroke: "transparent", spanGaps: true, points: { show: false } },
          { label: `${name} greatest`, stroke: "transparent", spanGaps: true, points: { show: false } },
        ];
      }),
    ],
    bands: names.map((_, index) => ({ series: [index * 3 + 3, index * 3 + 2] as [number, number], fill: `${colour(index)}33` })),
    legend: { show: false },
    cursor: { drag: { x: true, y: false, setScale: false } },
    hooks: {
      setSelect: [
        (plot) => {
          const [from, to] = [plot.select.left, plot.select.left + plot.select.width].map((at) => plot.posToVal(at, "x"));
          if (plot.select.width > 4) zoom({ from: Math.floor(from!), to: Math.ceil(to!) });
        },
      ],
    },
  };
}

/** The series over one axis. */
function joined(all: Series[], smoothing: number): uPlot.AlignedData {
  const tables = all.map((it) => [it.x, smoothed(it.last, smoothing), it.min, it.max] as uPlot.AlignedData);
  return tables.length ? uPlot.join(tables) : [[]];
}
