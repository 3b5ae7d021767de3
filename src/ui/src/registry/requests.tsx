// Moves that wait for the approval of a second person.

import { useState } from "preact/hooks";

import { type Approvals, models } from "../api/registry";
import { Problem, Section, Time } from "../parts/basics";
import { asOf } from "../route";

export function Requests({ name, approvals, done }: { name: string; approvals: Approvals; done: () => void }) {
  const [problem, setProblem] = useState<Error>();
  if (!approvals.requests.length) return null;
  const settle = (work: Promise<unknown>) => work.then(done, setProblem);
  return (
    <Section title="Waiting for approval">
      <Problem error={problem} />
      {approvals.requests.map((it) => (
        <p key={it.version}>
          Version {it.version}: {it.from} → {it.to}, asked by {it.requested_by} at <Time at={it.requested_at} />
          {it.comment && <>: {it.comment}</>}{" "}
          <button type="button" disabled={!!asOf.value} onClick={() => settle(models.approve(name, it.version, ""))}>
            Approve
          </button>{" "}
          <button type="button" disabled={!!asOf.value} onClick={() => settle(models.reject(name, it.version, ""))}>
            Reject
          </button>
        </p>
      ))}
    </Section>
  );
}
