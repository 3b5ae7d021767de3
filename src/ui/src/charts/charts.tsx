// A chart for each metric, over the runs that are chosen, or else the first of the table.

import { useState } from "preact/hooks";

import { type Question, runs } from "../api/tracking";
import { useAnswer } from "../answer";
import { LineChart } from "./line";

const RUNS_MAX = 10;
const CHARTS_MAX = 24;

interface Props {
  question: Question;
  chosen: string[];
  metrics: string[];
  round: number;
}

export function Charts({ question, chosen, metrics, round }: Props) {
  const [smoothing, setSmoothing] = useState(0);
  const [log, setLog] = useState(false);
  const [x, setX] = useState("step");
  const { value } = useAnswer(() => runs.window(question, 0, 200), [JSON.stringify(question), round]);
  const rows = (value?.rows ?? []).filter((it) => !chosen.length || chosen.includes(it.run_id)).slice(0, RUNS_MAX);
  if (!rows.length) return null;
  return (
    <>
      <div class="bar">
        <label>
          Smoothing{" "}
          <input
            type="range"
            min="0"
            max="0.99"
            step="0.01"
            value={smoothing}
            onInput={(event) => setSmoothing(event.currentTarget.valueAsNumber)}
          />
        </label>
        <label>
          <input type="checkbox" checked={log} onChange={() => setLog(!log)} /> logarithmic
        </label>
        <select aria-label="Horizontal axis" value={x} onChange={(event) => setX(event.currentTarget.value)}>
          <option value="step">step</option>
          <option value="time">time</option>
        </select>
      </div>
      <div class="charts">
        {metrics.slice(0, CHARTS_MAX).map((metric) => (
          <LineChart
            key={metric}
            metric={metric}
            runIds={rows.map((it) => it.run_id)}
            names={rows.map((it) => it.run_name)}
            smoothing={smoothing}
            log={log}
            x={x}
            round={round}
          />
        ))}
      </div>
    </>
  );
}
