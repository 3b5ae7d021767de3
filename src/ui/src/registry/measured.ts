// What runs measured.

import type { Run } from "../api/tracking";

/** The metrics of the runs, those that most runs have first; what the machine did last. */
export function metricKeys(all: Iterable<Run>): string[] {
  const counts = new Map<string, number>();
  for (const run of all) for (const it of run.data.metrics ?? []) counts.set(it.key, (counts.get(it.key) ?? 0) + 1);
  const system = (key: string) => Number(key.startsWith("system/"));
  return [...counts.keys()].sort((a, b) => system(a) - system(b) || counts.get(b)! - counts.get(a)! || a.localeCompare(b));
}

export function measured(run: Run | undefined, key: string): number | undefined {
  const value = run?.data.metrics?.find((it) => it.key === key)?.value;
  return value === undefined ? undefined : Number(value);
}
