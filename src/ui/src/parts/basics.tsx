// Small things that every page shows.

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

import type { Cell } from "../api/tracking";

export function Badge({ word }: { word: string }) {
  return <span class={`badge ${word.toLowerCase()}`}>{word}</span>;
}

export const FORMAT = new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "medium" });

/** A time, in the zone of the reader; the exact one on hovering. */
export function Time({ at }: { at?: number | null }) {
  if (!at) return <span class="soft">–</span>;
  const date = new Date(at);
  return <time dateTime={date.toISOString()} title={date.toISOString()}>{FORMAT.format(date)}</time>;
}

export function duration(from: number, to?: number | null): string {
  if (!to) return "";
  const seconds = (to - from) / 1000;
  if (seconds < 1) return `${to - from} ms`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return seconds < 5400 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

export function shown(value: Cell | undefined): string {
  return typeof value === "number" ? String(+value.toPrecision(6)) : (value ?? "");
}

export function Problem({ error }: { error?: Error | undefined }) {
  return error ? <p class="problem" role="alert">{error.message}</p> : null;
}

/** What to do next, where there is nothing yet. */
export function Empty({ text, command }: { text: string; command?: string }) {
  return (
    <div class="empty">
      <p>{text}</p>
      {command && <pre>{command}</pre>}
    </div>
  );
}

export function Section({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

export function Facts({ facts }: { facts: [string, ComponentChildren][] }) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A dialog over the page; the escape key closes it. */
export function Dialog({ title, close, children }: { title: string; close: () => void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} onClose={close} aria-label={title}>
      <h2>{title}</h2>
      {children}
    </dialog>
  );
}
