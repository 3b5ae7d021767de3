// Experiments and runs, as the server tells them.

import { get, mlflow, runlog, send } from "./http";

export interface Tag {
  key: string;
  value: string;
}

export interface Experiment {
  experiment_id: string;
  name: string;
  lifecycle_stage: string;
  creation_time: number;
  last_update_time: number;
  tags?: Tag[];
}

export interface Metric {
  key: string;
  value: number | string;
  timestamp: number;
  step: number;
}

export interface Run {
  info: {
    run_id: string;
    run_name: string;
    experiment_id: string;
    status: string;
    start_time: number;
    end_time?: number;
    lifecycle_stage: string;
    artifact_uri: string;
    user_id: string;
  };
  data: { metrics?: Metric[]; params?: Tag[]; tags?: Tag[] };
  inputs?: { dataset_inputs?: { dataset: { name: string; digest: string; source_type: string } }[] };
}

export type Cell = number | string | null;

export interface RunLine {
  run_id: string;
  experiment_id: string;
  run_name: string;
  user_id: string;
  status: string;
  start_time: number;
  end_time: number | null;
  lifecycle_stage: string;
  cells: Cell[];
}

export interface RunWindow {
  total: number;
  seq: number;
  rows: RunLine[];
}

export interface Series {
  run_id: string;
  total: number;
  exact: boolean;
  x: number[];
  min: (number | null)[];
  max: (number | null)[];
  last: (number | null)[];
}

export const experiments = {
  search: (view: string) =>
    send<{ experiments?: Experiment[] }>("POST", mlflow("experiments/search"), {
      max_results: 1000,
      view_type: view,
      order_by: ["last_update_time DESC"],
    }).then((answer) => answer.experiments ?? []),
  get: (id: string) =>
    get<{ experiment: Experiment }>(mlflow("experiments/get"), { experiment_id: id }).then((answer) => answer.experiment),
  create: (name: string) => send("POST", mlflow("experiments/create"), { name }),
  rename: (experiment_id: string, new_name: string) => send("POST", mlflow("experiments/update"), { experiment_id, new_name }),
  remove: (experiment_id: string) => send("POST", mlflow("experiments/delete"), { experiment_id }),
  restore: (experiment_id: string) => send("POST", mlflow("experiments/restore"), { experiment_id }),
};

export interface Question {
  experiment_ids: string;
  filter: string;
  order_by: string[];
  view: string;
  columns: string[];
}

export const runs = {
  window: (question: Question, offset: number, limit: number, signal?: AbortSignal) =>
    get<RunWindow>(
      runlog("runs"),
      {
        ...question,
        order_by: JSON.stringify(question.order_by),
        columns: JSON.stringify(question.columns),
        offset,
        limit,
      },
      signal,
    ),
  columns: (experiment_ids: string) =>
    get<{ metrics: string[]; params: string[] }>(runlog("runs/columns"), { experiment_ids }),
  get: (run_id: string) => get<{ run: Run }>(mlflow("runs/get"), { run_id }).then((answer) => answer.run),
  series: (run_ids: string[], metric: string, more: { x?: string; from?: number; to?: number; buckets?: number }) =>
    get<{ series: Series[] }>(runlog("series"), { run_ids: run_ids.join(","), metric, ...more }).then((it) => it.series),
  setTag: (run_id: string, key: string, value: string) => send("POST", mlflow("runs/set-tag"), { run_id, key, value }),
  remove: (run_id: string) => send("POST", mlflow("runs/delete"), { run_id }),
  restore: (run_id: string) => send("POST", mlflow("runs/restore"), { run_id }),
};

export interface FileInfo {
  path: string;
  is_dir: boolean;
  file_size?: number;
}

export const artifacts = {
  list: (run_id: string, path: string) =>
    get<{ files?: FileInfo[] }>(mlflow("artifacts/list"), { run_id, path: path || undefined }).then((it) => it.files ?? []),
  url: (run_id: string, path: string) => `get-artifact?${new URLSearchParams({ run_id, path })}`,
};
