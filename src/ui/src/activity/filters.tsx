// Which events are shown: by actor, kind, entity and time.

import { useState } from "preact/hooks";

import { KINDS } from "../api/events";
import { Problem } from "../parts/basics";
import { parseMoment } from "../parts/moment";
import { route, setQuery } from "../route";

export function Filters() {
  const query = route.value.query;
  const kind = query.get("type") ?? "";
  return (
    <div class="bar" role="search" aria-label="Which events">
      <Text name="actor" label="Only what this actor did" hint="Who" />
      <Text name="entity" label="Only about this entity" hint="run:<id>, model:<name>, experiment:<id>" wide />
      <select aria-label="Only this kind" value={kind} onChange={(event) => setQuery({ type: event.currentTarget.value })}>
        <option value="">every kind</option>
        {KINDS.map((it) => (
          <option key={it}>{it}</option>
        ))}
      </select>
      <Moment name="from" label="From" />
      <Moment name="to" label="To" />
      {["actor", "entity", "type", "from", "to"].some((it) => query.get(it)) && (
        <button type="button" onClick={() => setQuery({ actor: "", entity: "", type: "", from: "", to: "" })}>
          All
        </button>
      )}
    </div>
  );
}

function Text({ name, label, hint, wide }: { name: string; label: string; hint: string; wide?: boolean }) {
  return (
    <input
      type="search"
      class={wide ? "grow" : ""}
      placeholder={hint}
      aria-label={label}
      value={route.value.query.get(name) ?? ""}
      onChange={(event) => setQuery({ [name]: event.currentTarget.value.trim() })}
    />
  );
}

function Moment({ name, label }: { name: string; label: string }) {
  const [problem, setProblem] = useState<Error>();
  const choose = (text: string) => {
    const moment = text.trim() && parseMoment(text);
    setProblem(moment === undefined ? new Error("No moment") : undefined);
    if (moment !== undefined) setQuery({ [name]: moment });
  };
  return (
    <label>
      <span class="soft">{label}</span>{" "}
      <input
        placeholder="2026-08-21 09:30"
        aria-invalid={!!problem}
        value={route.value.query.get(name) ?? ""}
        onChange={(event) => choose(event.currentTarget.value)}
      />
      <Problem error={problem} />
    </label>
  );
}
