// Questions to the server, as of the moment that is shown.

import { actor } from "../actor";
import { asOf } from "../route";

/** What the server said was wrong. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

type Query = Record<string, string | number | string[] | undefined>;

function search(query: Query): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : Array.isArray(value) ? value.map((one) => [name, one]) : [[name, String(value)]],
  );
  return pairs.length ? `?${new URLSearchParams(pairs as [string, string][])}` : "";
}

async function ask<T>(url: string, request: RequestInit, moment = asOf.value): Promise<T> {
  const headers = new Headers(request.headers);
  if (moment) headers.set("Runlog-As-Of", moment);
  const response = await fetch(url, { ...request, headers });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(answer.message ?? `${response.status} ${response.statusText}`, response.status);
  return answer as T;
}

export function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  return ask(path + search(query), { signal: signal ?? null });
}

/** As it is now, whatever moment is shown. */
export function getNow<T>(path: string, query: Query = {}): Promise<T> {
  return ask(path + search(query), {}, "");
}

export function send<T>(method: string, path: string, body: unknown): Promise<T> {
  return ask(path, { method, body: JSON.stringify(body), headers: { "Content-Type": "application/json", ...named() } });
}

/** Who changes something, if the reader gave a name. */
function named(): Record<string, string> {
  if (!actor.value) return {};
  const bytes = new TextEncoder().encode(`${actor.value}:`);
  return { Authorization: `Basic ${btoa(String.fromCharCode(...bytes))}` };
}

/** MLflow's API. */
export const mlflow = (path: string) => `ajax-api/2.0/mlflow/${path}`;
/** Runlog's own. */
export const runlog = (path: string) => `api/runlog/1/${path}`;
