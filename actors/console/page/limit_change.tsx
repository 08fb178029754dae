/// <reference lib="dom" />
/** The window in which a limit is tightened, or a looser one proposed. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { signal } from "@preact/signals";
import type { LimitUse } from "../../protocol/controls.ts";
import { type Outcome, propose, tighten } from "./controls_requests.ts";
import { figure, refName, unitName } from "./limit_text.ts";
import { whyNot } from "./permission.ts";
import { currency, self, token } from "./state.ts";
import { dateMillis } from "./wall.ts";

/** The limit whose window is open. */
export const changing = signal<LimitUse | null>(null);

const value = signal("");
const reason = signal("");
const hours = signal(0);
const busy = signal(false);
const outcome = signal<Outcome | null>(null);

const SPANS = [[0, "for good"], [1, "for 1 hour"], [4, "for 4 hours"], [24, "for 1 day"], [168, "for 1 week"]] as const;
const HOUR_MS = 3_600_000;

export function LimitChange() {
  const dialog = useRef<HTMLDialogElement>(null);
  const row = changing.value;
  const key = row === null ? null : `${row.scope} ${row.limit} ${row.instrument}`;
  useLayoutEffect(() => {
    if (key === null) return void dialog.current?.close();
    value.value = "";
    hours.value = 0;
    outcome.value = null;
    if (dialog.current?.open === false) dialog.current.showModal();
  }, [key]);
  return (
    <dialog ref={dialog} class="calm" aria-labelledby="change-title" onClose={() => changing.value = null}>
      {row !== null && <Form row={row} />}
    </dialog>
  );
}

function Form({ row }: { readonly row: LimitUse }) {
  const unit = unitName(row.unit, currency.value);
  const looker = { self: self.value, token: token.value !== "" };
  const [noTightening, noProposal] = [whyNot("tighten-limits", looker), whyNot("propose-limits", looker)];
  const incomplete = value.value.trim() === "" || reason.value.trim() === "" || busy.value;
  return (
    <form class="change-form" autocomplete="off" onSubmit={(event) => event.preventDefault()}>
      <h2 id="change-title">Change {refName(row)}</h2>
      <dl class="pairs">
        <div>
          <dt>Now</dt>
          <dd>{figure(row.value)} {unit}</dd>
        </div>
        <div>
          <dt>Used</dt>
          <dd>{row.used === null ? "not counted" : figure(row.used)}</dd>
        </div>
        <div>
          <dt>Peak</dt>
          <dd>{figure(row.peak)}</dd>
        </div>
        {row.volume !== null && (
          <div>
            <dt>Market volume</dt>
            <dd>{figure(row.volume)} lots</dd>
          </div>
        )}
      </dl>
      <label>
        <span>New value{unit === "" ? "" : `, ${unit}`}</span>
        <input
          type="text"
          inputmode="decimal"
          value={value.value}
          onInput={(event) => value.value = event.currentTarget.value}
        />
      </label>
      <label>
        <span>Reason</span>
        <input
          type="text"
          maxLength={200}
          placeholder="recorded in the audit log"
          value={reason.value}
          onInput={(event) => reason.value = event.currentTarget.value}
        />
      </label>
      <label>
        <span>A looser one holds</span>
        <select value={hours.value} onChange={(event) => hours.value = Number(event.currentTarget.value)}>
          {SPANS.map(([span, name]) => <option key={span} value={span}>{name}</option>)}
        </select>
      </label>
      <div class="confirm-buttons">
        <button
          type="button"
          disabled={incomplete || noTightening !== null}
          title={noTightening ?? "one person, at once"}
          onClick={() => send(tighten(row, asWritten(row), reason.value.trim()))}
        >
          Tighten now
        </button>
        <button
          type="button"
          disabled={incomplete || noProposal !== null}
          title={noProposal ?? "a second person of another role decides"}
          onClick={() => send(propose(row, asWritten(row), reason.value.trim(), expiry()))}
        >
          Propose looser
        </button>
        <button type="button" onClick={() => changing.value = null}>Close</button>
      </div>
      <p class="muted">
        {noTightening ?? noProposal ?? "Tightening counts at once. Loosening waits for a second person."}
      </p>
      <p role="status" aria-live="polite" class={outcome.value?.ok === false ? "failed" : undefined}>
        {busy.value ? "Sent." : outcome.value?.text}
      </p>
    </form>
  );
}

/** Amounts are text, counts are numbers; thousands may be apart as they are shown. */
function asWritten({ value: now }: LimitUse): number | string {
  const text = value.value.replaceAll(/[,\s_]/g, "");
  return typeof now === "number" && Number.isFinite(Number(text)) ? Number(text) : text;
}

function expiry(): string | null {
  return hours.value === 0 ? null : new Date(dateMillis() + hours.value * HOUR_MS).toISOString();
}

async function send(request: Promise<Outcome>): Promise<void> {
  busy.value = true;
  outcome.value = await request;
  busy.value = false;
}
