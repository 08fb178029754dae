/** What must hold at the end: the log, the exchange, the gate, the portfolio and the organisms say the same. */
import { CommandKind, FIRM_SCOPE, INSTRUMENT_SCOPE_BASE, ScopeState } from "../../../ffi/layout.gen.ts";
import { readAudit } from "../../../ffi/mod.ts";
import { enters, Ledger } from "./ledger.ts";
import { under } from "./recovery.ts";
import { LIMIT, type Trading } from "./world.ts";

type Check = (world: Trading, ledger: Ledger) => string | null;

/** In the order in which a failure says most. */
const CHECKS: readonly Check[] = [
  (_, ledger) => ledger.problems[0] ?? null,
  entriesWereRecorded,
  nothingPassedAShutScope,
  organismsHeardWhatIsOnTheLog,
  reportsReachedTheLog,
  positionsAgree,
  dropCopyAgrees,
  surveillanceHasAll,
  everyIntentWasDecided,
  everyOrderHasAnEnd,
];

export function readLedger({ log, audit }: Trading): Ledger {
  if (!audit.failed) audit.commit();
  const ledger = new Ledger(LIMIT);
  for (const record of readAudit(log)) ledger.read(record);
  return ledger;
}

export function verdict(world: Trading, ledger: Ledger): string | null {
  for (const check of CHECKS) {
    const broken = check(world, ledger);
    if (broken !== null) return broken;
  }
  return null;
}

/** Every report of the exchange about our orders is on the log: its own numbers, none missing, none twice. */
function reportsReachedTheLog({ witness, audit, gaveUp }: Trading, { executions }: Ledger): string | null {
  const told = new Set(witness.emitted).size;
  if (audit.failed || executions === told) return null;
  // When nobody is left to cancel by message, reports of the last cancels come by no message either.
  if (executions > told && gaveUp.size > 0) return null;
  return `the exchange told ${told} reports, ${executions} are on the log`;
}

function positionsAgree({ exchange, gate, node, audit }: Trading, ledger: Ledger): string | null {
  for (const strategy of exchange.strategies) {
    for (const instrument of exchange.instruments) {
      const held = {
        exchange: exchange.account(strategy, instrument).position,
        gate: gate.exposure(strategy, instrument).position,
        portfolio: node.parts.books.portfolio.position(strategy, instrument),
        ...(audit.failed ? {} : { log: ledger.position(strategy, instrument) }),
      };
      if (new Set(Object.values(held)).size > 1) {
        return `strategy ${strategy} in instrument ${instrument} holds ${JSON.stringify(held)}`;
      }
    }
  }
  return null;
}

const SURVEILLANCE_PATH = "/node/guard/surveillance";

/** Every report that is on record has reached surveillance, in its order and once, and nothing is left to reconcile. */
function surveillanceHasAll({ node, gaveUp, audit }: Trading, { executions }: Ledger): string | null {
  if (under(SURVEILLANCE_PATH, gaveUp) || audit.failed) return null;
  const { feed, reconciliation } = node.postTrade.view();
  if (feed.behind > 0) return `surveillance lacks ${feed.behind} batches`;
  if (feed.delivered + feed.lost !== executions) {
    return `${executions} reports are on the log, surveillance received ${feed.delivered} and lost ${feed.lost}`;
  }
  const numbers = node.postTrade.executions({ after: 0, limit: Infinity }).items.map(({ number }) => number);
  if (numbers.some((number, i) => i > 0 && number !== numbers[i - 1] + 1)) return "the numbers of the feed have a gap";
  const [open] = reconciliation.open;
  return open === undefined ? null : `reconciliation is left with ${open.id}: ${open.detail}`;
}

const DROP_COPY_PATH = "/node/guard/drop-copy";

/** The drop copy is a record of its own, and has heard everything; with the node it is gone too. */
function dropCopyAgrees({ system, exchange, gaveUp }: Trading): string | null {
  if (under(DROP_COPY_PATH, gaveUp)) return null;
  const { positions } = system.inspect(DROP_COPY_PATH) as {
    readonly positions: readonly (readonly [strategy: number, instrument: number, lots: number])[];
  };
  const copied = new Map(positions.map(([strategy, instrument, lots]) => [`${strategy}/${instrument}`, lots]));
  for (const strategy of exchange.strategies) {
    for (const instrument of exchange.instruments) {
      const [lots, held] = [
        copied.get(`${strategy}/${instrument}`) ?? 0,
        exchange.account(strategy, instrument).position,
      ];
      if (lots !== held) return `the drop copy has ${lots} lots of ${instrument} for ${strategy}, the exchange ${held}`;
    }
  }
  return null;
}

/** Each intent is one decision, or one message that was lost where it is allowed to be and counted. */
function everyIntentWasDecided({ witness, audit }: Trading, { decisions }: Ledger): string | null {
  if (audit.failed) return null;
  const entered = new Map<number, number>();
  let [cancels, amends, sweeps] = [0, 0, 0];
  for (const { kind, orderId } of decisions) {
    if (kind === CommandKind.New) entered.set(orderId, (entered.get(orderId) ?? 0) + 1);
    else if (kind === CommandKind.Cancel) cancels++;
    else if (kind === CommandKind.Amend) amends++;
    else sweeps++;
  }
  for (const [id, times] of witness.submitted) {
    const decided = entered.get(id) ?? 0;
    if (decided > times) return `order ${id} was asked for ${times} times and decided on ${decided} times`;
  }
  for (const id of entered.keys()) {
    if (!witness.submitted.has(id)) return `order ${id} was decided on, but not asked for`;
  }
  const { intents, lost } = witness;
  const decided = decisions.filter(({ kind }) => kind === CommandKind.New).length;
  if (intents.SubmitOrder - lost.SubmitOrder !== decided) {
    return `${intents.SubmitOrder} orders were asked for, ${lost.SubmitOrder} lost, ${decided} decided on`;
  }
  if (intents.CancelOrder - lost.CancelOrder !== cancels) {
    return `${intents.CancelOrder} cancels were asked for, ${lost.CancelOrder} lost, ${cancels} decided on`;
  }
  if (intents.AmendOrder - lost.AmendOrder !== amends) {
    return `${intents.AmendOrder} amendments were asked for, ${lost.AmendOrder} lost, ${amends} decided on`;
  }
  // The kill procedure makes further ones of its own.
  if (intents.CancelAll - lost.CancelAll > sweeps) {
    return `${intents.CancelAll} sweeps were asked for, ${lost.CancelAll} lost, ${sweeps} decided on`;
  }
  return null;
}

/** An order goes to the exchange only when its decision is on the log. */
function entriesWereRecorded({ witness, audit }: Trading, { orders }: Ledger): string | null {
  for (const [id, records] of witness.approved) {
    const order = orders.get(id);
    if (order === undefined) {
      return audit.failed ? null : `order ${id} went to the exchange without a decision on the log`;
    }
    if (order.index >= records) return `order ${id} went to the exchange before record ${order.index} was there`;
  }
  return null;
}

/** After the drain nothing is open anywhere. */
function everyOrderHasAnEnd({ exchange, gate, audit }: Trading, { orders }: Ledger): string | null {
  for (const { id, instrument, ended } of orders.values()) {
    const open = exchange.find(instrument, id);
    if (open !== null) return `order ${id} is still open at the exchange, with ${open.leaves} lots`;
    if (!ended && !audit.failed) return `order ${id} was let in, has no end on the log and is not at the exchange`;
  }
  const { openOrders } = gate.counters();
  return openOrders === 0 ? null : `the gate has ${openOrders} orders open, the exchange none`;
}

/** What an organism was told is what the log says, in its order, and was there first. */
function organismsHeardWhatIsOnTheLog(
  { witness, audit, gaveUp, drainFrom }: Trading,
  { orders }: Ledger,
): string | null {
  for (const [id, heard] of witness.heard) {
    const logged = orders.get(id)?.reports ?? [];
    for (const [i, report] of heard.entries()) {
      const record = logged[i];
      if (record === undefined) {
        if (audit.failed) break;
        return `of order ${id} ${heard.length} reports were told, ${logged.length} are on the log`;
      }
      const same = record.execType === report.execType && record.quantity === report.quantity &&
        record.leaves === report.leaves;
      if (!same) return `report ${i} of order ${id} is ${JSON.stringify(report)}, on the log ${JSON.stringify(record)}`;
      if (record.index >= report.records) return `report ${i} of order ${id} was told before record ${record.index}`;
    }
    const missed = logged[heard.length];
    if (missed !== undefined && missed.index < drainFrom && gaveUp.size === 0) {
      return `of order ${id} ${heard.length} reports were told, ${logged.length} are on the log`;
    }
  }
  return null;
}

/** By the number of the decision at which the word was stored, and by the mode on record. */
function nothingPassedAShutScope({ witness }: Trading, { decisions }: Ledger): string | null {
  const states = new Map<number, number>();
  let next = 0;
  const { words } = witness;
  for (const { sequence, kind, strategy, instrument, code, mode, reduces } of decisions) {
    for (; next < words.length && words[next].sequence < sequence; next++) {
      states.set(words[next].scope, words[next].state);
    }
    if (code !== 0 || !enters(kind)) continue;
    const scopes = [FIRM_SCOPE, strategy, INSTRUMENT_SCOPE_BASE + instrument];
    const state = Math.max(...scopes.map((scope) => states.get(scope) ?? ScopeState.Active));
    if (state >= ScopeState.CancelOnly) return `decision ${sequence} let an order into a scope in state ${state}`;
    if (mode === "EmergencyShutdown") return `decision ${sequence} let an order in during ${mode}`;
    if ((state === ScopeState.ReduceOnly || mode === "SafeMode") && !reduces) {
      return `decision ${sequence} of strategy ${strategy} enlarges a position in ${mode}, state ${state}`;
    }
  }
  return null;
}
