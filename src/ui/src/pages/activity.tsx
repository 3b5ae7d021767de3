// Everything that happened, the latest first, as it happens.

import { KINDS, changes, events } from "../api/events";
import { useAnswer } from "../answer";
import { Problem, Time } from "../parts/basics";
import { asOf, route, setQuery } from "../route";

export function Activity() {
  const query = route.value.query;
  const [actor, kind, entity] = ["actor", "type", "entity"].map((name) => query.get(name) ?? "");
  const { value, error } = useAnswer(
    () =>
      events({
        order: "newest_first",
        limit: 200,
        actor: actor || undefined,
        type: kind || undefined,
        entity: entity || undefined,
      }),
    [actor, kind, entity, changes.value, asOf.value],
  );
  return (
    <>
      <h1>Activity</h1>
      <div class="bar">
        <input placeholder="Who" aria-label="Only what this actor did" value={actor} onChange={(event) => setQuery({ actor: event.currentTarget.value })} />
        <input
          class="grow"
          placeholder="run:<id>, model:<name>, experiment:<id>"
          aria-label="Only about this entity"
          value={entity}
          onChange={(event) => setQuery({ entity: event.currentTarget.value })}
        />
        <select aria-label="Only this kind" value={kind} onChange={(event) => setQuery({ type: event.currentTarget.value })}>
          <option value="">every kind</option>
          {KINDS.map((it) => (
            <option key={it}>{it}</option>
          ))}
        </select>
      </div>
      <Problem error={error} />
      <div class="wide">
        <table>
          <thead>
            <tr>
              <th>When</th>
              <th>What</th>
              <th>Who</th>
              <th>Facts</th>
            </tr>
          </thead>
          <tbody>
            {value?.events.map((it) => (
              <tr key={it.seq}>
                <td>
                  <Time at={it.recorded_at} /> <a class="mono" href={`api/runlog/1/tlog/proof/${it.seq}`} title="Its proof" download>#{it.seq}</a>
                </td>
                <td>{it.event}</td>
                <td>{it.actor}</td>
                <td>
                  <details>
                    <summary class="mono">{JSON.stringify(it.data).slice(0, 100)}</summary>
                    <pre>{JSON.stringify(it.data, null, 2)}</pre>
                  </details>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
