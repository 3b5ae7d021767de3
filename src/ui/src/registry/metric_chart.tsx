// One metric over all versions of a model. Each point is a link; the colour and the shape tell the stage.

import { useState } from "preact/hooks";

import type { Version } from "../api/registry";
import type { Run } from "../api/tracking";
import { shown } from "../parts/basics";
import { href } from "../route";
import { measured } from "./measured";
import { scale, ticks } from "./scale";

const [WIDTH, HEIGHT, LEFT, BOTTOM, PAD] = [760, 220, 64, 24, 12];

interface Props {
  name: string;
  versions: Version[];
  runs: Map<string, Run>;
  metrics: string[];
}

export function MetricChart({ name, versions, runs, metrics }: Props) {
  const [wanted, setWanted] = useState("");
  const metric = metrics.includes(wanted) ? wanted : metrics[0];
  if (!metric) return <p class="soft">No run of a version has a metric.</p>;
  const points = versions
    .map((it) => ({ version: it, value: measured(runs.get(it.run_id ?? ""), metric) ?? NaN }))
    .filter((it) => Number.isFinite(it.value))
    .reverse();
  return (
    <>
      <label>
        Metric{" "}
        <select value={metric} onChange={(event) => setWanted(event.currentTarget.value)}>
          {metrics.map((it) => (
            <option key={it}>{it}</option>
          ))}
        </select>
      </label>
      <Plot name={name} metric={metric} points={points} />
    </>
  );
}

interface Point {
  version: Version;
  value: number;
}

function Plot({ name, metric, points }: { name: string; metric: string; points: Point[] }) {
  const numbers = points.map((it) => Number(it.version.version));
  const values = points.map((it) => it.value);
  const x = scale(numbers, LEFT + PAD, WIDTH - PAD);
  const y = scale(values, HEIGHT - BOTTOM - PAD, PAD);
  return (
    <div class="wide">
      <svg class="metric" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="group" aria-label={`${metric} of ${points.length} versions`}>
        {ticks(values).map((it) => (
          <g key={it}>
            <line class="rule" x1={LEFT} x2={WIDTH} y1={y(it)} y2={y(it)} />
            <text x={LEFT - 6} y={y(it) + 4} text-anchor="end">
              {shown(it)}
            </text>
          </g>
        ))}
        <polyline points={points.map((it, index) => `${x(numbers[index]!)},${y(it.value)}`).join(" ")} />
        {points.map((it, index) => (
          <Mark key={it.version.version} name={name} point={it} x={x(numbers[index]!)} y={y(it.value)} />
        ))}
        {[...new Set([numbers[0], numbers.at(-1)])].map((it, index) =>
          it === undefined ? null : (
            <text key={it} x={x(it)} y={HEIGHT - 6} text-anchor={index ? "end" : "start"}>
              version {it}
            </text>
          ),
        )}
      </svg>
    </div>
  );
}

function Mark({ name, point, x, y }: { name: string; point: Point; x: number; y: number }) {
  const { version, current_stage: stage } = point.version;
  const label = `Version ${version}, ${stage}: ${shown(point.value)}`;
  return (
    <a href={href(["models", name, "versions", version])} aria-label={label}>
      <title>{label}</title>
      {stage === "Production" ? (
        <rect class="mark production" x={x - 5} y={y - 5} width="10" height="10" />
      ) : (
        <circle class={`mark ${stage.toLowerCase()}`} cx={x} cy={y} r="5" />
      )}
    </a>
  );
}
