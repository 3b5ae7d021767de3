// The lineage of a version as it is drawn: each origin with its words and its page.

import type { Lineage, LineageNode } from "../api/registry";

export interface Origin {
  id: string;
  kind: string;
  title: string;
  /** Path and query of its page. */
  page?: { path: string[]; query?: Record<string, string> };
}

export interface Origins {
  nodes: Origin[];
  edges: { from: string; to: string; relation: string }[];
}

/** With the parameters and the metrics of each run as origins of their own. */
export function origins(lineage: Lineage): Origins {
  const experiment = String(lineage.nodes.find((it) => it.experiment_id !== undefined)?.experiment_id ?? "");
  const nodes = lineage.nodes.map((it) => origin(it, experiment));
  const edges = [...lineage.edges];
  for (const it of lineage.nodes.filter((node) => node.kind === "run")) {
    const path = ["experiments", String(it.experiment_id), "runs", it.id.replace(/^run:/, "")];
    const params = Object.keys((it.params as object | undefined) ?? {}).length;
    const metrics = ((it.metrics as unknown[] | undefined) ?? []).length;
    if (params) {
      nodes.push({ id: `${it.id} params`, kind: "parameters", title: counted(params, "parameter"), page: { path } });
      edges.push({ from: `${it.id} params`, to: it.id, relation: "parameters_of" });
    }
    if (metrics) {
      nodes.push({ id: `${it.id} metrics`, kind: "metrics", title: counted(metrics, "metric"), page: { path: [...path, "model-metrics"] } });
      edges.push({ from: it.id, to: `${it.id} metrics`, relation: "measured" });
    }
  }
  return { nodes, edges };
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

function origin(it: LineageNode, experiment: string): Origin {
  const [id, name] = [it.id.slice(it.id.indexOf(":") + 1), String(it.name ?? "")];
  const of = String(it.experiment_id ?? experiment);
  const filtered = (filter: string) => ({ path: ["experiments", of], query: { filter } });
  const base = { id: it.id, kind: it.kind.replaceAll("_", " ") };
  switch (it.kind) {
    case "model_version":
      return { ...base, title: `${name} version ${it.version}`, page: { path: ["models", name, "versions", String(it.version)] } };
    case "logged_model":
      return { ...base, title: name || id, page: { path: ["experiments", of, "models", id] } };
    case "run":
      return { ...base, title: name || id, page: { path: ["experiments", of, "runs", id] } };
    case "dataset":
      return { ...base, title: `${name} @${it.digest}`, page: filtered(`dataset.digest = '${it.digest}'`) };
    case "commit":
      return { ...base, kind: "code", title: id.slice(0, 12), page: filtered(`tags.\`mlflow.source.git.commit\` = '${id}'`) };
    default:
      return { ...base, title: name || it.id };
  }
}
