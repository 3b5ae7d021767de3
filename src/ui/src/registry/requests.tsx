// Moves that wait for the approval of a second person.

import { useState } from "preact/hooks";

import { actor } from "../actor";
import { type Approvals, models } from "../api/registry";
import { Problem, Section, Time } from "../parts/basics";
import { asOf, href } from "../route";

export function Requests({ name, approvals, done }: { name: string; approvals: Approvals; done: () => void }) {
  if (!approvals.requests.length) return null;
  return (
    <Section title="Waiting for approval">
      {approvals.requests.map((it) => (
        <Request key={it.version} name={name} request={it} done={done} />
      ))}
      {!actor.value && (
        <p class="soft">
          Who approves must have a name, and not that of who asked: where no proxy gives one, say yours in the{" "}
          <a href={href(["settings"])}>settings</a>.
        </p>
      )}
    </Section>
  );
}

function Request({ name, request: it, done }: { name: string; request: Approvals["requests"][number]; done: () => void }) {
  const [comment, setComment] = useState("");
  const [problem, setProblem] = useState<Error>();
  const settle = (work: Promise<unknown>) => work.then(done, setProblem);
  const past = !!asOf.value;
  return (
    <div>
      <p>
        Version {it.version}: {it.from} → {it.to}, asked by {it.requested_by} at <Time at={it.requested_at} />
        {it.comment && <>: {it.comment}</>}
      </p>
      <div class="bar">
        <input placeholder="Why" aria-label="Comment" disabled={past} value={comment} onInput={(event) => setComment(event.currentTarget.value)} />
        <button type="button" class="main" disabled={past} onClick={() => settle(models.approve(name, it.version, comment))}>
          Approve
        </button>
        <button type="button" disabled={past} onClick={() => settle(models.reject(name, it.version, comment))}>
          Reject
        </button>
      </div>
      <Problem error={problem} />
    </div>
  );
}
