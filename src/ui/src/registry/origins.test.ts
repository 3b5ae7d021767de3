import { expect, test } from "vitest";

import { origins } from "./origins";

test("each origin has its page, and a run its parameters and metrics", () => {
  const { nodes, edges } = origins({
    nodes: [
      { id: "version:1/3", kind: "model_version", name: "CarSeat", version: 3 },
      { id: "run:8f2c", kind: "run", name: "best", experiment_id: "7", params: { depth: "3" }, metrics: [] },
      { id: "commit:0c84", kind: "commit" },
      { id: "unknown:s3://x", kind: "unknown" },
    ],
    edges: [{ from: "run:8f2c", to: "version:1/3", relation: "registered_as" }],
  });
  expect(nodes.map((it) => [it.kind, it.title, it.page?.path.join("/")])).toEqual([
    ["model version", "CarSeat version 3", "models/CarSeat/versions/3"],
    ["run", "best", "experiments/7/runs/8f2c"],
    ["code", "0c84", "experiments/7"],
    ["unknown", "unknown:s3://x", undefined],
    ["parameters", "1 parameter", "experiments/7/runs/8f2c"],
  ]);
  expect(edges.at(-1)).toEqual({ from: "run:8f2c params", to: "run:8f2c", relation: "parameters_of" });
});
