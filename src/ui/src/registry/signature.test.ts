import { expect, test } from "vitest";

import { readSignature } from "./signature";

const MLMODEL = `run_id: 5130e6
signature:
  inputs: '[{"type": "double", "name": "length", "required": true}, {"type": "double",
    "name": "driver''s width", "required": false}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}]'
  params: null
type_hint_from_example: false
`;

test("inputs and outputs are read over broken lines and doubled quotes", () => {
  expect(readSignature(MLMODEL)).toEqual({
    inputs: [
      { name: "length", type: "double", required: true },
      { name: "driver's width", type: "double", required: false },
    ],
    outputs: [{ name: "–", type: "tensor int64 (-1)", required: true }],
    params: [],
  });
});

test("a text in double quotes is read with its escapes", () => {
  const text = 'signature:\n  inputs: "[{\\"type\\": \\"array\\", \\"items\\": {\\"type\\": \\"string\\"}, \\"name\\":\\\n    \\ \\"größe\\"}]"\n';
  expect(readSignature(text)?.inputs).toEqual([{ name: "größe", type: "array of string", required: true }]);
});

test("a model without a signature has none", () => {
  expect(readSignature("run_id: 5130e6\n")).toBeUndefined();
});
