// Moves a version to a stage: with a comment, expecting the stage that is shown, so that nobody is overrun.

import { useState } from "preact/hooks";

import { STAGES, type Version, models } from "../api/registry";
import { Dialog, Problem } from "../parts/basics";
import { asOf } from "../route";

export function ChangeStage({ version, done }: { version: Version; done: () => void }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" disabled={!!asOf.value} onClick={() => setOpen(true)}>
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
  const [version] = useState(live);
  const others = STAGES.filter((it) => it !== version.current_stage);
  const [stage, setStage] = useState<string>(others.includes("Production") ? "Production" : others[0]!);
  const [archive, setArchive] = useState(true);
  const [comment, setComment] = useState("");
  const [problem, setProblem] = useState<Error>();
  const archives = archive && (stage === "Production" || stage === "Staging");
  const submit = (event: Event) => {
    event.preventDefault();
    const { name, version: number, current_stage: expected_stage } = version;
    models
      .transition({ name, version: number, stage, archive_existing_versions: archives, comment, expected_stage })
      .then(close, setProblem);
  };
  return (
    <Dialog title={`Change the stage of version ${version.version}`} close={close}>
      <form onSubmit={submit}>
        <p>
          From {version.current_stage} to{" "}
          <select aria-label="New stage" value={stage} onChange={(event) => setStage(event.currentTarget.value)}>
            {others.map((it) => (
              <option key={it}>{it}</option>
            ))}
          </select>
        </p>
        {(stage === "Production" || stage === "Staging") && (
          <label>
            <input type="checkbox" checked={archive} onChange={() => setArchive(!archive)} /> archive what is in {stage} now
          </label>
        )}
        <textarea placeholder="Why" aria-label="Comment" value={comment} onInput={(event) => setComment(event.currentTarget.value)} />
        <Problem error={problem} />
        <div class="bar">
          <button type="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" class="main">
            Move
          </button>
        </div>
      </form>
    </Dialog>
  );
}
