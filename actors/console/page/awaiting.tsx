/** Changes that wait for a second person, and limits that hold for a time: what each is, why, and who may decide. */
import { signal } from "@preact/signals";
import type { LimitRef, LimitRow, ProposalView, TemporaryView } from "../../protocol/limits.ts";
import { approve, limits, type Outcome, withdraw } from "./controls_requests.ts";
import { figure, refName, unitName, wallTime } from "./limit_text.ts";
import { Empty, Panel } from "./panel.tsx";
import { whyNot, whyNotApprove } from "./permission.ts";
import { currency, self, token } from "./state.ts";

/** Reasons being written, by change. */
const reasons = signal<Readonly<Record<number, string>>>({});
const busy = signal(false);
const outcome = signal<Outcome | null>(null);

export function Awaiting() {
  const { value, problem } = limits.value;
  const waiting = value?.pending.length ?? 0;
  return (
    <Panel
      id="awaiting"
      title="Awaiting a second person"
      aside={value === null ? undefined : waiting === 0 ? "nothing waits" : `${waiting} waiting`}
    >
      {value === null ? <Empty>{problem ?? "No changes received yet."}</Empty> : (
        <div class="scroll changes">
          {waiting + value.temporary.length === 0 && (
            <p class="empty">No change waits, and no limit holds for a time only.</p>
          )}
          {value.pending.map((change) => <Proposal key={change.id} change={change} unit={unitOf(change)} />)}
          {value.temporary.map((one) => <Temporary key={one.id} one={one} unit={unitOf(one)} />)}
          <p role="status" aria-live="polite" class={outcome.value?.ok === false ? "outcome failed" : "outcome"}>
            {outcome.value?.text}
          </p>
        </div>
      )}
    </Panel>
  );
}

function unitOf(ref: LimitRef): string {
  const same = (row: LimitRow) =>
    row.scope === ref.scope && row.limit === ref.limit && row.instrument === ref.instrument;
  return unitName(limits.value.value?.limits.find(same)?.unit ?? "", currency.value);
}

function Proposal({ change, unit }: { readonly change: ProposalView; readonly unit: string }) {
  const looker = { self: self.value, token: token.value !== "" };
  const [noApproval, noWithdrawal] = [whyNotApprove(change, looker), whyNot("withdraw-limits", looker)];
  const unreasoned = (reasons.value[change.id] ?? "").trim() === "";
  const { used, peak, volume } = change.usage;
  return (
    <article class="change-card" data-change={change.id} aria-label={`Change ${change.id}: ${refName(change)}`}>
      <h3>
        <span class="muted">#{change.id}</span> {refName(change)}
      </h3>
      <p class="from-to">
        {figure(change.from)} <span aria-hidden="true">→</span>
        <span class="hidden">to</span> <strong>{figure(change.to)}</strong> <span class="muted">{unit}</span>
      </p>
      <p>
        <span class="muted">{change.person}, {change.role}, {wallTime(change.at)}:</span> {change.reason}
      </p>
      <dl class="pairs">
        <div>
          <dt>Used then</dt>
          <dd>{used === null ? "not counted" : figure(used)}</dd>
        </div>
        <div>
          <dt>Peak then</dt>
          <dd>{figure(peak)}</dd>
        </div>
        {volume !== null && (
          <div>
            <dt>Market volume</dt>
            <dd>{figure(volume)} lots</dd>
          </div>
        )}
        <div>
          <dt>Would hold</dt>
          <dd>{change.expires === null ? "for good" : `until ${wallTime(change.expires)}`}</dd>
        </div>
        <div>
          <dt>Digest</dt>
          <dd>
            <code>{change.digest}</code>
          </dd>
        </div>
      </dl>
      <div class="decide">
        <ReasonOf id={change.id} />
        <button
          type="button"
          disabled={noApproval !== null || unreasoned || busy.value}
          title={noApproval ?? undefined}
          onClick={() => send(change.id, (reason) => approve(change.id, change.digest, reason))}
        >
          Approve
        </button>
        <button
          type="button"
          disabled={noWithdrawal !== null || unreasoned || busy.value}
          title={noWithdrawal ?? undefined}
          onClick={() => send(change.id, (reason) => withdraw(change.id, reason))}
        >
          Withdraw
        </button>
      </div>
      {noApproval !== null && <p class="why-not">{noApproval}</p>}
    </article>
  );
}

function Temporary({ one, unit }: { readonly one: TemporaryView; readonly unit: string }) {
  const refused = whyNot("withdraw-limits", { self: self.value, token: token.value !== "" });
  const unreasoned = (reasons.value[one.id] ?? "").trim() === "";
  return (
    <article class="change-card" data-change={one.id} aria-label={`For a time: ${refName(one)}`}>
      <h3>
        <span class="muted">#{one.id}, for a time</span> {refName(one)}
      </h3>
      <p>
        <strong>{figure(one.value)}</strong> <span class="muted">{unit}</span> until {wallTime(one.until)}, then{" "}
        {figure(one.back)}
      </p>
      <div class="decide">
        <ReasonOf id={one.id} />
        <button
          type="button"
          disabled={refused !== null || unreasoned || busy.value}
          title={refused ?? undefined}
          onClick={() => send(one.id, (reason) => withdraw(one.id, reason))}
        >
          End now
        </button>
      </div>
    </article>
  );
}

function ReasonOf({ id }: { readonly id: number }) {
  return (
    <label>
      <span class="hidden">Reason for change {id}</span>
      <input
        type="text"
        maxLength={200}
        placeholder="reason, recorded in the audit log"
        value={reasons.value[id] ?? ""}
        onInput={(event) => reasons.value = { ...reasons.value, [id]: event.currentTarget.value }}
      />
    </label>
  );
}

async function send(id: number, request: (reason: string) => Promise<Outcome>): Promise<void> {
  busy.value = true;
  outcome.value = await request((reasons.value[id] ?? "").trim());
  busy.value = false;
}
