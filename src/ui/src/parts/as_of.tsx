// The time bar: slide to, step to or type a moment. In the past the whole page is framed, and nothing can be changed.

import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";

import { type EventsPage, changes, events, stageMoves } from "../api/events";
import { getNow, runlog } from "../api/http";
import { useAnswer } from "../answer";
import { asOf, setQuery } from "../route";
import "../styles/as_of.css";
import { FORMAT, Problem } from "./basics";
import { neighbour, parseMoment, timeOf } from "./moment";

const show = (time: number) => setQuery({ as_of: new Date(time).toISOString() });
const now = () => setQuery({ as_of: undefined });

/** The time of the moment that is shown; for a sequence it is known once the server told. */
export const shownAt = signal<number | undefined>(undefined);

export function AsOfBar() {
  const moment = asOf.value;
  const span = useSpan();
  // What the server says of the moment: the last event that was there, or why there is none.
  const found = useAnswer(
    () => (moment ? events({ order: "newest_first", limit: 1 }) : Promise.resolve(undefined)),
    [moment],
  );
  const last = moment ? found.value?.events[0] : undefined;
  const at = timeOf(moment) ?? last?.recorded_at;
  useEffect(() => {
    shownAt.value = moment ? at : undefined;
  }, [moment, at]);
  const words = at ? FORMAT.format(at) : moment;
  return (
    <div class={moment ? "as-of past" : "as-of"} role="region" aria-label="Moment that is shown">
      <strong role="status">
        {moment ? `As of ${words}${last ? ` (#${last.seq})` : ""}: nothing can be changed` : <span class="soft">Now</span>}
      </strong>
      {span && <Slider {...span} at={moment ? at : undefined} />}
      <Typed key={moment} moment={moment} />
      {moment && (
        <button type="button" onClick={now}>
          Back to now
        </button>
      )}
      {moment && <Problem error={found.error} />}
    </div>
  );
}

interface Span {
  from: number;
  ticks: number[];
}

/** From the first event on, with a tick for each stage change. It is asked for behind what the page is about. */
function useSpan(): Span | undefined {
  const ready = changes.value > 0;
  const { value } = useAnswer(async () => {
    if (!ready) return undefined;
    const [first, moves] = await Promise.all([
      getNow<EventsPage>(runlog("events"), { limit: 1 }),
      getNow<{ changes: { changed_at: number }[] }>(runlog("stage-changes"), { limit: 10_000 }),
    ]);
    const from = first.events[0]?.recorded_at;
    return from === undefined ? undefined : { from, ticks: [...new Set(moves.changes.map((it) => it.changed_at))] };
  }, [ready, stageMoves.value]);
  return value;
}

/** More could not be told apart. */
const TICKS_SHOWN = 200;

/** Steps of the slider from end to end. */
const NOTCHES = 1000;

function Slider({ from, ticks, at }: Span & { at: number | undefined }) {
  const [dragged, setDragged] = useState<number>();
  const to = Date.now();
  const value = dragged ?? at ?? to;
  const notch = Math.max(1, Math.floor((to - from) / NOTCHES));
  const step = (by: -1 | 1) => {
    const next = neighbour(ticks, value, by);
    if (next !== undefined) show(next);
    else if (by > 0) now();
  };
  const every = Math.ceil(ticks.length / TICKS_SHOWN);
  return (
    <div class="slide">
      <button type="button" data-key="[" title="The stage change before ([)" aria-label="The stage change before" onClick={() => step(-1)}>
        ‹
      </button>
      <div class="rail">
        <input
          type="range"
          aria-label="Moment that is shown, by time"
          aria-valuetext={FORMAT.format(value)}
          title={FORMAT.format(value)}
          min={from}
          max={to}
          step={notch}
          value={value}
          onInput={(event) => setDragged(event.currentTarget.valueAsNumber)}
          onChange={(event) => {
            setDragged(undefined);
            const time = event.currentTarget.valueAsNumber;
            // The last notch is now: the next one to the left must not be.
            if (time > to - notch) now();
            else show(time);
          }}
        />
        <div class="ticks" aria-hidden="true">
          {ticks.filter((_, index) => index % every === 0).map((it) => (
            <i key={it} style={{ left: `${((it - from) / Math.max(1, to - from)) * 100}%` }} />
          ))}
        </div>
        {dragged !== undefined && <output class="read-out">{FORMAT.format(dragged)}</output>}
      </div>
      <button type="button" data-key="]" title="The stage change after (])" aria-label="The stage change after" onClick={() => step(1)}>
        ›
      </button>
    </div>
  );
}

function Typed({ moment }: { moment: string }) {
  const [problem, setProblem] = useState<Error>();
  const choose = (text: string) => {
    const parsed = parseMoment(text);
    if (!text.trim()) now();
    else if (parsed) setQuery({ as_of: parsed });
    else setProblem(new Error("No moment. Write 2026-08-21 09:30, 2026-08-21T09:30:00Z or a sequence such as 4711."));
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        choose(new FormData(event.currentTarget).get("moment") as string);
      }}
    >
      <input
        name="moment"
        autocomplete="off"
        aria-label="Show the past as of"
        aria-invalid={!!problem}
        placeholder="date time, or #sequence"
        defaultValue={moment}
        onInput={() => setProblem(undefined)}
      />
      <button type="submit">Show</button>
      <Problem error={problem} />
    </form>
  );
}
