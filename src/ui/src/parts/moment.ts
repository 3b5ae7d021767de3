// A moment as people type it: a sequence, a time with its zone, or a time of the reader's own zone.

const LOCAL = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?$/;

/** As the server takes it; `undefined` if it is no moment. */
export function parseMoment(text: string): string | undefined {
  const trimmed = text.trim().replace(/^#/, "");
  if (/^\d{1,16}$/.test(trimmed)) return trimmed;
  const local = LOCAL.exec(trimmed);
  const date = new Date(local ? `${local[1]}T${local[2] ?? "00:00"}` : trimmed);
  const zoned = /^\d{4}-\d{2}-\d{2}[T ].*(Z|[+-]\d{2}:?\d{2})$/i.test(trimmed);
  if (!local && !zoned) return undefined;
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** When it was, if the moment says so by itself and is no sequence. */
export function timeOf(moment: string): number | undefined {
  if (/^\d{1,11}$/.test(moment)) return undefined;
  const time = /^\d+$/.test(moment) ? Number(moment) : Date.parse(moment);
  return Number.isNaN(time) ? undefined : time;
}

/** The stage change before or after a time. */
export function neighbour(ticks: number[], time: number, step: -1 | 1): number | undefined {
  return step < 0 ? ticks.findLast((it) => it < time) : ticks.find((it) => it > time);
}
