// Which version was in which stage, from left to right.

import type { StageInterval } from "../api/registry";

export function Lanes({ stages, now }: { stages: StageInterval[]; now: number }) {
  if (!stages.length) return null;
  const from = Math.min(...stages.map((it) => it.from_at));
  const share = (at: number) => ((at - from) / Math.max(1, now - from)) * 100;
  const versions = [...new Set(stages.map((it) => it.version))].sort((a, b) => b - a);
  return (
    <div class="lanes" role="img" aria-label="Stages of the versions over time">
      {versions.map((version) => (
        <div class="lane" key={version}>
          <span>v{version}</span>
          <div class="track">
            {stages
              .filter((it) => it.version === version && it.stage !== "None")
              .map((it) => (
                <span
                  key={it.from_seq}
                  class={`span ${it.stage.toLowerCase()}`}
                  title={`${it.stage} since ${new Date(it.from_at).toLocaleString()}, by ${it.from_actor}`}
                  style={{ left: `${share(it.from_at)}%`, width: `${Math.max(0.4, share(it.to_at ?? now) - share(it.from_at))}%` }}
                />
              ))}
          </div>
        </div>
      ))}
    </div>
  );
}
