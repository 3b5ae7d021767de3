// One run: what it is, what it measured, what it left behind.

import { useState } from "preact/hooks";

import { changes } from "../api/events";
import { type Run, runs } from "../api/tracking";
import { useAnswer } from "../answer";
import { LineChart } from "../charts/line";
import { Artifacts } from "../parts/artifacts";
import { Badge, Facts, Problem, Section, Time, duration, shown } from "../parts/basics";
import { History } from "../parts/history";
import { asOf, href } from "../route";

export function RunPage({ runId, tab }: { runId: string; tab: string[] }) {
  const { value: run, error } = useAnswer(() => runs.get(runId), [runId, changes.value, asOf.value]);
  if (!run) return <Problem error={error} />;
  const { info, data } = run;
  const metrics = data.metrics ?? [];
  const shownTab = tab[0] ?? "overview";
  const at = ["experiments", info.experiment_id, "runs", runId];
  return (
    <>
      <h1>
        {info.run_name} <Badge word={info.lifecycle_stage === "deleted" ? "deleted" : info.status} />
      </h1>
      <nav class="bar" aria-label="Parts of the run">
        {["overview", "model-metrics", "artifacts", "history"].map((name) => (
          <a key={name} href={href(name === "overview" ? at : [...at, name])} aria-current={shownTab === name ? "page" : undefined}>
            {name.replace("model-metrics", "charts")}
          </a>
        ))}
      </nav>
      <Problem error={error} />
      {shownTab === "overview" && <Overview run={run} />}
      {shownTab === "model-metrics" && (
        <div class="charts">
          {metrics.map((it) => (
            <LineChart
              key={it.key}
              metric={it.key}
              runIds={[runId]}
              names={[info.run_name]}
              smoothing={0}
              log={false}
              x="step"
              round={changes.value}
            />
          ))}
        </div>
      )}
      {shownTab === "artifacts" && <Artifacts runId={runId} shown={tab.slice(1).join("/")} base={[...at, "artifacts"]} />}
      {shownTab === "history" && <History entity={`run:${runId}`} />}
    </>
  );
}

function Overview({ run: { info, data, inputs } }: { run: Run }) {
  return (
    <div class="columns">
      <Section title="Run">
        <Facts
          facts={[
            ["Id", <span class="mono">{info.run_id}</span>],
            ["Experiment", <a href={href(["experiments", info.experiment_id])}>{info.experiment_id}</a>],
            ["Started", <Time at={info.start_time} />],
            ["Took", duration(info.start_time, info.end_time)],
            ["By", info.user_id || "–"],
            ["Artifacts", <span class="mono">{info.artifact_uri}</span>],
          ]}
        />
        {inputs?.dataset_inputs?.length ? (
          <>
            <h2>Datasets</h2>
            <ul>
              {inputs.dataset_inputs.map(({ dataset }) => (
                <li key={dataset.digest}>
                  {dataset.name} <span class="mono soft">{dataset.digest}</span>
                </li>
              ))}
            </ul>
          </>
        ) : null}
      </Section>
      <Section title={`Parameters (${data.params?.length ?? 0})`}>
        <Pairs pairs={(data.params ?? []).map((it) => [it.key, it.value])} />
      </Section>
      <Section title={`Metrics (${data.metrics?.length ?? 0})`}>
        <Pairs pairs={(data.metrics ?? []).map((it) => [it.key, shown(it.value)])} />
      </Section>
      <Section title={`Tags (${data.tags?.length ?? 0})`}>
        <Pairs pairs={(data.tags ?? []).map((it) => [it.key, it.value])} />
        <TagForm runId={info.run_id} />
      </Section>
    </div>
  );
}

function Pairs({ pairs }: { pairs: [string, string][] }) {
  return (
    <table>
      <tbody>
        {pairs.map(([name, value]) => (
          <tr key={name}>
            <td class="soft">{name}</td>
            <td class="mono">{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function TagForm({ runId }: { runId: string }) {
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  const [problem, setProblem] = useState<Error>();
  const submit = (event: Event) => {
    event.preventDefault();
    runs.setTag(runId, key, value).then(() => setKey(""), setProblem);
  };
  return (
    <form class="bar" onSubmit={submit}>
      <input placeholder="key" aria-label="Key of a tag" value={key} onInput={(event) => setKey(event.currentTarget.value)} />
      <input placeholder="value" aria-label="Value of a tag" value={value} onInput={(event) => setValue(event.currentTarget.value)} />
      <button type="submit" disabled={!key || !!asOf.value}>
        Set tag
      </button>
      <Problem error={problem} />
    </form>
  );
}
