import { expect, test } from "vitest";

import { smoothed } from "./smooth";

test("a constant stays what it is, from the first point on", () => {
  for (const value of smoothed([2, 2, 2, 2], 0.9)) expect(value).toBeCloseTo(2);
});

test("gaps stay gaps and take no part", () => {
  expect(smoothed([1, null, 3], 0)).toEqual([1, null, 3]);
  const [first, gap, last] = smoothed([1, null, 3], 0.5);
  expect([first, gap]).toEqual([1, null]);
  expect(last).toBeCloseTo((0.5 * 0.5 * 1 + 0.5 * 3) / 0.75);
});
