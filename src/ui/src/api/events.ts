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
  redacted_by?: number;
  data: Record<string, unknown>;
}

export interface EventsPage {
  events: EventLine[];
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

/** Follows the log for as long as the page is open; the browser resumes behind the last event it saw. */
export function follow() {
  let due: number | undefined;
  const source = new EventSource(runlog("events/stream"));
  const note = () => {
    due ??= window.setTimeout(() => {
      due = undefined;
      changes.value += 1;
    }, 500);
  };
  KINDS.forEach((kind) => source.addEventListener(kind, note));
  // What came before it was open is in no event of it.
  source.addEventListener("open", note);
}
