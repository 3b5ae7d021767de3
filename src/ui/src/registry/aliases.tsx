// The aliases of a version: seen, set (taken from the version that had it) and deleted.

import { useState } from "preact/hooks";

import { models } from "../api/registry";
import { Dialog, Problem } from "../parts/basics";
import { asOf } from "../route";

interface Props {
  name: string;
  version: string;
  aliases: string[];
  done: () => void;
}

export function Aliases({ name, version, aliases, done }: Props) {
  const [open, setOpen] = useState(false);
  return (
    <>
      {aliases.map((alias) => (
        <span class="tag" key={alias}>
          @{alias}
        </span>
      ))}{" "}
      <button type="button" disabled={!!asOf.value} aria-label={`${aliases.length ? "Edit" : "Add"} aliases of version ${version}`} onClick={() => setOpen(true)}>
        {aliases.length ? "Edit" : "Add"}
      </button>
      {open && <Form name={name} version={version} aliases={aliases} done={done} close={() => setOpen(false)} />}
    </>
  );
}

function Form({ name, version, aliases, done, close }: Props & { close: () => void }) {
  const [alias, setAlias] = useState("");
  const [problem, setProblem] = useState<Error>();
  const settle = (work: Promise<unknown>) =>
    work.then(() => {
      setProblem(undefined);
      done();
    }, setProblem);
  return (
    <Dialog title={`Aliases of version ${version}`} close={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          settle(models.setAlias(name, alias, version).then(() => setAlias("")));
        }}
      >
        <div class="bar">
          {aliases.map((it) => (
            <span class="tag" key={it}>
              @{it}
              <button type="button" aria-label={`Delete the alias ${it}`} onClick={() => settle(models.deleteAlias(name, it))}>
                ×
              </button>
            </span>
          ))}
        </div>
        <input required placeholder="champion" aria-label="New alias" value={alias} onInput={(event) => setAlias(event.currentTarget.value)} />
        <p class="soft">An alias names one version: another that has it loses it.</p>
        <Problem error={problem} />
        <div class="bar">
          <button type="button" onClick={close}>
            Close
          </button>
          <button type="submit" class="main">
            Set alias
          </button>
        </div>
      </form>
    </Dialog>
  );
}
