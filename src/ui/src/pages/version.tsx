// One version of a model: what it is, where it came from, how it is loaded.

import { changes } from "../api/events";
import { type Lineage, models } from "../api/registry";
import { useAnswer } from "../answer";
import { Badge, Facts, Problem, Section, Time } from "../parts/basics";
import { History } from "../parts/history";
import { ChangeStage } from "../registry/change_stage";
import { asOf, href } from "../route";

export function VersionPage({ name, version }: { name: string; version: string }) {
  const { value, error } = useAnswer(
    () => Promise.all([models.versions(name), models.lineage(name, version)]),
    [name, version, changes.value, asOf.value],
  );
  const found = value?.[0].find((it) => it.version === version);
  if (!value || !found) return <Problem error={error ?? (value && new Error(`${name} has no version ${version}`))} />;
  return (
    <>
      <h1>
        <a href={href(["models", name])}>{name}</a> version {version} <Badge word={found.current_stage} />{" "}
        <ChangeStage version={found} done={() => {}} />
      </h1>
      <div class="columns">
        <Section title="Version">
          <Facts
            facts={[
              ["Created", <Time at={found.creation_timestamp} />],
              ["Source", <span class="mono">{found.source}</span>],
              ["Run", <span class="mono">{found.run_id || "–"}</span>],
              ["Description", found.description || "–"],
            ]}
          />
        </Section>
        <Section title="Load it">
          <pre>{`mlflow.pyfunc.load_model("models:/${name}/${version}")`}</pre>
        </Section>
      </div>
      <Section title="Where it came from">
        <Origins lineage={value[1]} />
      </Section>
      <Section title="History">
        <History entity={`model-version:${name}/${version}`} />
      </Section>
    </>
  );
}

function Origins({ lineage }: { lineage: Lineage }) {
  return (
    <ul>
      {lineage.edges.map((edge) => (
        <li key={`${edge.from} ${edge.to}`}>
          <span class="mono">{edge.from}</span> <span class="soft">{edge.relation.replaceAll("_", " ")}</span>{" "}
          <span class="mono">{edge.to}</span>
        </li>
      ))}
    </ul>
  );
}
