// The versions of a model as a table: stage, aliases, the run each came from, and what that run measured.

import { useState } from "preact/hooks";

import type { Version } from "../api/registry";
import type { Run } from "../api/tracking";
import { Badge, Empty, Time, shown } from "../parts/basics";
import { href } from "../route";
import { Aliases } from "./aliases";
import { ChangeStage } from "./change_stage";
import { measured } from "./measured";

/** Columns beside the others; all metrics are in the chart. */
const METRICS_SHOWN = 4;
const PAGE = 100;

interface Props {
  name: string;
  versions: Version[];
  aliases: Map<string, string[]>;
  runs: Map<string, Run>;
  metrics: string[];
  done: () => void;
}

export function Versions(props: Props) {
  const { name, versions, metrics } = props;
  const [rows, setRows] = useState(PAGE);
  const [chosen, setChosen] = useState<string[]>([]);
  if (!versions.length) {
    return <Empty text="No version yet. Register one from a run:" command={`mlflow.register_model("runs:/<run id>/model", ${JSON.stringify(name)})`} />;
  }
  const toggle = (version: string) =>
    setChosen(chosen.includes(version) ? chosen.filter((it) => it !== version) : [...chosen, version]);
  const columns = metrics.filter((it) => !it.startsWith("system/")).slice(0, METRICS_SHOWN);
  return (
    <>
      <div class="wide">
        <table>
          <thead>
            <tr>
              <th>Version</th>
              <th>Stage</th>
              <th>Aliases</th>
              <th>Run</th>
              {columns.map((it) => (
                <th key={it}>{it}</th>
              ))}
              <th>Created</th>
              <th>
                <span class="soft">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {versions.slice(0, rows).map((it) => (
              <Row key={it.version} {...props} version={it} columns={columns} chosen={chosen.includes(it.version)} toggle={toggle} />
            ))}
          </tbody>
        </table>
      </div>
      <div class="bar">
        {versions.length > rows && (
          <button type="button" onClick={() => setRows(rows + PAGE)}>
            More versions
          </button>
        )}
        <Compare name={name} chosen={chosen} />
      </div>
    </>
  );
}

function Compare({ name, chosen }: { name: string; chosen: string[] }) {
  const to = href(["compare-model-versions"], { name, versions: chosen.join(",") });
  return (
    <button type="button" data-key="c" disabled={chosen.length < 2} onClick={() => (location.hash = to)}>
      Compare versions
    </button>
  );
}

interface RowProps extends Props {
  version: Version;
  columns: string[];
  chosen: boolean;
  toggle: (version: string) => void;
}

function Row({ name, version: it, columns, aliases, runs, chosen, toggle, done }: RowProps) {
  const run = runs.get(it.run_id ?? "");
  return (
    <tr>
      <td>
        <input type="checkbox" aria-label={`Choose version ${it.version}`} checked={chosen} onChange={() => toggle(it.version)} />{" "}
        <a href={href(["models", name, "versions", it.version])}>Version {it.version}</a>
      </td>
      <td>
        <Badge word={it.current_stage} />
      </td>
      <td>
        <Aliases name={name} version={it.version} aliases={aliases.get(it.version) ?? []} done={done} />
      </td>
      <td>
        {run ? (
          <>
            <a href={href(["experiments", run.info.experiment_id, "runs", run.info.run_id])}>{run.info.run_name || it.run_id?.slice(0, 8)}</a>{" "}
            <span class="soft">
              of <a href={href(["experiments", run.info.experiment_id])}>experiment {run.info.experiment_id}</a>
            </span>
          </>
        ) : (
          <span class="mono">{it.run_id?.slice(0, 8) || "–"}</span>
        )}
      </td>
      {columns.map((key) => (
        <td class="number" key={key}>
          {shown(measured(run, key))}
        </td>
      ))}
      <td>
        <Time at={it.creation_timestamp} />
      </td>
      <td>
        <ChangeStage version={it} done={done} />
      </td>
    </tr>
  );
}
