import { expect, test } from "vitest";

import type { Run } from "../api/tracking";
import { measured, metricKeys } from "./measured";

const run = (metrics: Record<string, number | string>) =>
  ({ data: { metrics: Object.entries(metrics).map(([key, value]) => ({ key, value, timestamp: 0, step: 0 })) } }) as Run;

test("metrics that most runs have come first, those of the machine last", () => {
  const all = [run({ "system/cpu": 1, loss: 1, b: 1 }), run({ "system/cpu": 2, loss: 2 }), run({ a: 3 })];
  expect(metricKeys(all)).toEqual(["loss", "a", "b", "system/cpu"]);
});

test("what was not measured is not there, what is no number stays none", () => {
  expect(measured(undefined, "loss")).toBeUndefined();
  expect(measured(run({ a: 1 }), "loss")).toBeUndefined();
  expect(measured(run({ loss: "NaN" }), "loss")).toBeNaN();
  expect(measured(run({ loss: 0.5 }), "loss")).toBe(0.5);
});
