// The signature of a model: what it takes and gives, as its file MLmodel says.

export interface Field {
  name: string;
  type: string;
  required: boolean;
}

export interface Signature {
  inputs: Field[];
  outputs: Field[];
  params: Field[];
}

/** Of the YAML only the block `signature` is read, whose values are quoted JSON, broken into lines as YAML allows. */
export function readSignature(mlmodel: string): Signature | undefined {
  const block = /^signature:[ \t]*\n((?:[ \t]+.*\n?|\n)*)/m.exec(mlmodel)?.[1];
  if (block === undefined) return undefined;
  return { inputs: fields(block, "inputs"), outputs: fields(block, "outputs"), params: fields(block, "params") };
}

function fields(block: string, key: string): Field[] {
  const quoted = new RegExp(`^ +${key}: '((?:[^']|'')*)'`, "m").exec(block)?.[1];
  const doubly = new RegExp(`^ +${key}: ("(?:[^"\\\\]|\\\\[^])*")`, "m").exec(block)?.[1];
  const text = quoted?.replaceAll("''", "'") ?? (doubly && (JSON.parse(folded(doubly)) as string));
  return text ? (JSON.parse(folded(text)) as Column[]).map(field) : [];
}

/** YAML takes a broken line for a space; a backslash before the end says that nothing is there. */
function folded(text: string): string {
  return text.replace(/\\\n\s*\\?/g, "").replace(/\s*\n\s*/g, " ");
}

interface Column {
  name?: string;
  type: string;
  dtype?: string;
  required?: boolean;
  optional?: boolean;
  default?: unknown;
  items?: Column;
  "tensor-spec"?: { dtype: string; shape: number[] };
}

function field(it: Column): Field {
  return { name: it.name ?? "–", type: typeName(it), required: it.required ?? !(it.optional ?? "default" in it) };
}

function typeName(it: Column): string {
  const tensor = it["tensor-spec"];
  if (tensor) return `tensor ${tensor.dtype} (${tensor.shape.join(", ")})`;
  if (it.type === "array" && it.items) return `array of ${typeName(it.items)}`;
  return it.dtype ?? it.type;
}
