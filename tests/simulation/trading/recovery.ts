/** After the faults have stopped the tree is as it was, unless a rule says that it must not be. */
import { FIRM_SCOPE, ScopeState } from "../../../ffi/layout.gen.ts";
import { MICROS_PER_MS } from "../../../runtime/mod.ts";
import { concernId } from "../../../actors/protocol/mod.ts";
import { organismPath } from "../../../actors/node/tree.ts";
import { RESTLESS } from "./config.ts";
import type { Ledger } from "./ledger.ts";
import type { Unanswered } from "./restless.ts";
import type { Trading } from "./world.ts";

const WORKERS = [
  "/node/control/mode-controller",
  "/node/control/limits-desk",
  "/node/guard/guardian",
  "/node/guard/drop-copy",
  "/node/guard/bookkeeper",
  "/node/guard/market-watch",
  "/node/venue/exchange",
  "/node/market/crowd",
];
/** From the end of the faults until it is expected to trade again: the way back from SafeMode, and some. */
export const CONVALESCENCE = 600 * MICROS_PER_MS;

export function treeStands({ system, gaveUp, config }: Trading): string | null {
  const states = new Map(system.actors().map(({ path, state }) => [path, state]));
  for (const path of [...WORKERS, ...config.organisms.map(({ id }) => organismPath(id))]) {
    if (under(path, gaveUp)) continue;
    const state = states.get(path) ?? "gone";
    // Their own errors go on, and may be a moment ago.
    if (state === "waiting-restart" && RESTLESS.some((id) => organismPath(id) === path)) continue;
    if (state !== "running") return `${path} is ${state} long after the last fault`;
  }
  return null;
}

/** What an organism believes to have open and to hold is what the exchange has. */
export function organismsKnow({ system, exchange, config, gaveUp, calmFrom }: Trading): string | null {
  for (const [i, { id }] of config.organisms.entries()) {
    const path = organismPath(id);
    if (under(path, gaveUp) || gaveUp.has("/node/guard") || gaveUp.has("/node/venue")) continue;
    const seen = system.inspect(path) as {
      readonly openOrders: number;
      readonly positions: readonly (readonly [instrument: number, lots: number])[];
      readonly state: Unanswered | null;
    } | undefined;
    if (seen === undefined) continue;
    if (RESTLESS.includes(id) && seen.state !== null) {
      const { never, waiting } = seen.state;
      if (never.length > 0) return `${id} never heard what became of its amendment of order ${never[0]}`;
      const late = waiting.find(([, since]) => since < calmFrom);
      if (late !== undefined) return `${id} still waits to hear of its amendment of order ${late[0]}`;
    }
    const open = exchange.instruments.reduce((sum, at) => sum + exchange.account(i + 1, at).openOrders, 0);
    if (seen.openOrders !== open) return `${id} believes that ${seen.openOrders} of its orders are open, ${open} are`;
    for (const [instrument, lots] of seen.positions) {
      const { position } = exchange.account(i + 1, instrument);
      if (lots !== position) return `${id} believes to hold ${lots} lots of ${instrument}, it holds ${position}`;
    }
  }
  return null;
}

/** Those who always want to trade do, where nothing forbids it. */
export function tradingResumed(trading: Trading, ledger: Ledger): string | null {
  const { page, node, gaveUp, exchange, calmFrom } = trading;
  if (page.pending() !== null) return "a request on the control page is never confirmed";
  if (page.header().doneUnknown > 0) {
    return `a kill ended with ${page.header().doneUnknown} orders whose end is not known`;
  }
  const { mode, concerns } = { mode: node.parts.mode.mode, concerns: node.parts.mode.concerns() };
  const young = node.parts.system.clock.now() - ledger.modeSince < CONVALESCENCE;
  if (mode === "SafeMode" && concerns.length === 0) {
    return young ? null : "SafeMode does not end although nothing is the matter";
  }
  if (mode !== "FullPerformance" || gaveUp.size > 0) {
    const excused = mode === "EmergencyShutdown" || gaveUp.size > 0 ||
      concerns.some(({ id }) => id === "portfolio-drawdown") || concerns.every(({ id }) => isSilent(trading, id));
    return excused || young ? null : `${mode} lasts: ${concerns.map(({ detail }) => detail).join("; ")}`;
  }
  const states = exchange.instruments.map((id) => page.scope(128 + id));
  if (page.scope(FIRM_SCOPE) !== ScopeState.Active || states.some((state) => state !== ScopeState.Active)) return null;
  for (const [i, { id }] of node.parts.config.organisms.entries()) {
    if (!RESTLESS.includes(id) || page.scope(i + 1) !== ScopeState.Active) continue;
    const trades = ledger.decisions.some(({ strategy, code, time }) =>
      strategy === i + 1 && code === 0 && time > calmFrom + CONVALESCENCE
    );
    if (!trades) return `${id} does not trade again`;
  }
  return null;
}

/** Whether a concern about data is true of a market that says nothing, by chance and not for want of hearing it. */
function isSilent({ node, spoken, exchange }: Trading, concern: string): boolean {
  const { system, config } = node.parts;
  return exchange.instruments.some((id) =>
    concern === concernId("stale-market", config.instruments[id].symbol) &&
    spoken.silence(id, system.clock.now()) > config.mode.staleMarketMs * MICROS_PER_MS
  );
}

/** Whether whoever stands above has given up for good. */
export function under(path: string, gaveUp: ReadonlyMap<string, string>): boolean {
  for (const supervisor of gaveUp.keys()) if (path.startsWith(`${supervisor}/`)) return true;
  return false;
}
