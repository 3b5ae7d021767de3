// Everything that happened to an entity, with old and new values.

import { changes } from "../api/events";
import { get, runlog } from "../api/http";
import { useAnswer } from "../answer";
import { asOf, href } from "../route";
import { Problem, Time } from "./basics";

interface EntityEvent {
  seq: number;
  recorded_at: number;
  event: string;
  actor: string;
  changes: { field: string; old: string | null; new: string | null }[];
}

export function History({ entity }: { entity: string }) {
  const { value, error } = useAnswer(
    () => get<{ events: EntityEvent[] }>(runlog("history"), { entity, limit: 1000 }),
    [entity, changes.value, asOf.value],
  );
  return (
    <div class="wide">
      <Problem error={error} />
      <table>
        <thead>
          <tr>
            <th>When</th>
            <th>Event</th>
            <th>Who</th>
            <th>What changed</th>
          </tr>
        </thead>
        <tbody>
          {value?.events.map((it) => (
            <tr key={it.seq}>
              <td>
                <Time at={it.recorded_at} /> <a class="mono" href={href(["activity", it.seq])}>#{it.seq}</a>
              </td>
              <td>{it.event}</td>
              <td>{it.actor}</td>
              <td class="mono">
                {it.changes.map((change) => (
                  <div key={change.field}>
                    {change.field}: {change.old ?? "–"} → {change.new ?? "–"}
                  </div>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
