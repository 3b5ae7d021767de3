// The bar with the moment that is shown. In the past the whole page is framed, and nothing can be changed.

import { asOf, setQuery } from "../route";

function local(moment: string): string {
  const date = new Date(/^\d+$/.test(moment) ? Number(moment) : moment);
  if (Number.isNaN(date.getTime()) || /^\d{1,12}$/.test(moment)) return "";
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

export function AsOfBar() {
  const moment = asOf.value;
  const choose = (text: string) => setQuery({ as_of: text && new Date(text).toISOString() });
  return (
    <div class={moment ? "as-of past" : "as-of"} role="group" aria-label="Moment that is shown">
      {moment ? <strong>As of {moment}: nothing can be changed</strong> : <span class="soft">Now</span>}
      <input
        type="datetime-local"
        step="1"
        aria-label="Show the past as of"
        value={local(moment)}
        onChange={(event) => choose(event.currentTarget.value)}
      />
      {moment && (
        <button type="button" onClick={() => setQuery({ as_of: undefined })}>
          Back to now
        </button>
      )}
    </div>
  );
}
