// Pairs of several runs, key by key.

export interface ComparedRow {
  key: string;
  values: (string | undefined)[];
}

/** A row for each key that any has, in the order of the keys. */
export function rows(runs: [string, string][][]): ComparedRow[] {
  const maps = runs.map((pairs) => new Map(pairs));
  const keys = [...new Set(maps.flatMap((map) => [...map.keys()]))].sort();
  return keys.map((key) => ({ key, values: maps.map((map) => map.get(key)) }));
}

/** Those in which not all are alike. */
export function differing(rows: ComparedRow[]): ComparedRow[] {
  return rows.filter(({ values }) => values.some((value) => value !== values[0]));
}
