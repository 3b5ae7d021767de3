// Places the origins of a version in layers, from the causes on the left to what came of them. Loaded when needed.

import { Graph, layout } from "@dagrejs/dagre";

import type { Origins } from "./origins";

export const NODE = { width: 190, height: 44 };

export interface Drawing {
  width: number;
  height: number;
  places: Map<string, { x: number; y: number }>;
  lines: { key: string; relation: string; points: { x: number; y: number }[] }[];
}

export function placed({ nodes, edges }: Origins): Drawing {
  const graph = new Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 14, ranksep: 44, marginx: 6, marginy: 6 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const it of nodes) graph.setNode(it.id, { ...NODE });
  for (const it of edges) graph.setEdge(it.from, it.to, {});
  layout(graph);
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  const places = new Map(nodes.map((it) => [it.id, graph.node(it.id) as { x: number; y: number }]));
  const lines = edges.map((it) => ({
    key: `${it.from} ${it.to}`,
    relation: it.relation,
    points: (graph.edge(it.from, it.to) as { points: { x: number; y: number }[] }).points,
  }));
  return { width, height, places, lines };
}
