// The runs of one or several experiments: table, filter, order, charts, what can be done with those that are chosen.

import { useState } from "preact/hooks";

import { changes } from "../api/events";
import { experiments, runs } from "../api/tracking";
import { useAnswer } from "../answer";
import { Charts } from "../charts/charts";
import { Problem } from "../parts/basics";
import { asOf, href, route, setQuery } from "../route";
import { exportCsv } from "../runs/export";
import { Grid } from "../runs/grid";
import { narrowed, question, read, sorted, write } from "../runs/state";

/** Columns that are shown before any is hidden. */
const COLUMNS_MAX = 60;

export function Runs({ experimentIds }: { experimentIds: string }) {
  const state = read(route.value.query);
  const charts = route.value.query.get("charts") === "1";
  const [chosen, setChosen] = useState(new Set<string>());
  const [draft, setDraft] = useState(state.filter);
  const [round, setRound] = useState(0);
  const [problem, setProblem] = useState<Error>();
  const named = useAnswer(
    () => Promise.all(experimentIds.split(",").map((id) => experiments.get(id))),
    [experimentIds, asOf.value],
  );
  const known = useAnswer(() => runs.columns(experimentIds), [experimentIds, changes.value, asOf.value]);
  const all = [...(known.value?.metrics ?? []).map((it) => `metrics.${it}`), ...(known.value?.params ?? []).map((it) => `params.${it}`)];
  const columns = all.filter((it) => !state.hidden.includes(it)).slice(0, COLUMNS_MAX);
  const choose = (ids: string[], on: boolean) => {
    const next = new Set(chosen);
    ids.forEach((id) => (on ? next.add(id) : next.delete(id)));
    setChosen(next);
  };
  const each = (work: (id: string) => Promise<unknown>) =>
    Promise.all([...chosen].map(work)).then(() => {
      setChosen(new Set());
      setRound(round + 1);
    }, setProblem);
  return (
    <>
      <h1>{named.value?.map((it) => it.name).join(", ") ?? "Runs"}</h1>
      <Problem error={named.error ?? known.error ?? problem} />
      <form
        class="bar"
        onSubmit={(event) => {
          event.preventDefault();
          write.filter(draft);
        }}
      >
        <input
          class="grow mono"
          type="search"
          placeholder="metrics.loss < 0.5 AND params.lr = '0.1'"
          aria-label="Filter runs"
          value={draft}
          onInput={(event) => setDraft(event.currentTarget.value)}
        />
        <button type="submit">Filter</button>
        <select aria-label="Which runs" value={state.view} onChange={(event) => write.view(event.currentTarget.value)}>
          <option value="active">active</option>
          <option value="deleted">deleted</option>
          <option value="all">all</option>
        </select>
        <button type="button" aria-pressed={charts} onClick={() => setQuery({ charts: charts ? undefined : "1" })}>
          Charts
        </button>
        <button type="button" onClick={() => exportCsv(question(experimentIds, state, columns)).catch(setProblem)}>
          CSV
        </button>
        <Hidden all={all} hidden={state.hidden} />
      </form>
      {chosen.size > 0 && (
        <div class="bar" role="group" aria-label="Chosen runs">
          <strong>{chosen.size} chosen</strong>
          <a class="button" data-key="c" href={href(["compare-runs"], { runs: JSON.stringify([...chosen]), experiments: JSON.stringify(experimentIds.split(",")) })}>
            Compare
          </a>
          <button type="button" disabled={!!asOf.value} onClick={() => each(runs.remove)}>
            Delete
          </button>
          <button type="button" disabled={!!asOf.value} onClick={() => each(runs.restore)}>
            Restore
          </button>
          <button type="button" onClick={() => setChosen(new Set())}>
            Choose none
          </button>
        </div>
      )}
      {charts && (
        <Charts
          question={question(experimentIds, state, [])}
          chosen={[...chosen]}
          metrics={known.value?.metrics ?? []}
          round={round + changes.value}
        />
      )}
      {known.value && <Grid
        question={question(experimentIds, state, columns)}
        round={round + changes.value}
        chosen={chosen}
        choose={choose}
        sort={(column, more) => write.order(sorted(state.order, column, more))}
        narrow={(column, value) => {
          const next = narrowed(state.filter, column, value);
          setDraft(next);
          write.filter(next);
        }}
      />}
    </>
  );
}

function Hidden({ all, hidden }: { all: string[]; hidden: string[] }) {
  const toggle = (column: string) =>
    write.hidden(hidden.includes(column) ? hidden.filter((it) => it !== column) : [...hidden, column]);
  return (
    <details>
      <summary>Columns</summary>
      {all.map((column) => (
        <label key={column}>
          <input type="checkbox" checked={!hidden.includes(column)} onChange={() => toggle(column)} /> {column}
          <br />
        </label>
      ))}
    </details>
  );
}
