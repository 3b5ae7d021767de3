// Everything that happened, the latest first, as it happens.

import { useState } from "preact/hooks";

import { entityOf } from "../activity/feed";
import { Filters } from "../activity/filters";
import { useFeed } from "../activity/use_feed";
import { type EventLine, live } from "../api/events";
import { Problem, Time } from "../parts/basics";
import { asOf, href, route } from "../route";
import "../styles/activity.css";

export function Activity() {
  const query = route.value.query;
  const question = Object.fromEntries(["actor", "type", "entity", "from", "to"].map((name) => [name, query.get(name) || undefined]));
  return (
    <>
      <h1>Activity</h1>
      <Filters />
      <Lines key={JSON.stringify([question, asOf.value])} question={question} />
    </>
  );
}

function Lines({ question }: { question: Record<string, string | undefined> }) {
  const [paused, setPaused] = useState(false);
  const { feed, error, more } = useFeed(question, paused);
  return (
    <>
      {!asOf.value && (
        <div class="bar">
          <button type="button" aria-pressed={paused} onClick={() => setPaused(!paused)}>
            {paused ? "Go on" : "Pause"}
          </button>
          <span class="soft" role="status">
            {paused ? "Paused: what comes is shown when you go on." : live.value ? "Live" : "Waiting for the server…"}
          </span>
        </div>
      )}
      <Problem error={error} />
      {feed && !feed.lines.length && <p class="soft">Nothing of this kind has happened{feed.older ? " lately" : ""}.</p>}
      {feed && feed.lines.length > 0 && (
        <div class="wide">
          <table class="activity">
            <thead>
              <tr>
                <th>When</th>
                <th>Event</th>
                <th>What</th>
                <th>Who</th>
                <th>About</th>
                <th>Facts</th>
              </tr>
            </thead>
            <tbody>
              {feed.lines.map((it) => (
                <Line key={it.seq} line={it} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {feed?.older ? (
        <button type="button" onClick={more}>
          Older
        </button>
      ) : null}
    </>
  );
}

/** Letters of the facts; the whole is on the event's own page. */
const FACTS_SHOWN = 100;

function Line({ line }: { line: EventLine }) {
  const about = entityOf(line.data);
  return (
    <tr>
      <td>
        <Time at={line.recorded_at} />
      </td>
      <td>
        <a class="mono" href={href(["activity", line.seq])}>
          #{line.seq}
        </a>
      </td>
      <td>{line.event}</td>
      <td>{line.actor}</td>
      <td class="mono">
        {about && (
          <a href={href(["activity"], { entity: about })} title={about}>
            {about.length > 20 ? `${about.slice(0, 19)}…` : about}
          </a>
        )}
      </td>
      <td class="mono">{JSON.stringify(line.data).slice(0, FACTS_SHOWN)}</td>
    </tr>
  );
}
