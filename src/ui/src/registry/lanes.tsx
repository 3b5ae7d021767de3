// Which version was in which stage, from left to right, up to the moment that is shown.

import type { StageInterval } from "../api/registry";
import { FORMAT } from "../parts/basics";
import { href } from "../route";
import { moments } from "./scale";

/** Lanes that are drawn: those of the newest versions. */
const MOST = 50;
const DATES = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export function Lanes({ name, stages, now }: { name: string; stages: StageInterval[]; now: number }) {
  const drawn = stages.filter((it) => it.stage !== "None");
  if (!drawn.length) return <p class="soft">No version has been in a stage.</p>;
  const from = Math.min(...stages.map((it) => it.from_at));
  const share = (at: number) => (Math.min(1, (at - from) / Math.max(1, now - from))) * 100;
  const versions = [...new Set(drawn.map((it) => it.version))].sort((a, b) => b - a).slice(0, MOST);
  return (
    <div class="lanes" role="group" aria-label="Stages of the versions over time">
      {versions.map((version) => (
        <div class="lane" key={version}>
          <span>v{version}</span>
          <div class="track">
            {drawn
              .filter((it) => it.version === version)
              .map((it) => (
                <Span key={it.from_seq} name={name} it={it} left={share(it.from_at)} right={share(it.to_at ?? now)} />
              ))}
          </div>
        </div>
      ))}
      <div class="lane" aria-hidden="true">
        <span />
        <div class="axis">
          {moments(from, now, 3).map((it) => (
            <span key={it}>{DATES.format(it)}</span>
          ))}
        </div>
      </div>
    </div>
  );
}

function Span({ name, it, left, right }: { name: string; it: StageInterval; left: number; right: number }) {
  const until = it.to_at ? `to ${FORMAT.format(it.to_at)}` : "on";
  const label = `Version ${it.version} in ${it.stage} from ${FORMAT.format(it.from_at)} ${until}, by ${it.from_actor}`;
  return (
    <a
      class={`span ${it.stage.toLowerCase()}`}
      href={href(["models", name, "versions", it.version])}
      title={label}
      aria-label={label}
      style={{ left: `${left}%`, width: `${Math.max(0.4, right - left)}%` }}
    >
      {it.stage}
    </a>
  );
}
