// The parameters and metrics of the run that a version came from.

import type { Run } from "../api/tracking";
import { Facts, Section, shown } from "../parts/basics";

export function Measurements({ run }: { run: Run }) {
  const { params = [], metrics = [] } = run.data;
  return (
    <div class="columns">
      <Section title="Parameters of its run">
        <Facts facts={params.map((it) => [it.key, <span class="mono">{it.value}</span>])} />
        {params.length === 0 && <p class="soft">None.</p>}
      </Section>
      <Section title="Metrics of its run">
        <Facts facts={metrics.map((it) => [it.key, <span class="mono">{shown(it.value)}</span>])} />
        {metrics.length === 0 && <p class="soft">None.</p>}
      </Section>
    </div>
  );
}
