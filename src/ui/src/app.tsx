// The frame around every page, and which page the route names.

import { effect } from "@preact/signals";
import type { JSX } from "preact";

import { follow } from "./api/events";
import { AsOfBar } from "./parts/as_of";
import { Keys } from "./parts/keys";
import { About } from "./pages/about";
import { Activity } from "./pages/activity";
import { Compare } from "./pages/compare";
import { CompareVersions } from "./pages/compare_versions";
import { EventPage } from "./pages/event";
import { Experiments } from "./pages/experiments";
import { ModelPage } from "./pages/model";
import { Models } from "./pages/models";
import { RunPage } from "./pages/run";
import { Runs } from "./pages/runs";
import { Unknown } from "./pages/unknown";
import { VersionPage } from "./pages/version";
import { asOf, href, route } from "./route";
import "./theme";
import { title } from "./title";

/** The stream of events opens behind the first answers, not before them. */
const FIRST_ANSWERS_MS = 600;
setTimeout(follow, FIRST_ANSWERS_MS);

effect(() => {
  document.title = title(route.value.path, asOf.value);
});

const PLACES = [
  ["Experiments", "experiments"],
  ["Models", "models"],
  ["Activity", "activity"],
  ["Settings", "settings"],
] as const;

/** Ids as MLflow's links list them, as one text. */
function listed(name: string): string {
  return (route.value.query.get(name) ?? "").replace(/[^\w,-]/g, "");
}

function page(path: string[]): JSX.Element {
  const [first = "experiments", id, part, second, ...rest] = path;
  if (first === "models" && id) {
    return part === "versions" && second ? (
      <VersionPage key={`${id}/${second}`} name={id} version={second} />
    ) : (
      <ModelPage key={id} name={id} />
    );
  }
  if (first === "models") return <Models />;
  if (first === "activity") return id ? <EventPage seq={id} /> : <Activity />;
  if (first === "compare-runs" || first === "metric") return <Compare />;
  if (first === "compare-model-versions") return <CompareVersions />;
  if (first === "compare-experiments") return <Runs key="compared" experimentIds={listed("experiments")} />;
  if (first === "settings") return <About />;
  if (first === "experiments" && id) {
    return part === "runs" && second ? (
      <RunPage key={second} runId={second} tab={rest[0] === "artifactPath" ? ["artifacts", ...rest.slice(1)] : rest} />
    ) : (
      <Runs key={id} experimentIds={id} />
    );
  }
  if (first === "experiments") return <Experiments />;
  return <Unknown path={path} />;
}

export function App() {
  const { path } = route.value;
  const here = path[0] ?? "experiments";
  return (
    <div class={asOf.value ? "frame past" : "frame"}>
      <header>
        <a class="brand" href={href(["experiments"])}>
          Runlog
        </a>
        <nav aria-label="Main">
          {PLACES.map(([name, place]) => (
            <a key={place} href={href([place])} aria-current={here === place ? "page" : undefined}>
              {name}
            </a>
          ))}
        </nav>
      </header>
      <AsOfBar />
      <main>{page(path)}</main>
      <Keys />
    </div>
  );
}
