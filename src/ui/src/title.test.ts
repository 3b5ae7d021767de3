import { expect, test } from "vitest";

import { title } from "./title";

test("a page is called what it shows, the closest first", () => {
  expect(title([], "")).toBe("Experiments · Runlog");
  expect(title(["models", "CarSeat"], "")).toBe("CarSeat · Models · Runlog");
  expect(title(["models", "CarSeat", "versions", "3"], "4711")).toBe("CarSeat version 3 · Models · as of 4711 · Runlog");
  expect(title(["experiments", "1", "runs", "0123456789abcdef"], "")).toBe("Run 01234567 · Experiments · Runlog");
  expect(title(["nowhere"], "")).toBe("Not found · Runlog");
});
