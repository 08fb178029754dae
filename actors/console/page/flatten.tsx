/** Closing the positions of a scope: asked twice, and watched until it is over. The node decides whether it may begin. */
import { signal } from "@preact/signals";
import type { FlattenLine, FlattenRun } from "../../protocol/flatten.ts";
import { beginFlatten, flattens, type Outcome, stopFlatten } from "./controls_requests.ts";
import { killReason } from "./kill.tsx";
import { whyNot } from "./permission.ts";
import { self, token } from "./state.ts";

/** Runs shown; the log has the others. */
const SHOWN = 3;
const asked = signal<string | null>(null);
const busy = signal(false);
const outcome = signal<Outcome | null>(null);

/** Null when the positions may be closed, as far as the page can tell. */
const refusal = (): string | null => whyNot("flatten", { self: self.value, token: token.value !== "" });

/** For scopes that are REDUCE_ONLY: no other may be closed. */
export function FlattenButton({ name }: { readonly name: string }) {
  const refused = refusal();
  return (
    <button
      type="button"
      class="small"
      disabled={refused !== null || busy.value}
      title={refused ?? undefined}
      aria-label={`Close the positions of ${name}…`}
      onClick={() => asked.value = name}
    >
      Close…
    </button>
  );
}

export function Flattens() {
  const runs = flattens.value.value?.runs ?? [];
  return (
    <section class="flattens" aria-label="Closing positions">
      {asked.value !== null && <Confirm name={asked.value} />}
      {runs.slice(0, SHOWN).map((run) => <Run key={run.id} run={run} />)}
      <p role="status" aria-live="polite" class={outcome.value?.ok === false ? "outcome failed" : "outcome"}>
        {outcome.value?.text}
      </p>
    </section>
  );
}

function Confirm({ name }: { readonly name: string }) {
  const reason = killReason.value.trim();
  return (
    <p class="decide">
      Close every position of <strong>{name}</strong> with reducing orders? What it costs depends on the market.{" "}
      <button
        type="button"
        class="small danger"
        disabled={reason === "" || busy.value}
        title={reason === "" ? "Write the reason first." : undefined}
        onClick={() => act(() => beginFlatten(name, reason))}
      >
        Close positions
      </button>{" "}
      <button type="button" class="small" onClick={() => asked.value = null}>Leave them</button>
    </p>
  );
}

function Run({ run }: { readonly run: FlattenRun }) {
  const reason = killReason.value.trim();
  return (
    <article data-flatten={run.id} aria-label={`Closing ${run.id} of ${run.scope}`}>
      <p>
        <span class="muted">#{run.id}</span> {run.scope}, {run.who}: {run.reason} {run.ended === null
          ? (
            <button
              type="button"
              class="small"
              disabled={refusal() !== null || reason === "" || busy.value}
              title={refusal() ?? (reason === "" ? "Write the reason first." : undefined)}
              onClick={() => act(() => stopFlatten(run.id, reason))}
            >
              Stop closing
            </button>
          )
          : <span class="muted">{run.outcome}</span>}
      </p>
      <ul>
        {run.lines.map((line) => <li key={`${line.organism} ${line.instrument}`}>{lineText(line)}</li>)}
      </ul>
    </article>
  );
}

const lineText = ({ organism, instrument, from, left, state, sent, refused, last }: FlattenLine): string =>
  `${organism} in ${instrument}: ${from} → ${left} lots, ${state}, ${sent} sent, ${refused} refused` +
  (last === null ? "" : ` (${last})`);

async function act(what: () => Promise<Outcome>): Promise<void> {
  busy.value = true;
  outcome.value = await what();
  asked.value = null;
  busy.value = false;
}
