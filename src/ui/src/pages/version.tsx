// One version of a model: what it is, where it came from, how it is loaded.

import { useState } from "preact/hooks";

import { changes } from "../api/events";
import { type Version, models, versions } from "../api/registry";
import { type Run, runs } from "../api/tracking";
import { useAnswer } from "../answer";
import { Badge, Facts, Problem, Section, Time } from "../parts/basics";
import { History } from "../parts/history";
import { Aliases } from "../registry/aliases";
import { ChangeStage } from "../registry/change_stage";
import { Delete } from "../registry/delete";
import { Description } from "../registry/describe";
import { LineageGraph } from "../registry/lineage";
import { Load } from "../registry/load";
import { Measurements } from "../registry/measurements";
import { Schema } from "../registry/schema";
import { Tags } from "../registry/tags";
import { asOf, href } from "../route";
import "../styles/registry.css";

export function VersionPage({ name, version }: { name: string; version: string }) {
  const [round, setRound] = useState(0);
  const again = () => setRound((it) => it + 1);
  const { value, error } = useAnswer(async () => {
    const [found, lineage] = await Promise.all([versions.get(name, version), models.lineage(name, version)]);
    const run = found.run_id ? await runs.get(found.run_id).catch(() => undefined) : undefined;
    return { found, lineage, run };
  }, [name, version, round, changes.value, asOf.value]);
  if (!value) return <Problem error={error} />;
  const { found, lineage, run } = value;
  const aliases = found.aliases ?? [];
  return (
    <>
      <div class="bar">
        <h1 class="grow">
          <a href={href(["models", name])}>{name}</a> version {version} <Badge word={found.current_stage} />
        </h1>
        <ChangeStage version={found} done={again} />
        <Delete what={`version ${version} of ${name}`} remove={() => versions.remove(name, version)} done={() => (location.hash = href(["models", name]))} />
      </div>
      <Problem error={error} />
      <Description text={found.description ?? ""} save={(text) => versions.describe(name, version, text).then(again)} />
      <div class="columns">
        <Section title="Version">
          <About found={found} run={run} />
          <div class="bar">
            <span class="soft">Aliases</span> <Aliases name={name} version={version} aliases={aliases} done={again} />
          </div>
          <Tags
            tags={found.tags ?? []}
            set={(key, text) => versions.setTag(name, version, key, text).then(again)}
            remove={(key) => versions.deleteTag(name, version, key).then(again)}
          />
        </Section>
        <Section title="Load it">
          <Load version={found} aliases={aliases} />
        </Section>
        <Section title="Signature">
          <Schema name={name} version={version} />
        </Section>
      </div>
      <Section title="Where it came from">
        <LineageGraph lineage={lineage} />
      </Section>
      {run && <Measurements run={run} />}
      <Section title="History">
        <History entity={`model-version:${name}/${version}`} />
      </Section>
    </>
  );
}

function About({ found, run }: { found: Version; run: Run | undefined }) {
  return (
    <Facts
      facts={[
        ["Created", <Time at={found.creation_timestamp} />],
        ["Source", <span class="mono">{found.source}</span>],
        [
          "Run",
          run ? (
            <a href={href(["experiments", run.info.experiment_id, "runs", run.info.run_id])}>{run.info.run_name || run.info.run_id}</a>
          ) : (
            <span class="mono">{found.run_id || "–"}</span>
          ),
        ],
        ["Experiment", run ? <a href={href(["experiments", run.info.experiment_id])}>{run.info.experiment_id}</a> : "–"],
      ]}
    />
  );
}
