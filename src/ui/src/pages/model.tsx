// One registered model: its versions and stages, now and over time.

import { useState } from "preact/hooks";

import { modelChanges } from "../api/events";
import { type Version, models } from "../api/registry";
import type { Run } from "../api/tracking";
import { useAnswer } from "../answer";
import { Problem, Section } from "../parts/basics";
import { shownAt } from "../parts/as_of";
import { History } from "../parts/history";
import { Delete } from "../registry/delete";
import { Description } from "../registry/describe";
import { Lanes } from "../registry/lanes";
import { metricKeys } from "../registry/measured";
import { MetricChart } from "../registry/metric_chart";
import { Moves } from "../registry/moves";
import { Requests } from "../registry/requests";
import { Rules } from "../registry/rules";
import { sources } from "../registry/sources";
import { Tags } from "../registry/tags";
import { Versions } from "../registry/versions";
import { asOf, href } from "../route";
import "../styles/registry.css";

export function ModelPage({ name }: { name: string }) {
  const [round, setRound] = useState(0);
  const again = () => setRound((it) => it + 1);
  const { value, error } = useAnswer(
    () => Promise.all([models.get(name), models.versions(name), models.history(name), models.stages(name), models.approvals(name)]),
    [name, round, modelChanges.value, asOf.value],
  );
  const [model, versions, history, stages, approvals] = value ?? [];
  if (!model || !versions || !history || !stages || !approvals) return <Problem error={error} />;
  const aliases = new Map<string, string[]>();
  for (const it of model.aliases ?? []) aliases.set(it.version, [...(aliases.get(it.version) ?? []), it.alias]);
  return (
    <>
      <div class="bar">
        <h1 class="grow">{model.name}</h1>
        <Delete what={`the model ${name} and all of its versions`} remove={() => models.remove(name)} done={() => (location.hash = href(["models"]))} />
      </div>
      <Problem error={error} />
      <Description text={model.description ?? ""} save={(text) => models.describe(name, text).then(again)} />
      <Requests name={name} approvals={approvals} done={again} />
      <Measured name={name} versions={versions} aliases={aliases} done={again} />
      <Section title="Stages over time">
        <Lanes name={name} stages={stages} now={shownAt.value ?? Date.now()} />
      </Section>
      <Section title="Stage history">
        <Moves moves={[...history].reverse()} />
      </Section>
      <div class="columns">
        <Section title="Approval">
          <Rules name={name} approvals={approvals} done={again} />
        </Section>
        <Section title="Tags">
          <Tags
            tags={model.tags ?? []}
            set={(key, value) => models.setTag(name, key, value).then(again)}
            remove={(key) => models.deleteTag(name, key).then(again)}
          />
        </Section>
      </div>
      <details>
        <summary>Everything that happened to it</summary>
        <History entity={`model:${name}`} />
      </details>
    </>
  );
}

interface MeasuredProps {
  name: string;
  versions: Version[];
  aliases: Map<string, string[]>;
  done: () => void;
}

/** The versions, with what their runs measured. */
function Measured({ name, versions, aliases, done }: MeasuredProps) {
  const ids = versions.map((it) => it.run_id).join();
  const { value: runs = new Map<string, Run>() } = useAnswer(() => sources(versions), [ids, asOf.value]);
  const metrics = metricKeys(runs.values());
  return (
    <>
      <Section title={`Versions (${versions.length})`}>
        <Versions name={name} versions={versions} aliases={aliases} runs={runs} metrics={metrics} done={done} />
      </Section>
      {versions.length > 0 && (
        <Section title="Metrics of the versions">
          <MetricChart name={name} versions={versions} runs={runs} metrics={metrics} />
        </Section>
      )}
    </>
  );
}
