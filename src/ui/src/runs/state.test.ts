import { expect, test, vi } from "vitest";

vi.mock("../route", () => ({ setQuery: () => {} }));
import { narrowed, quoted, read, sorted } from "./state";

test("a column is sorted up, then down, then not at all", () => {
  const [up, down] = ["metrics.`val loss` ASC", "metrics.`val loss` DESC"];
  expect(sorted([], "metrics.val loss", false)).toEqual([up]);
  expect(sorted([up], "metrics.val loss", false)).toEqual([down]);
  expect(sorted([down], "metrics.val loss", false)).toEqual([]);
  expect(sorted(["params.`lr` ASC"], "metrics.val loss", true)).toEqual(["params.`lr` ASC", up]);
  expect(sorted(["params.`lr` ASC"], "metrics.val loss", false)).toEqual([up]);
});

test("a cell narrows the filter", () => {
  expect(narrowed("", "params.lr", "0.1")).toBe("params.`lr` = '0.1'");
  expect(narrowed("metrics.a > 1", "metrics.loss", 0.5)).toBe("metrics.a > 1 AND metrics.`loss` = 0.5");
  expect(quoted("attributes.start_time")).toBe("attributes.start_time");
  expect(quoted("metrics.a.b")).toBe("metrics.`a.b`");
});

test("what makes no sense in the URL is left out", () => {
  const state = read(new URLSearchParams({ order: "{", hidden: "[1,\"a\"]" }));
  expect(state).toEqual({ filter: "", order: [], view: "active", hidden: ["a"] });
});
