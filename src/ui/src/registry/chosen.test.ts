import { expect, test } from "vitest";

import { chosenVersions } from "./chosen";

const chosen = (query: Record<string, string>) => chosenVersions(new URLSearchParams(query));

test("versions are named one by one", () => {
  expect(chosen({ name: "CarSeat", versions: "1,3" })).toEqual({ name: "CarSeat", versions: ["1", "3"] });
});

test("MLflow's links name a JSON text and runs with their versions", () => {
  expect(chosen({ name: '"CarSeat"', runs: '{"8f2c":"1","77aa":"3"}' })).toEqual({ name: "CarSeat", versions: ["1", "3"] });
});

test("a name may look like JSON, and nothing may be chosen", () => {
  expect(chosen({ name: "42" })).toEqual({ name: "42", versions: [] });
});
