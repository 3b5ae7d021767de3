// What the tab of the browser is called: the page, and the moment if it is a past one.

const NAMES: Record<string, string> = {
  experiments: "Experiments",
  models: "Models",
  activity: "Activity",
  settings: "Settings",
  "compare-runs": "Compare runs",
  metric: "Compare runs",
  "compare-experiments": "Runs",
  "compare-model-versions": "Compare versions",
};

const SHORT = 8;

export function title(path: string[], moment: string): string {
  const [place = "experiments", id, part, second] = path;
  const names = [NAMES[place] ?? "Not found"];
  if (place === "models" && id) names.unshift(second ? `${id} version ${second}` : id);
  if (place === "experiments" && id) names.unshift(second ? `${part === "models" ? "Model" : "Run"} ${second.slice(0, SHORT)}` : `Runs of ${id}`);
  if (place === "activity" && id) names.unshift(`Event #${id}`);
  return [...names, ...(moment ? [`as of ${moment}`] : []), "Runlog"].join(" · ");
}
