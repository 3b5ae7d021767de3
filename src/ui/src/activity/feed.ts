// A feed of the log, the latest first: what is shown, and how far it was looked at in both directions. Pages join
// without gap or duplicate because each begins where the last one ended.

import type { EventLine, EventsPage } from "../api/events";

export interface Feed {
  lines: EventLine[];
  /** The last event that was looked at; nothing yet if there was none. */
  seen: number | null;
  /** Where older events begin; nothing if all are there. */
  older: number | null;
}

/** Lines that are kept while new ones come: the oldest go, and can be asked for again. */
const MOST = 1000;

/** From the first page, the newest first. */
export function begun(page: EventsPage): Feed {
  return { lines: page.events, seen: page.looked_from, older: page.next };
}

/** With what came since, the oldest first. */
export function caughtUp(feed: Feed, page: EventsPage): Feed {
  const fresh = page.events.filter((it) => it.seq > (feed.seen ?? 0)).reverse();
  const seen = Math.max(feed.seen ?? 0, page.looked_to ?? 0);
  if (!fresh.length) return { ...feed, seen };
  const lines = [...fresh, ...feed.lines];
  if (lines.length <= MOST) return { ...feed, lines, seen };
  const kept = lines.slice(0, MOST);
  return { lines: kept, seen, older: kept.at(-1)!.seq - 1 };
}

/** With an older page, the newest first. */
export function extended(feed: Feed, page: EventsPage): Feed {
  const last = feed.lines.at(-1)?.seq ?? Infinity;
  return { ...feed, lines: [...feed.lines, ...page.events.filter((it) => it.seq < last)], older: page.next };
}

/** What an event is about, as the filter takes it. */
export function entityOf(data: Record<string, unknown>): string | undefined {
  const text = (key: string) => (typeof data[key] === "string" || typeof data[key] === "number" ? String(data[key]) : undefined);
  const found = (
    [
      ["run", "run_id"],
      ["logged-model", "model_id"],
      ["model-id", "registered_model_id"],
      ["experiment", "experiment_id"],
      ["webhook", "webhook_id"],
      ["artifact", "path"],
    ] as const
  ).find(([, key]) => text(key));
  return found && `${found[0]}:${text(found[1])}`;
}
