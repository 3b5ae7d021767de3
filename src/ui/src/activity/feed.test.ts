import { expect, test } from "vitest";

import type { EventLine, EventsPage } from "../api/events";
import { begun, caughtUp, entityOf, extended } from "./feed";

const page = (seqs: number[], more: Partial<EventsPage> = {}): EventsPage => ({
  events: seqs.map((seq) => ({ seq }) as EventLine),
  looked_from: seqs[0] ?? null,
  looked_to: seqs.at(-1) ?? null,
  next: null,
  ...more,
});
const seqs = (feed: { lines: EventLine[] }) => feed.lines.map((it) => it.seq);

test("what came since stands before what was there, once each", () => {
  const feed = caughtUp(begun(page([5, 4, 3])), page([5, 6, 7]));
  expect(seqs(feed)).toEqual([7, 6, 5, 4, 3]);
  expect(feed.seen).toBe(7);
});

test("a page without a match moves on how far was looked", () => {
  const feed = caughtUp(begun(page([5])), page([], { looked_from: 6, looked_to: 90 }));
  expect([seqs(feed), feed.seen]).toEqual([[5], 90]);
});

test("older pages are put behind, once each", () => {
  const feed = extended(begun(page([5, 4], { next: 3 })), page([4, 3, 2], { next: 1 }));
  expect([seqs(feed), feed.older]).toEqual([[5, 4, 3, 2], 1]);
});

test("a long feed lets the oldest go, which can be asked for again", () => {
  const many = Array.from({ length: 1000 }, (_, index) => index + 11);
  const feed = caughtUp(begun(page([10, 9, 8])), page(many));
  expect(feed.lines.length).toBe(1000);
  expect(feed.older).toBe(feed.lines.at(-1)!.seq - 1);
});

test("what an event is about", () => {
  expect(entityOf({ run_id: "8f", experiment_id: "1" })).toBe("run:8f");
  expect(entityOf({ registered_model_id: 3, version: 1 })).toBe("model-id:3");
  expect(entityOf({})).toBeUndefined();
});
