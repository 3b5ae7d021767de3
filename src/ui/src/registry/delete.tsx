// Deletes a model or a version, after asking.

import { useState } from "preact/hooks";

import { Dialog, Problem } from "../parts/basics";
import { asOf } from "../route";

export function Delete({ what, remove, done }: { what: string; remove: () => Promise<unknown>; done: () => void }) {
  const [open, setOpen] = useState(false);
  const [problem, setProblem] = useState<Error>();
  return (
    <>
      <button type="button" disabled={!!asOf.value} onClick={() => setOpen(true)}>
        Delete
      </button>
      {open && (
        <Dialog title={`Delete ${what}?`} close={() => setOpen(false)}>
          <p>It can no longer be loaded. Its history stays in the log, and what it was can be seen as of the past.</p>
          <Problem error={problem} />
          <div class="bar">
            <button type="button" onClick={() => setOpen(false)}>
              Keep it
            </button>
            <button type="button" class="main" onClick={() => remove().then(done, setProblem)}>
              Delete
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}
