import { expect, test } from "vitest";

import { neighbour, parseMoment, timeOf } from "./moment";

test("a sequence stays one, with or without its sign", () => {
  expect(parseMoment(" 4711 ")).toBe("4711");
  expect(parseMoment("#12")).toBe("12");
});

test("a time with its zone is that time", () => {
  expect(parseMoment("2026-03-01T02:00:00+02:00")).toBe("2026-03-01T00:00:00.000Z");
});

test("a time without one is the reader's", () => {
  expect(parseMoment("2026-03-01 12:30")).toBe(new Date(2026, 2, 1, 12, 30).toISOString());
  expect(parseMoment("2026-03-01")).toBe(new Date(2026, 2, 1).toISOString());
});

test.each(["", "yesterday", "2026-13-01", "12:30", "-5", "March 1"])("%j is no moment", (text) => {
  expect(parseMoment(text)).toBeUndefined();
});

test("a sequence says no time, milliseconds and texts do", () => {
  expect(timeOf("4711")).toBeUndefined();
  expect(timeOf("1795435699802")).toBe(1795435699802);
  expect(timeOf("1970-01-01T00:00:01Z")).toBe(1000);
});

test("the neighbours of a time", () => {
  expect(neighbour([1, 5, 9], 5, -1)).toBe(1);
  expect(neighbour([1, 5, 9], 5, 1)).toBe(9);
  expect(neighbour([1, 5, 9], 9, 1)).toBeUndefined();
});
