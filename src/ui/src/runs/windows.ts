// The rows of a table as they are scrolled to: windows are asked for when they come into sight, and kept while the
// question is the same.

import { useEffect, useRef, useState } from "preact/hooks";

import { type Question, type RunLine, runs } from "../api/tracking";

const WINDOW = 100;

export interface Rows {
  total: number | undefined;
  error: Error | undefined;
  row: (index: number) => RunLine | undefined;
}

/** The rows from `first` to `last` of the answer to a question; asked for anew when `round` changes. */
export function useRows(question: Question, first: number, last: number, round: number): Rows {
  const key = JSON.stringify(question);
  const kept = useRef<{ key: string; rows: Map<number, RunLine> }>({ key, rows: new Map() });
  const [total, setTotal] = useState<number>();
  const [error, setError] = useState<Error>();
  const [, setSeen] = useState(0);
  const [from, to] = [Math.floor(first / WINDOW), Math.floor(last / WINDOW)];
  useEffect(() => {
    const aborted = new AbortController();
    const load = async () => {
      const fresh = new Map<number, RunLine>();
      for (let at = from; at <= to; at += 1) {
        const window = await runs.window(question, at * WINDOW, WINDOW, aborted.signal);
        window.rows.forEach((row, index) => fresh.set(at * WINDOW + index, row));
        setTotal(window.total);
      }
      // Rows that were there stay until these come, so that nothing flickers.
      const before = kept.current.key === key ? kept.current.rows : [];
      kept.current = { key, rows: new Map([...before, ...fresh]) };
      setError(undefined);
      setSeen((seen) => seen + 1);
    };
    load().catch((problem: Error) => problem.name !== "AbortError" && setError(problem));
    return () => aborted.abort();
  }, [key, from, to, round]);
  return { total, error, row: (index) => kept.current.rows.get(index) };
}
