// The feed of a question to the log, kept up to date. The stream only says that there is something new; what it is,
// is asked for behind the last event that was seen, so that nothing is missed while the server was away.

import { useEffect, useRef, useState } from "preact/hooks";

import { changes, events } from "../api/events";
import { asOf } from "../route";
import { type Feed, begun, caughtUp, extended } from "./feed";

type Question = Record<string, string | undefined>;

const PAGE = 100;
/** More than this at once, and the feed begins anew at the newest. */
const CATCH_UP = 1000;

export function useFeed(question: Question, paused: boolean) {
  const [feed, setFeed] = useState<Feed>();
  const [error, setError] = useState<Error>();
  const [missed, setMissed] = useState(0);
  const asking = useRef(false);
  const newest = () => events({ ...question, order: "newest_first", limit: PAGE });

  const next = async (last: Feed | undefined): Promise<Feed> => {
    if (last?.seen === undefined || last.seen === null) return begun(await newest());
    const page = await events({ ...question, from: last.seen + 1, limit: CATCH_UP });
    return page.next === null ? caughtUp(last, page) : begun(await newest());
  };
  const older = async (last: Feed): Promise<Feed> =>
    extended(last, await events({ ...question, order: "newest_first", to: last.older!, limit: PAGE }));

  /** One question at a time: each begins where the last one ended. What comes meanwhile is asked for behind it. */
  const waiting = useRef(false);
  const once = (work: () => Promise<Feed>) => {
    if (asking.current) {
      waiting.current = true;
      return;
    }
    asking.current = true;
    work()
      .then((it) => {
        setFeed(it);
        setError(undefined);
      }, setError)
      .finally(() => {
        asking.current = false;
        if (waiting.current) setMissed((it) => it + 1);
        waiting.current = false;
      });
  };
  // Of the past, and of a span that has ended, there is nothing new.
  const ended = !!(asOf.value || question.to);
  useEffect(() => {
    if (!feed || (!paused && !ended)) once(() => next(feed));
  }, [changes.value, missed, paused]);
  return { feed, error, more: () => feed && once(() => older(feed)) };
}
