import { expect, test } from "vitest";

import { placed } from "./layout";

test("a cause stands left of what came of it", () => {
  const node = (id: string) => ({ id, kind: "run", title: id });
  const { places, lines } = placed({
    nodes: ["data", "run", "version"].map(node),
    edges: [
      { from: "data", to: "run", relation: "input_of" },
      { from: "run", to: "version", relation: "registered_as" },
    ],
  });
  expect(places.get("data")!.x).toBeLessThan(places.get("run")!.x);
  expect(places.get("run")!.x).toBeLessThan(places.get("version")!.x);
  expect(lines.map((it) => it.points.length > 1)).toEqual([true, true]);
});
