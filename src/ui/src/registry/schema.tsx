// What a version takes and gives.

import { ApiError } from "../api/http";
import { versions } from "../api/registry";
import { useAnswer } from "../answer";
import { Problem } from "../parts/basics";
import { asOf } from "../route";
import { type Field, readSignature } from "./signature";

export function Schema({ name, version }: { name: string; version: string }) {
  const { value, error } = useAnswer(() => read(name, version), [name, version, asOf.value]);
  if (error) return <Problem error={error} />;
  if (!value) return null;
  if (value === "away") return <p class="soft">This server has no file MLmodel of the version, which would say it.</p>;
  if (value === "none") return <p class="soft">The model says no signature.</p>;
  return (
    <>
      <Fields title="Inputs" fields={value.inputs} />
      <Fields title="Outputs" fields={value.outputs} />
      {value.params.length > 0 && <Fields title="Parameters" fields={value.params} />}
    </>
  );
}

async function read(name: string, version: string) {
  const answer = await fetch(versions.file(name, version, "MLmodel"), { headers: asOf.value ? { "Runlog-As-Of": asOf.value } : {} });
  // Not there, or in a store that is not this server's.
  if (answer.status >= 400 && answer.status < 500) return "away";
  if (!answer.ok) throw new ApiError(`The model's file MLmodel: ${answer.status} ${answer.statusText}`, answer.status);
  return readSignature(await answer.text()) ?? "none";
}

function Fields({ title, fields }: { title: string; fields: Field[] }) {
  return (
    <table class="schema">
      <thead>
        <tr>
          <th>{title}</th>
          <th>Type</th>
        </tr>
      </thead>
      <tbody>
        {fields.map((it, index) => (
          <tr key={index}>
            <td>
              {it.name} {!it.required && <span class="soft">optional</span>}
            </td>
            <td class="mono">{it.type}</td>
          </tr>
        ))}
        {fields.length === 0 && (
          <tr>
            <td colSpan={2} class="soft">
              none
            </td>
          </tr>
        )}
      </tbody>
    </table>
  );
}
