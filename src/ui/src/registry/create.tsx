// Creates a registered model without a version.

import { useState } from "preact/hooks";

import { models } from "../api/registry";
import { Dialog, Problem } from "../parts/basics";
import { asOf, href } from "../route";

export function CreateModel() {
  const [open, setOpen] = useState(false);
  const [problem, setProblem] = useState<Error>();
  const submit = (form: HTMLFormElement) => {
    const fields = new FormData(form);
    const name = fields.get("name") as string;
    models.create(name, fields.get("description") as string).then(() => (location.hash = href(["models", name])), setProblem);
  };
  return (
    <>
      <button type="button" disabled={!!asOf.value} onClick={() => setOpen(true)}>
        Create model
      </button>
      {open && (
        <Dialog title="Create a model" close={() => setOpen(false)}>
          <form
            onSubmit={(event) => {
              event.preventDefault();
              submit(event.currentTarget);
            }}
          >
            <input name="name" required autofocus placeholder="Name" aria-label="Name of the model" />
            <textarea name="description" placeholder="Description" aria-label="Description" />
            <Problem error={problem} />
            <div class="bar">
              <button type="button" onClick={() => setOpen(false)}>
                Cancel
              </button>
              <button type="submit" class="main">
                Create
              </button>
            </div>
          </form>
        </Dialog>
      )}
    </>
  );
}
