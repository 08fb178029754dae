/// <reference lib="dom" />
/**
 * The kill switch: choose a scope, say why, confirm what will happen, see what did.
 *
 * It stays usable whatever the state of the page's connection: a kill must be possible when little else is. The token
 * lives in this page's memory only.
 */
import { useLayoutEffect, useRef } from "preact/hooks";
import { signal } from "@preact/signals";
import { type CommandResult, sendCommand, type Verb } from "./api.ts";
import { count, counted, millis } from "./format.ts";
import { Panel, State } from "./panel.tsx";
import { self, snapshot, token } from "./state.ts";

const scope = signal("firm");
/** Shared by the switch and the tree of states: written once, on record with what is killed next. */
export const killReason = signal("");
const asking = signal<Verb | null>(null);
const sending = signal(false);
const result = signal<CommandResult | null>(null);

export function KillPanel() {
  const scopes = snapshot.value?.scopes ?? [];
  const shut = scopes.filter((one) => one.state !== "ACTIVE");
  const state = scopes.find((one) => one.name === scope.value)?.state;
  const incomplete = (token.value === "" && self.value === null) || killReason.value.trim() === "";
  return (
    <Panel
      id="kill"
      title="Kill switch"
      aside={scopes.length > 0 &&
        (shut.length === 0 ? `${scopes.length} scopes, all active` : `${shut.length} not active`)}
    >
      <form class="kill-form" autocomplete="off" onSubmit={(event) => event.preventDefault()}>
        <label>
          <span>Scope</span>
          <select value={scope.value} onChange={(event) => scope.value = event.currentTarget.value}>
            {scopes.length === 0 && <option value="firm">firm</option>}
            {scopes.map((one) => (
              <option key={one.name} value={one.name}>
                {one.state === "ACTIVE" ? one.name : `${one.name} (${one.state.replaceAll("_", " ")})`}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span>Reason</span>
          <input
            type="text"
            maxLength={200}
            placeholder="recorded in the audit log"
            value={killReason.value}
            onInput={(event) => killReason.value = event.currentTarget.value}
          />
        </label>
        <label>
          <span>Token</span>
          <input
            type="password"
            autocomplete="off"
            spellcheck={false}
            placeholder={self.value === null ? "printed when the node started" : "not needed: you are logged in"}
            value={token.value}
            onInput={(event) => token.value = event.currentTarget.value.trim()}
          />
        </label>
        <div class="kill-buttons">
          <button type="button" class="danger" disabled={incomplete || sending.value} onClick={() => ask("kill")}>
            Kill {scope.value}…
          </button>
          <button
            type="button"
            disabled={incomplete || sending.value || state === "ACTIVE"}
            onClick={() => ask("rearm")}
          >
            Re-arm…
          </button>
        </div>
      </form>
      <div class="kill-outcome">
        <div class="kill-result" role="status" aria-live="assertive">
          <KillOutcome idle={incomplete ? "Kill and re-arm need a reason and the token." : `Ready: ${scope.value}.`} />
        </div>
        {shut.length > 0 && (
          <ul class="shut" aria-label="Scopes that are not active">
            {shut.map((one) => (
              <li key={one.name}>
                {one.name} <State state={one.state} />
              </li>
            ))}
          </ul>
        )}
      </div>
      <Confirmation />
    </Panel>
  );
}

/** Asks for the one confirmation of a kill; `usual` is the reason where none was written. */
export function askKill(name: string, usual: string): void {
  scope.value = name;
  if (killReason.value.trim() === "") killReason.value = usual;
  ask("kill");
}

/** What the last kill or re-arm did; `idle` while there is none. */
export function KillOutcome({ idle }: { readonly idle: string }) {
  if (sending.value) return <p>Sent; waiting for the node to confirm.</p>;
  return result.value === null ? <p class="muted">{idle}</p> : <Result result={result.value} />;
}

function ask(verb: Verb): void {
  result.value = null;
  asking.value = verb;
}

async function carryOut(verb: Verb): Promise<void> {
  asking.value = null;
  sending.value = true;
  result.value = await sendCommand(verb, scope.value, killReason.value.trim());
  sending.value = false;
}

/** The event comes a moment after the dialog closed, when it may already have been opened again. */
function closed(event: Event): void {
  if (!(event.currentTarget as HTMLDialogElement).open) asking.value = null;
}

export function Confirmation() {
  const dialog = useRef<HTMLDialogElement>(null);
  const verb = asking.value;
  useLayoutEffect(() => {
    if (verb !== null && dialog.current?.open === false) dialog.current.showModal();
    if (verb === null && dialog.current?.open === true) dialog.current.close();
  }, [verb]);
  return (
    <dialog ref={dialog} aria-labelledby="confirm-title" onClose={closed}>
      {verb !== null && (
        <>
          <h2 id="confirm-title">{verb === "kill" ? "Kill" : "Re-arm"} {scope.value}?</h2>
          {consequences(verb, scope.value).map((sentence) => <p key={sentence}>{sentence}</p>)}
          <p class="muted">Reason: {killReason.value}</p>
          <div class="confirm-buttons">
            <button
              type="button"
              class={verb === "kill" ? "danger" : undefined}
              onClick={() => carryOut(verb)}
            >
              {verb === "kill" ? "Kill" : "Re-arm"} {scope.value} now
            </button>
            <button type="button" onClick={() => asking.value = null}>Go back</button>
          </div>
        </>
      )}
    </dialog>
  );
}

/** What will happen, in sentences; the number of open orders as last received. */
function consequences(verb: Verb, name: string): string[] {
  const whose = name === "firm"
    ? "of every organism in every instrument"
    : name.startsWith("organism:")
    ? `of ${name.slice("organism:".length)}`
    : `in ${name.slice(name.indexOf(":") + 1)}`;
  if (verb === "rearm") {
    return [
      `Orders ${whose} reach the gate's checks again, at first only those that reduce a position.`,
      "Cancelled orders do not come back; other scopes that are killed stay killed.",
    ];
  }
  const open = openOrders(name);
  const resting = open === null ? "Its resting orders are" : `Resting orders (${count(open)} when last seen) are`;
  return [
    `The gate refuses every order ${whose} from that moment.`,
    `${resting} cancelled.`,
    `${name} stays killed, also after a restart, until it is re-armed.`,
  ];
}

/** Null when the snapshot does not tell (orders are not counted by instrument). */
function openOrders(name: string): number | null {
  const organisms = snapshot.value?.organisms;
  if (organisms === undefined) return null;
  if (name === "firm") return organisms.reduce((sum, one) => sum + one.openOrders, 0);
  return organisms.find((one) => `organism:${one.id}` === name)?.openOrders ?? null;
}

function Result({ result: r }: { readonly result: CommandResult }) {
  if (!r.ok) return <p class="failed">{r.verb === "kill" ? "Kill" : "Re-arm"} of {r.scope} failed: {r.detail}.</p>;
  if (r.verb === "rearm") return <p>{r.scope} re-armed{r.state === null ? "" : `: now ${r.state}`}.</p>;
  const { report } = r;
  return (
    <p>
      <strong>{report.scope} {report.state}</strong>: gate shut in {millis(report.gateShutNanos)};{" "}
      {counted(report.cancelled, "order")} cancelled and confirmed in {millis(report.confirmedNanos)}
      {report.unknown > 0 && <strong class="failed">; {count(report.unknown)} unknown</strong>}.
    </p>
  );
}
