// How this page looks, under which name it changes things, and what the server is.

import { type EventsPage, changes } from "../api/events";
import { ApiError, getNow, runlog } from "../api/http";
import { actor } from "../actor";
import { trackingUri } from "../address";
import { useAnswer } from "../answer";
import { Facts, Problem, Section, Time } from "../parts/basics";
import { THEMES, type Theme, theme } from "../theme";

interface Status {
  version?: string;
  mlflow_version: string;
  seq: number;
  started_at?: number;
  log?: { id: string; segments: number; bytes: number };
  checkpoint: { size: number; signed_at?: number } | null;
  verified?: unknown;
}

export function About() {
  return (
    <>
      <h1>Settings</h1>
      <Section title="Look">
        <label>
          Theme{" "}
          <select value={theme.value} onChange={(event) => (theme.value = event.currentTarget.value as Theme)}>
            {THEMES.map((it) => (
              <option key={it}>{it}</option>
            ))}
          </select>
        </label>
      </Section>
      <Section title="Who you are">
        <label>
          Name{" "}
          <input value={actor.value} placeholder="as the proxy says" onChange={(event) => (actor.value = event.currentTarget.value.trim())} />
        </label>
        <p class="soft">
          Changes made here are recorded under this name. Leave it empty where a proxy in front of the server says who you are.
          Approving a move needs a name.
        </p>
      </Section>
      <Section title="Server">
        <Server />
      </Section>
    </>
  );
}

function Server() {
  const status = useAnswer(() => getNow<Status>(runlog("status")).catch(older), [changes.value]);
  const key = useAnswer(() => getNow<{ origin: string; key: string }>(runlog("tlog/key")), []);
  const it = status.value;
  return (
    <>
      <Problem error={status.error ?? key.error} />
      <Facts
        facts={[
          ["Runlog", it?.version ?? "–"],
          ["Speaks as MLflow", it?.mlflow_version],
          ["Running since", <Time at={it?.started_at} />],
          ["Log", it?.log ? `${size(it.log.bytes)} in ${it.log.segments} segments` : "–"],
          ["Last sequence", it?.seq?.toLocaleString()],
          ["Last checkpoint", it && <Checkpoint of={it.checkpoint} />],
          ["Verified", <Verified what={it?.verified} />],
          ["Name of the log", <span class="mono">{key.value?.origin}</span>],
          ["Public key", <span class="mono">{key.value?.key}</span>],
          ["API", <a href={runlog("openapi.json")}>description (OpenAPI)</a>],
          ["Tracking URI", <code>{trackingUri()}</code>],
        ]}
      />
    </>
  );
}

/** What a server tells that has no `status`. */
async function older(error: Error): Promise<Status> {
  if (!(error instanceof ApiError) || error.status !== 404) throw error;
  const [version, page, checkpoint] = await Promise.all([
    fetch("version").then((it) => it.text()),
    getNow<EventsPage>(runlog("events"), { order: "newest_first", limit: 1 }),
    fetch(runlog("tlog/checkpoint")).then((it) => it.text()),
  ]);
  const size = Number(checkpoint.split("\n")[1]);
  return { mlflow_version: version, seq: page.events[0]?.seq ?? 0, checkpoint: size ? { size } : null };
}

function Checkpoint({ of }: { of: Status["checkpoint"] }) {
  if (!of) return <>none yet</>;
  return (
    <>
      over {of.size.toLocaleString()} events {of.signed_at && <>, signed <Time at={of.signed_at} /></>}{" "}
      <a href={runlog("tlog/checkpoint")}>as signed</a>
    </>
  );
}

/** What the server says it verified, field by field. */
function Verified({ what }: { what: unknown }) {
  if (what === null || typeof what !== "object") return <>{what === undefined ? "by runlog verify" : String(what)}</>;
  return <>{Object.entries(what).map(([name, value]) => `${name.replaceAll("_", " ")}: ${told(name, value)}`).join(", ")}</>;
}

function told(name: string, value: unknown): string {
  if (typeof value !== "number") return String(value);
  return name.endsWith("_at") ? new Date(value).toLocaleString() : value.toLocaleString();
}

function size(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${+(bytes / 1024 ** power).toPrecision(3)} ${units[power]}`;
}
