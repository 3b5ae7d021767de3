// Into which stages a version moves only when a second person approves.

import { useState } from "preact/hooks";

import { type Approvals, STAGES, models } from "../api/registry";
import { Problem } from "../parts/basics";
import { asOf } from "../route";

export function Rules({ name, approvals, done }: { name: string; approvals: Approvals; done: () => void }) {
  const [problem, setProblem] = useState<Error>();
  return (
    <fieldset class="rules" disabled={!!asOf.value}>
      <legend>A second person must approve moves into</legend>
      {STAGES.filter((it) => it !== "None").map((stage) => {
        const needed = approvals.stages.includes(stage);
        return (
          <label key={stage}>
            <input type="checkbox" checked={needed} onChange={() => models.rule(name, stage, !needed).then(done, setProblem)} /> {stage}
          </label>
        );
      })}
      <Problem error={problem} />
    </fieldset>
  );
}
