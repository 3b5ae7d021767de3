// Registered models, their versions, and what happened to them.

import { get, mlflow, runlog, send } from "./http";
import type { Tag } from "./tracking";

export const STAGES = ["None", "Staging", "Production", "Archived"] as const;

export interface Version {
  name: string;
  version: string;
  current_stage: string;
  description?: string;
  run_id?: string;
  source: string;
  creation_timestamp: number;
  tags?: Tag[];
  aliases?: string[];
}

export interface Model {
  name: string;
  description?: string;
  creation_timestamp: number;
  last_updated_timestamp: number;
  latest_versions?: Version[];
  tags?: Tag[];
  aliases?: { alias: string; version: string }[];
}

export interface StageMove {
  seq: number;
  version: number;
  from: string;
  to: string;
  changed_at: number;
  actor: string;
  comment: string | null;
  requested_by: string | null;
  displaced_by: number | null;
  archived: number[];
}

export interface StageInterval {
  version: number;
  stage: string;
  from_seq: number;
  from_at: number;
  from_actor: string;
  to_at: number | null;
}

export interface Approvals {
  stages: string[];
  requests: { version: number; from: string; to: string; requested_by: string; requested_at: number; comment: string | null }[];
}

export interface LineageNode {
  id: string;
  kind: string;
  [field: string]: unknown;
}

export interface Lineage {
  nodes: LineageNode[];
  edges: { from: string; to: string; relation: string }[];
}

export interface ModelsPage {
  registered_models?: Model[];
  next_page_token?: string;
}

/** A text as the search grammar takes it. */
export const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;

const path = (name: string, rest: string) => runlog(`models/${encodeURIComponent(name)}/${rest}`);

export const models = {
  search: (text: string, page_token?: string) =>
    get<ModelsPage>(mlflow("registered-models/search"), {
      max_results: 100,
      filter: text ? `name ILIKE ${quoted(`%${text}%`)}` : undefined,
      page_token,
    }),
  create: (name: string, description: string) => send("POST", mlflow("registered-models/create"), { name, description }),
  describe: (name: string, description: string) => send("PATCH", mlflow("registered-models/update"), { name, description }),
  remove: (name: string) => send("DELETE", mlflow("registered-models/delete"), { name }),
  setTag: (name: string, key: string, value: string) => send("POST", mlflow("registered-models/set-tag"), { name, key, value }),
  deleteTag: (name: string, key: string) => send("DELETE", mlflow("registered-models/delete-tag"), { name, key }),
  setAlias: (name: string, alias: string, version: string) =>
    send("POST", mlflow("registered-models/alias"), { name, alias, version }),
  deleteAlias: (name: string, alias: string) => send("DELETE", mlflow("registered-models/alias"), { name, alias }),
  get: (name: string) =>
    get<{ registered_model: Model }>(mlflow("registered-models/get"), { name }).then((it) => it.registered_model),
  versions: (name: string) =>
    get<{ model_versions?: Version[] }>(mlflow("model-versions/search"), {
      filter: `name=${quoted(name)}`,
      max_results: 1000,
      order_by: "version_number DESC",
    }).then((it) => it.model_versions ?? []),
  history: (name: string) => get<{ history: StageMove[] }>(path(name, "history")).then((it) => it.history),
  stages: (name: string) => get<{ stages: StageInterval[] }>(path(name, "stages")).then((it) => it.stages),
  approvals: (name: string) => get<Approvals>(path(name, "approvals")),
  lineage: (name: string, version: string) =>
    get<Lineage>(runlog("lineage"), { of: `models:/${name}/${version}`, direction: "upstream" }),
  rule: (name: string, stage: string, needed: boolean) =>
    send(needed ? "PUT" : "DELETE", path(name, `approvals/${encodeURIComponent(stage)}`), {}),
  approve: (name: string, version: number, comment: string) => send("POST", path(name, `versions/${version}/approve`), { comment }),
  reject: (name: string, version: number, comment: string) => send("POST", path(name, `versions/${version}/reject`), { comment }),
  transition: (change: {
    name: string;
    version: string;
    stage: string;
    archive_existing_versions: boolean;
    comment: string;
    expected_stage: string;
  }) => send("POST", mlflow("model-versions/transition-stage"), change),
};

export const versions = {
  get: (name: string, version: string) =>
    get<{ model_version: Version }>(mlflow("model-versions/get"), { name, version }).then((it) => it.model_version),
  describe: (name: string, version: string, description: string) =>
    send("PATCH", mlflow("model-versions/update"), { name, version, description }),
  remove: (name: string, version: string) => send("DELETE", mlflow("model-versions/delete"), { name, version }),
  setTag: (name: string, version: string, key: string, value: string) =>
    send("POST", mlflow("model-versions/set-tag"), { name, version, key, value }),
  deleteTag: (name: string, version: string, key: string) =>
    send("DELETE", mlflow("model-versions/delete-tag"), { name, version, key }),
  file: (name: string, version: string, path: string) => `model-versions/get-artifact?${new URLSearchParams({ name, version, path })}`,
};
