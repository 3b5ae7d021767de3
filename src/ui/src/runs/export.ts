// The runs of a table as a CSV file: all that match, window by window.

import { type Question, type RunLine, runs } from "../api/tracking";

const WINDOW = 1000;

/** A field as RFC 4180 has it; what a spreadsheet would take for a formula is text. */
export function field(value: string | number | null): string {
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function line(run: RunLine): string {
  const { run_id, run_name, status, user_id, start_time, end_time, cells } = run;
  const time = (at: number | null) => (at ? new Date(at).toISOString() : null);
  return [run_id, run_name, status, user_id, time(start_time), time(end_time), ...cells].map(field).join(",");
}

export async function exportCsv(question: Question): Promise<void> {
  const head = ["run_id", "run_name", "status", "user_id", "start_time", "end_time", ...question.columns];
  const lines = [head.map(field).join(",")];
  for (let offset = 0, total = 1; offset < total; offset += WINDOW) {
    const window = await runs.window(question, offset, WINDOW);
    lines.push(...window.rows.map(line));
    total = window.total;
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([`${lines.join("\r\n")}\r\n`], { type: "text/csv" }));
  link.download = "runs.csv";
  link.click();
  URL.revokeObjectURL(link.href);
}
