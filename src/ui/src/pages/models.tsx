// All registered models, with what is in Production and Staging.

import { changes } from "../api/events";
import { type Model, models } from "../api/registry";
import { useAnswer } from "../answer";
import { Empty, Problem, Time } from "../parts/basics";
import { asOf, href, route, setQuery } from "../route";

export function Models() {
  const search = route.value.query.get("search") ?? "";
  const { value, error } = useAnswer(models.search, [changes.value, asOf.value]);
  const found = value?.filter((it) => it.name.toLowerCase().includes(search.toLowerCase()));
  return (
    <>
      <h1>Models</h1>
      <div class="bar">
        <input
          class="grow"
          type="search"
          placeholder="Find by name"
          aria-label="Find models by name"
          value={search}
          onInput={(event) => setQuery({ search: event.currentTarget.value })}
        />
      </div>
      <Problem error={error} />
      {found?.length === 0 ? (
        <Empty text="No registered model here yet. Register one from a run:" command={'mlflow.register_model("runs:/<run id>/model", "CarSeat")'} />
      ) : (
        <div class="wide">
          <table>
            <thead>
              <tr>
                <th>Name</th>
                <th>Production</th>
                <th>Staging</th>
                <th>Latest</th>
                <th>Last change</th>
              </tr>
            </thead>
            <tbody>{found?.map((it) => <Row key={it.name} model={it} />)}</tbody>
          </table>
        </div>
      )}
    </>
  );
}

function Row({ model }: { model: Model }) {
  const latest = model.latest_versions ?? [];
  const link = (stage: string) => {
    const version = latest.find((it) => it.current_stage === stage)?.version;
    return version ? <a href={href(["models", model.name, "versions", version])}>Version {version}</a> : <span class="soft">–</span>;
  };
  const last = Math.max(0, ...latest.map((it) => Number(it.version)));
  return (
    <tr>
      <td>
        <a href={href(["models", model.name])}>{model.name}</a>
      </td>
      <td>{link("Production")}</td>
      <td>{link("Staging")}</td>
      <td>{last ? <a href={href(["models", model.name, "versions", last])}>Version {last}</a> : "–"}</td>
      <td>
        <Time at={model.last_updated_timestamp} />
      </td>
    </tr>
  );
}
