// Every stage change of a model: when, who, why, and the event that tells it.

import { useState } from "preact/hooks";

import type { StageMove } from "../api/registry";
import { Badge, Time } from "../parts/basics";
import { href } from "../route";

const PAGE = 50;

/** The latest first. */
export function Moves({ moves }: { moves: StageMove[] }) {
  const [shown, setShown] = useState(PAGE);
  if (!moves.length) return <p class="soft">No version was ever moved.</p>;
  return (
    <div class="wide">
      <table>
        <thead>
          <tr>
            <th>When</th>
            <th>Event</th>
            <th>Version</th>
            <th>From → to</th>
            <th>Who</th>
            <th>Why</th>
          </tr>
        </thead>
        <tbody>
          {moves.slice(0, shown).map((it) => (
            <tr key={`${it.seq} ${it.version}`}>
              <td>
                <Time at={it.changed_at} />
              </td>
              <td>
                <a class="mono" href={href(["activity", it.seq])}>
                  #{it.seq}
                </a>
              </td>
              <td>{it.version}</td>
              <td>
                <Badge word={it.from} /> → <Badge word={it.to} />
              </td>
              <td>
                {it.actor}
                {it.requested_by && <span class="soft"> (asked by {it.requested_by})</span>}
              </td>
              <td>
                {it.comment} {it.displaced_by && <span class="soft">replaced by {it.displaced_by}</span>}
                {it.archived.length > 0 && <span class="soft"> archived {it.archived.join(", ")}</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {moves.length > shown && (
        <button type="button" onClick={() => setShown(shown + PAGE)}>
          Older
        </button>
      )}
    </div>
  );
}
