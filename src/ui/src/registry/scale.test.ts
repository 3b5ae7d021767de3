import { expect, test } from "vitest";

import { moments, scale, ticks } from "./scale";

test("values are spread between two places", () => {
  expect(scale([2, 4], 100, 0)(3)).toBe(50);
  expect(scale([7, 7], 0, 10)(7)).toBe(5);
});

test("ticks are round and inside", () => {
  expect(ticks([0.1, 0.9])).toEqual([0.2, 0.4, 0.6, 0.8]);
  expect(ticks([-10, 10])).toEqual([-10, -5, 0, 5, 10]);
  expect(ticks([3, 3])).toEqual([3]);
  expect(ticks([])).toEqual([]);
});

test("moments have both ends", () => {
  expect(moments(0, 10, 3)).toEqual([0, 5, 10]);
  expect(moments(5, 5, 3)).toEqual([5]);
});
