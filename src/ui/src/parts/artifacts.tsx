// The artifacts of a run as a tree, and what is in one of them.

import { useState } from "preact/hooks";

import { type FileInfo, artifacts } from "../api/tracking";
import { useAnswer } from "../answer";
import { asOf, href } from "../route";
import { Empty, Problem } from "./basics";

/** What is shown as an image, in which nothing is run. */
const IMAGES = ["png", "jpg", "jpeg", "gif", "webp", "svg"];
/** Text that is shown of a file. */
const TEXT_MAX = 200_000;

export function Artifacts({ runId, shown, base }: { runId: string; shown: string; base: string[] }) {
  return (
    <div class="columns">
      <Folder runId={runId} path="" base={base} shown={shown} />
      <div class="viewer">{shown ? <Viewer runId={runId} path={shown} /> : <p class="soft">Choose a file.</p>}</div>
    </div>
  );
}

function Folder({ runId, path, base, shown }: { runId: string; path: string; base: string[]; shown: string }) {
  const { value, error } = useAnswer(() => artifacts.list(runId, path), [runId, path, asOf.value]);
  if (value?.length === 0 && !path) return <Empty text="This run has no artifacts." command={'mlflow.log_artifact("plot.png")'} />;
  return (
    <ul>
      <Problem error={error} />
      {value?.map((it) => (
        <Entry key={it.path} file={it} runId={runId} base={base} shown={shown} />
      ))}
    </ul>
  );
}

function Entry({ file, runId, base, shown }: { file: FileInfo; runId: string; base: string[]; shown: string }) {
  const [open, setOpen] = useState(shown.startsWith(`${file.path}/`));
  const name = file.path.split("/").at(-1);
  if (!file.is_dir) {
    return (
      <li>
        <a href={href([...base, ...file.path.split("/")])} aria-current={shown === file.path ? "page" : undefined}>
          {name}
        </a>{" "}
        <span class="soft">{file.file_size?.toLocaleString()} B</span>
      </li>
    );
  }
  return (
    <li>
      <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? "▾" : "▸"} {name}
      </button>
      {open && <Folder runId={runId} path={file.path} base={base} shown={shown} />}
    </li>
  );
}

function Viewer({ runId, path }: { runId: string; path: string }) {
  const url = artifacts.url(runId, path);
  const ending = path.split(".").at(-1)?.toLowerCase() ?? "";
  return (
    <>
      <p>
        <strong>{path}</strong>{" "}
        <a href={url} download={path.split("/").at(-1)}>
          Download
        </a>
      </p>
      {IMAGES.includes(ending) ? <img src={url} alt={path} /> : <Text url={url} />}
    </>
  );
}

function Text({ url }: { url: string }) {
  const { value, error } = useAnswer(async () => {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
    return answer.text();
  }, [url]);
  return (
    <>
      <Problem error={error} />
      <pre>{value?.slice(0, TEXT_MAX)}</pre>
    </>
  );
}
