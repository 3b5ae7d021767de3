// One event of the log with all that it says, and its proof.

import { entityOf } from "../activity/feed";
import { events } from "../api/events";
import { getNow, runlog } from "../api/http";
import { useAnswer } from "../answer";
import { Empty, Facts, Problem, Section, Time } from "../parts/basics";
import { asOf, href, setQuery } from "../route";

export function EventPage({ seq }: { seq: string }) {
  const { value, error } = useAnswer(() => events({ from: seq, to: seq, limit: 1 }), [seq, asOf.value]);
  if (!value) return <Problem error={error} />;
  const it = value.events[0];
  if (!it) return <Empty text={`There is no event #${seq}${asOf.value ? " at the moment that is shown" : ""}.`} />;
  const about = entityOf(it.data);
  return (
    <>
      <h1>
        <span class="mono">#{it.seq}</span> {it.event}
      </h1>
      <nav class="bar" aria-label="Events beside it">
        {it.seq > 1 && (
          <a data-key="[" href={href(["activity", it.seq - 1])}>
            ‹ #{it.seq - 1}
          </a>
        )}
        <a data-key="]" href={href(["activity", it.seq + 1])}>
          #{it.seq + 1} ›
        </a>
        <button type="button" onClick={() => setQuery({ as_of: String(it.seq) })}>
          Show everything as of this event
        </button>
      </nav>
      <Facts
        facts={[
          ["When", <Time at={it.recorded_at} />],
          ["Exactly", <span class="mono">{it.time}</span>],
          ["Who", it.actor],
          ["From", it.client_address],
          ["With", it.user_agent ?? "–"],
          ["Request", <span class="mono">{it.request_id ?? "–"}</span>],
          ["About", about ? <a class="mono" href={href(["activity"], { entity: about })}>{about}</a> : "–"],
          ["Redacted by", it.redacted_by ? <a href={href(["activity", it.redacted_by])}>#{it.redacted_by}</a> : "–"],
        ]}
      />
      <Section title="What it says">
        <pre tabIndex={0} aria-label="Fields of the event">
          {JSON.stringify(it.data, null, 2)}
        </pre>
      </Section>
      <Section title="Proof">
        <Proof seq={it.seq} />
      </Section>
    </>
  );
}

function Proof({ seq }: { seq: number }) {
  const { value } = useAnswer(() => getNow<{ key: string }>(runlog("tlog/key")), []);
  const file = `${seq}.tlog-proof`;
  return (
    <>
      <p>
        The file shows to whoever has the log's public key that this event, word for word, is in the log that this server
        signs. It needs no server to be checked, and nobody can change the event without the check failing.
      </p>
      <p>
        <a class="button" href={runlog(`tlog/proof/${seq}`)} download={file}>
          Download the proof of #{seq}
        </a>
      </p>
      <p class="soft">Check it, without this server:</p>
      <pre tabIndex={0} aria-label="How the proof is checked">{`runlog verify-proof ${file} --key ${value?.key ?? "KEY"}\npython3 verify_proof.py ${file} --key ${value?.key ?? "KEY"}`}</pre>
    </>
  );
}
