// From values to places on a drawing.

/** Maps the least value to `from` and the greatest to `to`; where all are equal, to the middle. */
export function scale(values: number[], from: number, to: number): (value: number) => number {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return (value) => (most > least ? from + ((value - least) / (most - least)) * (to - from) : (from + to) / 2);
}

const STEPS = [1, 2, 5, 10];

/** Round numbers between the least and the greatest value, about four of them. */
export function ticks(values: number[]): number[] {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (!Number.isFinite(least)) return [];
  if (least === most) return [least];
  const rough = (most - least) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = STEPS.map((it) => it * power).find((it) => it >= rough)!;
  const first = Math.ceil(least / step - 1e-9);
  const count = Math.floor(most / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, index) => +((first + index) * step).toPrecision(12));
}

/** Times that divide a span evenly, its ends with them. */
export function moments(from: number, to: number, count: number): number[] {
  return to > from ? Array.from({ length: count }, (_, index) => from + ((to - from) * index) / (count - 1)) : [from];
}
