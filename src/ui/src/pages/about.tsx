// What this server is, and how this page looks.

import { get, runlog } from "../api/http";
import { useAnswer } from "../answer";
import { Facts, Problem, Section } from "../parts/basics";
import { THEMES, type Theme, theme } from "../theme";

export function About() {
  const version = useAnswer(() => fetch("version").then((it) => it.text()), []);
  const key = useAnswer(() => get<{ origin: string; key: string }>(runlog("tlog/key")), []);
  const checkpoint = useAnswer(() => fetch(runlog("tlog/checkpoint")).then((it) => it.text()), []);
  return (
    <>
      <h1>About</h1>
      <Section title="Look">
        <select aria-label="Theme" value={theme.value} onChange={(event) => (theme.value = event.currentTarget.value as Theme)}>
          {THEMES.map((it) => (
            <option key={it}>{it}</option>
          ))}
        </select>
      </Section>
      <Section title="Server">
        <Problem error={version.error ?? key.error ?? checkpoint.error} />
        <Facts
          facts={[
            ["Speaks as MLflow", version.value],
            ["Log", <span class="mono">{key.value?.origin}</span>],
            ["Signed events", checkpoint.value?.split("\n")[1]],
            ["Public key", <span class="mono">{key.value?.key}</span>],
            ["API", <a href="api/runlog/1/openapi.json">openapi.json</a>],
          ]}
        />
      </Section>
    </>
  );
}
