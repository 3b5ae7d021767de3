// The runs as a virtual table: only the rows in sight are in the page, however many there are.

import { useEffect, useRef, useState } from "preact/hooks";

import type { Question, RunLine } from "../api/tracking";
import { Badge, Time, duration, shown } from "../parts/basics";
import { href } from "../route";
import { useRows } from "./windows";

const ROW = 28;
const SPARE = 8;

interface Column {
  /** As MLflow's language names it; empty: it cannot be sorted by. */
  name: string;
  title: string;
  width: number;
}

const FIXED: Column[] = [
  { name: "attributes.run_name", title: "Run", width: 220 },
  { name: "attributes.status", title: "Status", width: 110 },
  { name: "attributes.start_time", title: "Started", width: 190 },
  { name: "", title: "Took", width: 80 },
];

interface Props {
  question: Question;
  round: number;
  chosen: Set<string>;
  choose: (runs: string[], on: boolean) => void;
  sort: (column: string, more: boolean) => void;
  narrow: (column: string, value: string | number) => void;
}

export function Grid({ question, round, chosen, choose, sort, narrow }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  const last = useRef<number | undefined>(undefined);
  useEffect(() => {
    const resize = () => setHeight(Math.max(200, innerHeight - (box.current?.getBoundingClientRect().top ?? 200) - 40));
    resize();
    addEventListener("resize", resize);
    return () => removeEventListener("resize", resize);
  }, []);
  const first = Math.max(0, Math.floor(top / ROW) - SPARE);
  const end = Math.ceil((top + height) / ROW) + SPARE;
  const { total, error, row } = useRows(question, first, end, round);
  const columns = [...FIXED, ...question.columns.map((name) => ({ name, title: name.replace(/^\w+\./, ""), width: 120 }))];
  const width = 36 + columns.reduce((sum, column) => sum + column.width, 0);
  const pick = (index: number, run: RunLine, event: MouseEvent) => {
    const range = event.shiftKey && last.current !== undefined ? [last.current, index].sort((a, b) => a - b) : [index, index];
    const runs = [];
    for (let at = range[0]!; at <= range[1]!; at += 1) runs.push(row(at)?.run_id ?? "");
    choose(runs.filter(Boolean), !chosen.has(run.run_id));
    last.current = index;
  };
  const lines = [];
  for (let index = first; index < Math.min(end, total ?? 0); index += 1) {
    const run = row(index);
    lines.push(
      <div
        key={index}
        class={run && chosen.has(run.run_id) ? "row chosen" : "row"}
        role="row"
        aria-rowindex={index + 2}
        style={{ top: `${(index + 1) * ROW}px`, width: `${width}px` }}
      >
        {run && <Line run={run} columns={columns} chosen={chosen.has(run.run_id)} pick={(event) => pick(index, run, event)} narrow={narrow} />}
      </div>,
    );
  }
  return (
    <>
      <p class="soft" aria-live="polite">
        {error ? <span class="problem">{error.message}</span> : total === undefined ? "…" : `${total.toLocaleString()} runs`}
      </p>
      <div
        ref={box}
        class="grid"
        role="grid"
        tabIndex={0}
        aria-label="Runs"
        aria-rowcount={(total ?? 0) + 1}
        style={{ height: `${height}px` }}
        onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      >
        <div class="head row" role="row" aria-rowindex={1} style={{ width: `${width}px`, position: "sticky" }}>
          <span class="cell" role="columnheader" style={{ width: "36px" }} aria-label="Chosen" />
          {columns.map((column) => (
            <Head key={column.title + column.name} column={column} order={question.order_by} sort={sort} />
          ))}
        </div>
        <div style={{ height: `${(total ?? 0) * ROW}px` }} />
        {lines}
      </div>
    </>
  );
}

function Head({ column, order, sort }: { column: Column; order: string[]; sort: Props["sort"] }) {
  const key = column.name.split(".").slice(1).join(".");
  const clause = order.find((it) => it.startsWith(`${column.name} `) || it.includes(`\`${key}\``));
  const arrow = clause ? (clause.endsWith("DESC") ? " ↓" : " ↑") : "";
  return (
    <span
      class="cell"
      role="columnheader"
      style={{ width: `${column.width}px` }}
      aria-sort={clause ? (clause.endsWith("DESC") ? "descending" : "ascending") : "none"}
    >
      {column.name ? (
        <button type="button" title={column.name} onClick={(event) => sort(column.name, event.shiftKey)}>
          {column.title}
          {arrow}
        </button>
      ) : (
        column.title
      )}
    </span>
  );
}

function Line({
  run,
  columns,
  chosen,
  pick,
  narrow,
}: {
  run: RunLine;
  columns: Column[];
  chosen: boolean;
  pick: (event: MouseEvent) => void;
  narrow: Props["narrow"];
}) {
  const cell = (width: number) => ({ class: "cell", role: "gridcell" as const, style: { width: `${width}px` } });
  return (
    <>
      <span {...cell(36)}>
        <input type="checkbox" checked={chosen} aria-label={`Choose ${run.run_name}`} onClick={pick} />
      </span>
      <span {...cell(FIXED[0]!.width)}>
        <a href={href(["experiments", run.experiment_id, "runs", run.run_id])}>{run.run_name || run.run_id}</a>
      </span>
      <span {...cell(FIXED[1]!.width)}>
        <Badge word={run.lifecycle_stage === "deleted" ? "deleted" : run.status} />
      </span>
      <span {...cell(FIXED[2]!.width)}>
        <Time at={run.start_time} />
      </span>
      <span {...cell(FIXED[3]!.width)}>{duration(run.start_time, run.end_time)}</span>
      {run.cells.map((value, at) => {
        const column = columns[FIXED.length + at]!;
        const properties = cell(column.width);
        return (
          <span
            key={column.name}
            {...properties}
            class={typeof value === "number" ? "cell number" : "cell"}
            title={value === null ? "" : `${value} (double click: only these)`}
            onDblClick={() => value !== null && narrow(column.name, value)}
          >
            {shown(value)}
          </span>
        );
      })}
    </>
  );
}
