import { expect, test } from "vitest";

import { differing, rows } from "./compared";

test("a key that one lacks differs", () => {
  const found = rows([[["lr", "1"], ["depth", "3"]], [["lr", "1"]]]);
  expect(found).toEqual([
    { key: "depth", values: ["3", undefined] },
    { key: "lr", values: ["1", "1"] },
  ]);
  expect(differing(found).map((row) => row.key)).toEqual(["depth"]);
});
