// How a version is loaded, to be copied.

import { useState } from "preact/hooks";

import type { Version } from "../api/registry";

export function Load({ version, aliases }: { version: Version; aliases: string[] }) {
  const { name, version: number, current_stage: stage } = version;
  const ways: [string, string][] = [
    ["This version", `models:/${name}/${number}`],
    ...(stage === "None" ? [] : ([[`What is in ${stage}, the latest of it`, `models:/${name}/${stage}`]] as [string, string][])),
    ...aliases.map((it): [string, string] => [`What is called ${it}`, `models:/${name}@${it}`]),
  ];
  return (
    <>
      {ways.map(([label, uri]) => (
        <Copyable key={uri} label={label} text={`mlflow.pyfunc.load_model(${JSON.stringify(uri)})`} />
      ))}
      <Copyable label="Its files" text={`mlflow artifacts download -u ${quotedForShell(`models:/${name}/${number}`)}`} />
    </>
  );
}

function quotedForShell(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function Copyable({ label, text }: { label: string; text: string }) {
  const [told, setTold] = useState("Copy");
  const copy = () =>
    copied(text)
      .then(() => setTold("Copied"), () => setTold("Not copied"))
      .then(() => setTimeout(() => setTold("Copy"), 2000));
  return (
    <div class="copyable">
      <span class="soft">{label}</span>
      <pre>{text}</pre>
      <button type="button" aria-label={`Copy: ${label}`} onClick={copy}>
        <span aria-live="polite">{told}</span>
      </button>
    </div>
  );
}

/** Pages that do not come by HTTPS or from this machine have no clipboard of their own. */
async function copied(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("the browser refused");
}
