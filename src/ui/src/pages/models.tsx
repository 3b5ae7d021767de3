// All registered models, with what is in Production and Staging; found and paged by the server.

import { useState } from "preact/hooks";

import { trackingUri } from "../address";
import { modelChanges } from "../api/events";
import { type Model, models } from "../api/registry";
import { useAnswer } from "../answer";
import { Empty, Problem, Time } from "../parts/basics";
import { CreateModel } from "../registry/create";
import { asOf, href, route, setQuery } from "../route";

const FIRST = `mlflow.set_tracking_uri(${JSON.stringify(trackingUri())})
mlflow.register_model("runs:/<run id>/model", "CarSeat")`;

export function Models() {
  const search = route.value.query.get("search") ?? "";
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
        <CreateModel />
      </div>
      <Found key={search} search={search} />
    </>
  );
}

/** The first pages of what is found, as many as were asked for. */
function Found({ search }: { search: string }) {
  const [pages, setPages] = useState(1);
  const { value, error } = useAnswer(() => firstPages(search, pages), [search, pages, modelChanges.value, asOf.value]);
  if (!value) return <Problem error={error} />;
  if (!value.found.length && search) return <p class="soft">No model has “{search}” in its name.</p>;
  if (!value.found.length) {
    return <Empty text="No registered model here yet. Register one from a run:" command={FIRST} />;
  }
  return (
    <>
      <Problem error={error} />
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
          <tbody>{value.found.map((it) => <Row key={it.name} model={it} />)}</tbody>
        </table>
      </div>
      {value.more && (
        <button type="button" onClick={() => setPages(pages + 1)}>
          More models
        </button>
      )}
    </>
  );
}

async function firstPages(search: string, pages: number): Promise<{ found: Model[]; more: boolean }> {
  const found: Model[] = [];
  let token: string | undefined;
  for (let page = 0; page < pages; page += 1) {
    const answer = await models.search(search, token);
    found.push(...(answer.registered_models ?? []));
    token = answer.next_page_token;
    if (!token) break;
  }
  return { found, more: !!token };
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
