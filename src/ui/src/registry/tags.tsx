// Tags of a model or a version: seen, set and deleted.

import { useState } from "preact/hooks";

import type { Tag } from "../api/tracking";
import { Problem } from "../parts/basics";
import { asOf } from "../route";

interface Props {
  tags: Tag[];
  set: (key: string, value: string) => Promise<unknown>;
  remove: (key: string) => Promise<unknown>;
}

export function Tags({ tags, set, remove }: Props) {
  const [problem, setProblem] = useState<Error>();
  const settle = (work: Promise<unknown>) => work.then(() => setProblem(undefined), setProblem);
  const past = !!asOf.value;
  return (
    <>
      <div class="bar">
        {tags.map((it) => (
          <span class="tag" key={it.key}>
            {it.key}: {it.value}
            <button type="button" aria-label={`Delete the tag ${it.key}`} disabled={past} onClick={() => settle(remove(it.key))}>
              ×
            </button>
          </span>
        ))}
        {tags.length === 0 && <span class="soft">No tags.</span>}
      </div>
      <form
        class="bar"
        onSubmit={(event) => {
          event.preventDefault();
          const form = event.currentTarget;
          const fields = new FormData(form);
          settle(set(fields.get("key") as string, fields.get("value") as string).then(() => form.reset()));
        }}
      >
        <input name="key" required placeholder="tag" aria-label="Key of the tag" disabled={past} />
        <input name="value" placeholder="value" aria-label="Value of the tag" disabled={past} />
        <button type="submit" disabled={past}>
          Set tag
        </button>
      </form>
      <Problem error={problem} />
    </>
  );
}
