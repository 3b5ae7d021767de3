import { expect, test, vi } from "vitest";

vi.mock("../api/tracking", () => ({ runs: {} }));
import { field } from "./export";

test("a field is what a spreadsheet reads as the same text", () => {
  expect(field(0.5)).toBe("0.5");
  expect(field(-1)).toBe("-1");
  expect(field(null)).toBe("");
  expect(field('a "b", c')).toBe('"a ""b"", c"');
  expect(field("=1+1")).toBe("'=1+1");
});
