// An answer that a page waits for, and asks for again when what it depends on changes.

import { useEffect, useState } from "preact/hooks";

export interface Answer<T> {
  value?: T;
  error?: Error;
}

/** The last answer of `ask`; while the next is under way, the one before stays. */
export function useAnswer<T>(ask: () => Promise<T>, dependencies: unknown[]): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T>>({});
  useEffect(() => {
    let wanted = true;
    ask().then(
      (value) => wanted && setAnswer({ value }),
      (error: Error) => wanted && setAnswer((before) => ({ ...before, error })),
    );
    return () => {
      wanted = false;
    };
  }, dependencies);
  return answer;
}
