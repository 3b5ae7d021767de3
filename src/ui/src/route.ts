// The page that is shown and all of its state, in the part of the URL behind `#`: MLflow's own routes.

import { computed, signal } from "@preact/signals";

export interface Route {
  path: string[];
  query: URLSearchParams;
}

export function parse(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  return { path: path.split("/").filter(Boolean).map(decode), query: new URLSearchParams(query) };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const route = signal(parse(location.hash));
addEventListener("hashchange", () => (route.value = parse(location.hash)));

/** The moment of the past that is shown; empty: now. */
export const asOf = computed(() => route.value.query.get("as_of") ?? "");

/** A link to a page, at the moment that is shown. */
export function href(path: (string | number)[], query: Record<string, string> = {}): string {
  const moment: Record<string, string> = asOf.value ? { as_of: asOf.value } : {};
  const text = new URLSearchParams({ ...query, ...moment }).toString();
  return `#/${path.map(encodeURIComponent).join("/")}${text && `?${text}`}`;
}

/** Changes some of the page's state; what is empty is left out. */
export function setQuery(changes: Record<string, string | undefined>) {
  const { path, query } = route.value;
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    if (value) next.set(name, value);
    else next.delete(name);
  }
  const text = next.toString();
  const hash = `#/${path.map(encodeURIComponent).join("/")}${text && `?${text}`}`;
  history.replaceState(null, "", hash);
  route.value = parse(hash);
}
