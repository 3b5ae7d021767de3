// A description that can be changed in place.

import { useState } from "preact/hooks";

import { Problem } from "../parts/basics";
import { asOf } from "../route";

export function Description({ text, save }: { text: string; save: (text: string) => Promise<unknown> }) {
  const [draft, setDraft] = useState<string>();
  const [problem, setProblem] = useState<Error>();
  const close = () => {
    setDraft(undefined);
    setProblem(undefined);
  };
  if (draft === undefined || asOf.value) {
    return (
      <div class="description">
        {text ? <p>{text}</p> : <p class="soft">No description.</p>}
        <button type="button" disabled={!!asOf.value} onClick={() => setDraft(text)}>
          Edit description
        </button>
      </div>
    );
  }
  return (
    <form
      class="description"
      onSubmit={(event) => {
        event.preventDefault();
        save(draft).then(close, setProblem);
      }}
    >
      <textarea aria-label="Description" rows={4} value={draft} onInput={(event) => setDraft(event.currentTarget.value)} />
      <Problem error={problem} />
      <div class="bar">
        <button type="submit" class="main">
          Save
        </button>
        <button type="button" onClick={close}>
          Cancel
        </button>
      </div>
    </form>
  );
}
