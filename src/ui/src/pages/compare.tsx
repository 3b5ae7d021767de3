// Runs beside each other: where they differ, and their curves.

import { changes } from "../api/events";
import { type Run, runs } from "../api/tracking";
import { useAnswer } from "../answer";
import { LineChart } from "../charts/line";
import { Problem, Section, duration, shown } from "../parts/basics";
import { differing, rows } from "../runs/compared";
import { asOf, href, route, setQuery } from "../route";

function ids(text: string | null): string[] {
  try {
    const found: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(found) ? found.map(String) : [];
  } catch {
    return [];
  }
}

export function Compare() {
  const query = route.value.query;
  const wanted = ids(query.get("runs"));
  const all = query.get("all") === "1";
  const { value, error } = useAnswer(() => Promise.all(wanted.map(runs.get)), [wanted.join(), changes.value, asOf.value]);
  if (!wanted.length) return <p class="soft">Choose runs in the table of an experiment, then compare them.</p>;
  if (!value) return <Problem error={error} />;
  const metrics = [...new Set(value.flatMap((it) => (it.data.metrics ?? []).map((metric) => metric.key)))].sort();
  return (
    <>
      <h1>{value.length} runs</h1>
      <div class="bar">
        <label>
          <input type="checkbox" checked={!all} onChange={() => setQuery({ all: all ? undefined : "1" })} /> only what differs
        </label>
      </div>
      <div class="wide">
        <table>
          <thead>
            <tr>
              <th />
              {value.map(({ info }) => (
                <th key={info.run_id}>
                  <a href={href(["experiments", info.experiment_id, "runs", info.run_id])}>{info.run_name}</a>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <Part title="Status" runs={value} all={all} pairs={(it) => [["status", it.info.status], ["took", duration(it.info.start_time, it.info.end_time)]]} />
            <Part title="Parameters" runs={value} all={all} pairs={(it) => (it.data.params ?? []).map((pair) => [pair.key, pair.value])} />
            <Part title="Metrics" runs={value} all={all} pairs={(it) => (it.data.metrics ?? []).map((pair) => [pair.key, shown(pair.value)])} />
            <Part title="Tags" runs={value} all={all} pairs={(it) => (it.data.tags ?? []).map((pair) => [pair.key, pair.value])} />
          </tbody>
        </table>
      </div>
      <Section title="Curves">
        <div class="charts">
          {metrics.map((metric) => (
            <LineChart
              key={metric}
              metric={metric}
              runIds={wanted}
              names={value.map((it) => it.info.run_name)}
              smoothing={0}
              log={false}
              x="step"
              round={changes.value}
            />
          ))}
        </div>
      </Section>
    </>
  );
}

interface PartProps {
  title: string;
  runs: Run[];
  all: boolean;
  pairs: (run: Run) => [string, string][];
}

function Part({ title, runs, all, pairs }: PartProps) {
  const found = rows(runs.map(pairs));
  const told = all ? found : differing(found);
  if (!told.length) return null;
  return (
    <>
      <tr>
        <th colSpan={runs.length + 1}>{title}</th>
      </tr>
      {told.map(({ key, values }) => (
        <tr key={key} class={all && differing([{ key, values }]).length ? "differs" : undefined}>
          <td class="soft">{key}</td>
          {values.map((value, at) => (
            <td key={at} class="mono">
              {value ?? "–"}
            </td>
          ))}
        </tr>
      ))}
    </>
  );
}
