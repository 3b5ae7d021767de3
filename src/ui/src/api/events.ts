// The log as it grows.

import { signal } from "@preact/signals";

import { get, runlog } from "./http";

export interface EventLine {
  seq: number;
  recorded_at: number;
  time: string;
  event: string;
  actor: string;
  client_address: string;
  user_agent?: string | null;
  request_id?: string | null;
  origin?: string | null;
  redacted_by?: number;
  data: Record<string, unknown>;
}

export interface EventsPage {
  events: EventLine[];
  looked_from: number | null;
  looked_to: number | null;
  next: number | null;
}

export const events = (query: Record<string, string | number | undefined>) => get<EventsPage>(runlog("events"), query);

/** What can happen: the kinds of docs/FORMAT.md. */
export const KINDS = [
  "ExperimentCreated", "ExperimentRenamed", "ExperimentDeleted", "ExperimentRestored", "ExperimentTagSet",
  "ExperimentTagDeleted", "RunCreated", "RunUpdated", "RunDeleted", "RunRestored", "ParamsLogged", "MetricsLogged",
  "RunTagsSet", "RunTagDeleted", "InputsLogged", "OutputsLogged", "LoggedModelCreated", "LoggedModelFinalized",
  "LoggedModelDeleted", "LoggedModelTagsSet", "LoggedModelTagDeleted", "LoggedModelParamsLogged",
  "RegisteredModelCreated", "RegisteredModelRenamed", "RegisteredModelDescribed", "RegisteredModelDeleted",
  "RegisteredModelTagSet", "RegisteredModelTagDeleted", "ModelVersionCreated", "ModelVersionDescribed",
  "ModelVersionDeleted", "ModelVersionTagSet", "ModelVersionTagDeleted", "ModelVersionStageChanged", "ModelAliasSet",
  "ModelAliasDeleted", "ModelVersionTransitionRefused", "ModelStageApprovalRequired", "WebhookCreated",
  "WebhookUpdated", "WebhookDeleted", "WebhookDeliverySettled", "ModelStageApprovalLifted",
  "ModelVersionTransitionRequested", "ModelVersionTransitionApproved", "ModelVersionTransitionRejected",
  "ArtifactStored", "ArtifactDeleted", "EventLost", "LogRepaired", "SigningKeyRotated", "CheckpointGivenUp",
  "EventRedacted",
];

/** Grows when something was recorded, at most twice a second: what is shown is then asked for again. */
export const changes = signal(0);

/** Grows with it when something happened to registered models: what is shown of those alone waits for nothing else. */
export const modelChanges = signal(0);

/** Grows when a version went to another stage. */
export const stageMoves = signal(0);

/** Whether the server is heard. */
export const live = signal(false);

const RETRY_MS = 2000;
let due: number | undefined;
let ofModels = false;

/** Notes an event, or that any may have been missed. */
function note(kind?: string) {
  ofModels ||= !kind || /^(Registered)?Model/.test(kind);
  due ??= window.setTimeout(() => {
    due = undefined;
    changes.value += 1;
    if (ofModels) modelChanges.value += 1;
    ofModels = false;
  }, 500);
}

/** Follows the log for as long as the page is open. The browser comes back by itself; where it gives up, this does. */
export function follow() {
  const source = new EventSource(runlog("events/stream"));
  KINDS.forEach((kind) => source.addEventListener(kind, () => note(kind)));
  source.addEventListener("ModelVersionStageChanged", () => (stageMoves.value += 1));
  // What came before it was open is in no event of it: whoever shows something asks anew.
  source.addEventListener("open", () => {
    live.value = true;
    stageMoves.value += 1;
    note();
  });
  source.addEventListener("error", () => {
    live.value = false;
    if (source.readyState === EventSource.CLOSED) setTimeout(follow, RETRY_MS);
  });
}
