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

const path = (name: string, rest: string) => runlog(`models/${encodeURIComponent(name)}/${rest}`);

export const models = {
  search: () =>
    get<{ registered_models?: Model[] }>(mlflow("registered-models/search"), { max_results: 1000 }).then(
      (it) => it.registered_models ?? [],
    ),
  get: (name: string) =>
    get<{ registered_model: Model }>(mlflow("registered-models/get"), { name }).then((it) => it.registered_model),
  versions: (name: string) =>
    get<{ model_versions?: Version[] }>(mlflow("model-versions/search"), {
      filter: `name='${name.replaceAll("'", "''")}'`,
      max_results: 1000,
    }).then((it) => it.model_versions ?? []),
  history: (name: string) => get<{ history: StageMove[] }>(path(name, "history")).then((it) => it.history),
  stages: (name: string) => get<{ stages: StageInterval[] }>(path(name, "stages")).then((it) => it.stages),
  approvals: (name: string) => get<Approvals>(path(name, "approvals")),
  lineage: (name: string, version: string) =>
    get<Lineage>(runlog("lineage"), { of: `models:/${name}/${version}`, direction: "upstream" }),
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
