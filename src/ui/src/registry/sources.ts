// The runs that the versions of a model came from, with what they measured.

import type { Version } from "../api/registry";
import { type Run, runs } from "../api/tracking";

/** Runs that are asked for: those of the newest versions. */
const MOST = 100;

export async function sources(versions: Version[]): Promise<Map<string, Run>> {
  const ids = new Set(versions.flatMap((it) => it.run_id || []));
  // A run may have been purged since: the version is shown without it.
  const found = await Promise.all([...ids].slice(0, MOST).map((id) => runs.get(id).catch(() => undefined)));
  return new Map(found.flatMap((it) => (it ? [[it.info.run_id, it]] : [])));
}
