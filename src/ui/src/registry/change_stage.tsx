// Moves a version to a stage: with a comment, expecting the stage that is shown, so that nobody is overrun. Where a
// second person must approve, the move is asked for.

import { useState } from "preact/hooks";

import { ApiError } from "../api/http";
import { STAGES, type Version, models, versions } from "../api/registry";
import { useAnswer } from "../answer";
import { Dialog, Problem } from "../parts/basics";
import { asOf } from "../route";

export function ChangeStage({ version, done }: { version: Version; done: () => void }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" disabled={!!asOf.value} aria-label={`Change stage of version ${version.version}`} onClick={() => setOpen(true)}>
        Change stage
      </button>
      {open && (
        <Form
          version={version}
          close={() => {
            setOpen(false);
            done();
          }}
        />
      )}
    </>
  );
}

function Form({ version: live, close }: { version: Version; close: () => void }) {
  // As it was when the dialog opened: who was first in the meantime must be noticed, not followed.
  const [version, setVersion] = useState(live);
  const { name, version: number, current_stage: expected_stage } = version;
  const { value: rules } = useAnswer(() => models.approvals(name), [name]);
  const others = STAGES.filter((it) => it !== expected_stage);
  const [wanted, setWanted] = useState<string>("Production");
  const stage = others.find((it) => it === wanted) ?? others[0]!;
  const [archive, setArchive] = useState(true);
  const [comment, setComment] = useState("");
  const [problem, setProblem] = useState<Error>();
  const [asked, setAsked] = useState(false);
  const archives = stage === "Production" || stage === "Staging";
  const asks = rules?.stages.includes(stage) ?? false;

  const refused = async (error: Error) => {
    if (error instanceof ApiError && error.status === 409) {
      const [now, { requests }] = await Promise.all([versions.get(name, number), models.approvals(name)]);
      if (requests.some((it) => String(it.version) === number && it.to === stage)) return setAsked(true);
      setVersion(now);
    }
    setProblem(error);
  };
  const submit = (event: Event) => {
    event.preventDefault();
    models
      .transition({ name, version: number, stage, archive_existing_versions: archive && archives, comment, expected_stage })
      .then(close, (error: Error) => refused(error).catch(setProblem));
  };
  if (asked) return <Asked stage={stage} close={close} />;
  return (
    <Dialog title={`Change the stage of version ${number}`} close={close}>
      <form onSubmit={submit}>
        <p>
          From {expected_stage} to{" "}
          <select aria-label="New stage" value={stage} onChange={(event) => setWanted(event.currentTarget.value)}>
            {others.map((it) => (
              <option key={it}>{it}</option>
            ))}
          </select>
        </p>
        {archives && (
          <label>
            <input type="checkbox" checked={archive} onChange={() => setArchive(!archive)} /> archive what is in {stage} now
          </label>
        )}
        <textarea placeholder="Why" aria-label="Comment" value={comment} onInput={(event) => setComment(event.currentTarget.value)} />
        {asks && <p class="soft">A second person must approve moves into {stage}: this asks for it.</p>}
        <Problem error={problem} />
        {expected_stage !== live.current_stage || problem ? <p>It is in {expected_stage} now.</p> : null}
        <div class="bar">
          <button type="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" class="main">
            {asks ? "Ask for the move" : "Move"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function Asked({ stage, close }: { stage: string; close: () => void }) {
  return (
    <Dialog title="Asked for" close={close}>
      <p>Nothing has moved yet: a second person must approve the move into {stage}, on the page of the model.</p>
      <div class="bar">
        <button type="button" class="main" onClick={close}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
