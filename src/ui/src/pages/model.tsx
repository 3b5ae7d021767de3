// One registered model: its versions and stages, now and over time.

import { useState } from "preact/hooks";

import { changes } from "../api/events";
import { type StageMove, models } from "../api/registry";
import { useAnswer } from "../answer";
import { Badge, Problem, Section, Time } from "../parts/basics";
import { ChangeStage } from "../registry/change_stage";
import { Lanes } from "../registry/lanes";
import { Requests } from "../registry/requests";
import { asOf, href } from "../route";

export function ModelPage({ name }: { name: string }) {
  const [round, setRound] = useState(0);
  const { value, error } = useAnswer(
    () => Promise.all([models.get(name), models.versions(name), models.history(name), models.stages(name), models.approvals(name)]),
    [name, round, changes.value, asOf.value],
  );
  const again = () => setRound(round + 1);
  if (!value) return <Problem error={error} />;
  const [model, versions, history, stages, approvals] = value;
  const aliases = (version: string) => (model.aliases ?? []).filter((it) => it.version === version).map((it) => it.alias);
  return (
    <>
      <h1>{model.name}</h1>
      {model.description && <p>{model.description}</p>}
      <Problem error={error} />
      <Requests name={name} approvals={approvals} done={again} />
      <Section title="Versions">
        <div class="wide">
          <table>
            <thead>
              <tr>
                <th>Version</th>
                <th>Stage</th>
                <th>Aliases</th>
                <th>Run</th>
                <th>Created</th>
                <th />
              </tr>
            </thead>
            <tbody>
              {versions.toSorted((a, b) => Number(b.version) - Number(a.version)).map((it) => (
                <tr key={it.version}>
                  <td>
                    <a href={href(["models", name, "versions", it.version])}>Version {it.version}</a>
                  </td>
                  <td>
                    <Badge word={it.current_stage} />
                  </td>
                  <td>{aliases(it.version).map((alias) => `@${alias}`).join(" ")}</td>
                  <td class="mono">{it.run_id?.slice(0, 8)}</td>
                  <td>
                    <Time at={it.creation_timestamp} />
                  </td>
                  <td>
                    <ChangeStage version={it} done={again} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Section>
      <Section title="Stages over time">
        <Lanes stages={stages} now={Date.now()} />
      </Section>
      <Section title="Stage history">
        <Moves moves={[...history].reverse()} />
      </Section>
    </>
  );
}

function Moves({ moves }: { moves: StageMove[] }) {
  return (
    <div class="wide">
      <table>
        <thead>
          <tr>
            <th>When</th>
            <th>Version</th>
            <th>From → to</th>
            <th>Who</th>
            <th>Why</th>
          </tr>
        </thead>
        <tbody>
          {moves.map((it) => (
            <tr key={it.seq}>
              <td>
                <Time at={it.changed_at} /> <span class="soft mono">#{it.seq}</span>
              </td>
              <td>{it.version}</td>
              <td>
                <Badge word={it.from} /> → <Badge word={it.to} />
              </td>
              <td>
                {it.actor}
                {it.requested_by && <span class="soft"> (asked by {it.requested_by})</span>}
              </td>
              <td>
                {it.comment} {it.displaced_by && <span class="soft">replaced by {it.displaced_by}</span>}
                {it.archived.length > 0 && <span class="soft"> archived {it.archived.join(", ")}</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
