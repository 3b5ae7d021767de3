// Where a version came from, drawn in layers, and as a list for who does not see the drawing.

import type { Lineage } from "../api/registry";
import { useAnswer } from "../answer";
import { Problem } from "../parts/basics";
import { href } from "../route";
import type { Drawing } from "./layout";
import { type Origin, origins } from "./origins";

export function LineageGraph({ lineage }: { lineage: Lineage & { truncated?: boolean } }) {
  const found = origins(lineage);
  const { value, error } = useAnswer(() => import("./layout").then(({ NODE, placed }) => ({ NODE, ...placed(found) })), [JSON.stringify(found)]);
  const named = new Map(found.nodes.map((it) => [it.id, it]));
  return (
    <>
      <Problem error={error} />
      <div class="wide">{value && <Drawn nodes={found.nodes} drawing={value} size={value.NODE} />}</div>
      {lineage.truncated && <p class="soft">There is more than is drawn.</p>}
      <details>
        <summary>As a list</summary>
        <ul>
          {found.edges.map((it) => (
            <li key={`${it.from} ${it.to}`}>
              <Name of={named.get(it.from)} /> <span class="soft">{it.relation.replaceAll("_", " ")}</span> <Name of={named.get(it.to)} />
            </li>
          ))}
        </ul>
      </details>
    </>
  );
}

function link(it: Origin): string | undefined {
  return it.page && href(it.page.path, it.page.query);
}

function Name({ of }: { of: Origin | undefined }) {
  if (!of) return null;
  return (
    <>
      {of.kind} <a href={link(of)}>{of.title}</a>
    </>
  );
}

interface DrawnProps {
  nodes: Origin[];
  drawing: Drawing;
  size: { width: number; height: number };
}

function Drawn({ nodes, drawing, size }: DrawnProps) {
  const { width, height, places, lines } = drawing;
  return (
    <svg class="lineage" width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="group" aria-label="Lineage">
      <defs>
        <marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">
          <path d="M0 0L8 4L0 8z" />
        </marker>
      </defs>
      {lines.map((it) => (
        <polyline key={it.key} points={it.points.map(({ x, y }) => `${x},${y}`).join(" ")} marker-end="url(#arrow)">
          <title>{it.relation.replaceAll("_", " ")}</title>
        </polyline>
      ))}
      {nodes.map((it) => (
        <Node key={it.id} of={it} at={places.get(it.id)!} {...size} />
      ))}
    </svg>
  );
}

/** Letters that fit into a node. */
const FITS = 26;

function Node({ of, at, width, height }: { of: Origin; at: { x: number; y: number }; width: number; height: number }) {
  const title = of.title.length > FITS ? `${of.title.slice(0, FITS - 1)}…` : of.title;
  const left = at.x - width / 2;
  return (
    <a href={link(of)}>
      <title>{of.title}</title>
      <rect class={of.kind.replaceAll(" ", "-")} x={left} y={at.y - height / 2} width={width} height={height} rx="5" />
      <text class="kind" x={left + 10} y={at.y - 5}>
        {of.kind}
      </text>
      <text x={left + 10} y={at.y + 13}>
        {title}
      </text>
    </a>
  );
}
