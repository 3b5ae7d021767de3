// Which versions a link compares: this page's own form, or MLflow's, which names runs and the version of each.

export function chosenVersions(query: URLSearchParams): { name: string; versions: string[] } {
  const name = parsed(query.get("name"));
  const runs = parsed(query.get("runs"));
  const listed = query.get("versions")?.split(",").filter(Boolean);
  const versions = listed ?? (runs && typeof runs === "object" ? Object.values(runs).map(String) : []);
  return { name: typeof name === "string" ? name : (query.get("name") ?? ""), versions };
}

/** JSON if it is some; a name may be just a name. */
function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return text;
  }
}
