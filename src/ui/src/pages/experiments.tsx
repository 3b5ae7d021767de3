// All experiments: find, create, rename, delete, restore.

import { useState } from "preact/hooks";

import { changes } from "../api/events";
import { type Experiment, experiments } from "../api/tracking";
import { useAnswer } from "../answer";
import { Badge, Empty, Problem, Time } from "../parts/basics";
import { asOf, href, route, setQuery } from "../route";

export function Experiments() {
  const query = route.value.query;
  const [deleted, search] = [query.get("view") === "deleted", query.get("search") ?? ""];
  const [round, setRound] = useState(0);
  const [problem, setProblem] = useState<Error>();
  const { value, error } = useAnswer(
    () => experiments.search(deleted ? "DELETED_ONLY" : "ACTIVE_ONLY"),
    [deleted, round, changes.value, asOf.value],
  );
  const act = (work: Promise<unknown>) => work.then(() => setRound(round + 1), setProblem);
  const found = value?.filter((it) => it.name.toLowerCase().includes(search.toLowerCase()));
  return (
    <>
      <h1>Experiments</h1>
      <div class="bar">
        <input
          class="grow"
          type="search"
          placeholder="Find by name"
          aria-label="Find experiments by name"
          value={search}
          onInput={(event) => setQuery({ search: event.currentTarget.value })}
        />
        <label>
          <input type="checkbox" checked={deleted} onChange={() => setQuery({ view: deleted ? undefined : "deleted" })} /> deleted
        </label>
        <Create create={(name) => act(experiments.create(name))} />
      </div>
      <Problem error={problem ?? error} />
      {found?.length === 0 ? (
        <Empty
          text={search ? `No experiment has "${search}" in its name.` : "No experiment here yet. Log a run:"}
          {...(search ? {} : { command: snippet() })}
        />
      ) : (
        <div class="wide">
          <table>
            <thead>
              <tr>
                <th>Name</th>
                <th>Id</th>
                <th>Last change</th>
                <th>Created</th>
                <th />
              </tr>
            </thead>
            <tbody>{found?.map((it) => <Row key={it.experiment_id} experiment={it} act={act} />)}</tbody>
          </table>
        </div>
      )}
    </>
  );
}

/** What logs a first run here. */
export function snippet(): string {
  const uri = location.origin + location.pathname.replace(/\/$/, "");
  return `import mlflow\n\nmlflow.set_tracking_uri("${uri}")\nwith mlflow.start_run():\n    mlflow.log_param("lr", 0.1)\n    mlflow.log_metric("loss", 0.5)`;
}

function Row({ experiment, act }: { experiment: Experiment; act: (work: Promise<unknown>) => void }) {
  const { experiment_id: id, name, lifecycle_stage: stage } = experiment;
  const rename = () => {
    const next = prompt("New name", name);
    if (next && next !== name) act(experiments.rename(id, next));
  };
  return (
    <tr>
      <td>
        <a href={href(["experiments", id])}>{name}</a> {stage === "deleted" && <Badge word="deleted" />}
      </td>
      <td class="mono">{id}</td>
      <td>
        <Time at={experiment.last_update_time} />
      </td>
      <td>
        <Time at={experiment.creation_time} />
      </td>
      <td>
        {stage === "deleted" ? (
          <button type="button" disabled={!!asOf.value} onClick={() => act(experiments.restore(id))}>
            Restore
          </button>
        ) : (
          <>
            <button type="button" disabled={!!asOf.value} onClick={rename}>
              Rename
            </button>{" "}
            <button type="button" disabled={!!asOf.value} onClick={() => act(experiments.remove(id))}>
              Delete
            </button>
          </>
        )}
      </td>
    </tr>
  );
}

function Create({ create }: { create: (name: string) => void }) {
  const [name, setName] = useState("");
  const submit = (event: Event) => {
    event.preventDefault();
    create(name);
    setName("");
  };
  return (
    <form onSubmit={submit}>
      <input placeholder="New experiment" aria-label="Name of a new experiment" value={name} onInput={(event) => setName(event.currentTarget.value)} />{" "}
      <button type="submit" disabled={!name || !!asOf.value}>
        Create
      </button>
    </form>
  );
}
