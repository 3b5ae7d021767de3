// Versions of a model beside each other: where they, and the runs they came from, differ.

import { changes } from "../api/events";
import { type Version, versions } from "../api/registry";
import { type Run, runs } from "../api/tracking";
import { useAnswer } from "../answer";
import { Problem, shown } from "../parts/basics";
import { chosenVersions } from "../registry/chosen";
import { asOf, href, route } from "../route";
import { differing, rows } from "../runs/compared";

type Pair = [string, string];

interface Compared {
  version: Version;
  run: Run | undefined;
}

async function compared(name: string, version: string): Promise<Compared> {
  const found = await versions.get(name, version);
  return { version: found, run: found.run_id ? await runs.get(found.run_id).catch(() => undefined) : undefined };
}

export function CompareVersions() {
  const { name, versions: wanted } = chosenVersions(route.value.query);
  const { value, error } = useAnswer(
    () => Promise.all(wanted.map((it) => compared(name, it))),
    [name, wanted.join(), changes.value, asOf.value],
  );
  if (!wanted.length) return <p class="soft">Choose versions in the table of a model, then compare them.</p>;
  if (!value) return <Problem error={error} />;
  return (
    <>
      <h1>
        {value.length} versions of <a href={href(["models", name])}>{name}</a>
      </h1>
      <Problem error={error} />
      <div class="wide">
        <table>
          <thead>
            <tr>
              <th>Version</th>
              {value.map(({ version }) => (
                <th key={version.version}>
                  <a href={href(["models", name, "versions", version.version])}>Version {version.version}</a>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <Part title="Version" all={value} pairs={about} />
            <Part title="Parameters" all={value} pairs={({ run }) => (run?.data.params ?? []).map((it): Pair => [it.key, it.value])} />
            <Part title="Metrics" all={value} pairs={({ run }) => (run?.data.metrics ?? []).map((it): Pair => [it.key, shown(it.value)])} />
          </tbody>
        </table>
      </div>
    </>
  );
}

function about({ version, run }: Compared): Pair[] {
  return [
    ["stage", version.current_stage],
    ["aliases", (version.aliases ?? []).map((it) => `@${it}`).join(" ")],
    ["created", new Date(version.creation_timestamp).toLocaleString()],
    ["run", run?.info.run_name ?? version.run_id ?? ""],
    ["source", version.source],
    ["description", version.description ?? ""],
  ];
}

function Part({ title, all, pairs }: { title: string; all: Compared[]; pairs: (it: Compared) => Pair[] }) {
  const found = rows(all.map(pairs));
  const marked = new Set(differing(found).map((it) => it.key));
  if (!found.length) return null;
  return (
    <>
      <tr>
        <th colSpan={all.length + 1}>{title}</th>
      </tr>
      {found.map(({ key, values }) => (
        <tr key={key} class={marked.has(key) ? "differs" : ""}>
          <td class="soft">{key}</td>
          {values.map((value, at) => (
            <td key={at} class="mono">
              {value || "–"}
            </td>
          ))}
        </tr>
      ))}
    </>
  );
}
