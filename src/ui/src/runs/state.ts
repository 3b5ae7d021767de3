// What the runs page shows, as it stands in the URL.

import type { Question } from "../api/tracking";
import { setQuery } from "../route";

export interface TableState {
  filter: string;
  /** MLflow's clauses, the first key first. */
  order: string[];
  view: string;
  hidden: string[];
}

export function read(query: URLSearchParams): TableState {
  return {
    filter: query.get("filter") ?? "",
    order: list(query.get("order")),
    view: query.get("view") ?? "active",
    hidden: list(query.get("hidden")),
  };
}

function list(text: string | null): string[] {
  try {
    const found: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(found) ? found.filter((it) => typeof it === "string") : [];
  } catch {
    return [];
  }
}

export function question(ids: string, state: TableState, columns: string[]): Question {
  return { experiment_ids: ids, filter: state.filter, order_by: state.order, view: state.view, columns };
}

/** A key as MLflow's language spells it. */
export function quoted(column: string): string {
  const [kind, ...key] = column.split(".");
  return kind === "attributes" ? column : `${kind}.\`${key.join(".")}\``;
}

/** Sorts by a column: ascending, descending, not at all; the other keys stay if `more`. */
export function sorted(order: string[], column: string, more: boolean): string[] {
  const [up, down] = [`${quoted(column)} ASC`, `${quoted(column)} DESC`];
  const next = order.includes(up) ? [down] : order.includes(down) ? [] : [up];
  const others = more ? order.filter((it) => it !== up && it !== down) : [];
  return [...others, ...next];
}

/** The filter that asks for a cell's value, too. */
export function narrowed(filter: string, column: string, value: string | number): string {
  const literal = typeof value === "number" ? String(value) : `'${value.replaceAll("'", "''")}'`;
  const clause = `${quoted(column)} = ${literal}`;
  return filter.trim() ? `${filter} AND ${clause}` : clause;
}

export const write = {
  filter: (filter: string) => setQuery({ filter }),
  order: (order: string[]) => setQuery({ order: order.length ? JSON.stringify(order) : undefined }),
  view: (view: string) => setQuery({ view: view === "active" ? undefined : view }),
  hidden: (hidden: string[]) => setQuery({ hidden: hidden.length ? JSON.stringify(hidden) : undefined }),
};
