/**
 * A start on a venue that outlived the node: the gate of the run before is recovered from its log, the venue is asked for
 * executions, open orders and positions, and every difference is named. What executions explain is put on record in the log
 * of the run before; what rests is withdrawn, since organisms begin without orders; and the new run begins with the positions
 * that the venue says. Only when all of it is explained is nobody needed.
 *
 * The new session is begun first: what the node before had under way can reach the venue no longer.
 */
import { join } from "node:path";
import { type Config, UserError } from "../../../config/mod.ts";
import { ExecutionView } from "../../../ffi/layout.gen.ts";
import { decodeAudit, NativeError, readAudit } from "../../../ffi/mod.ts";
import type { Micros } from "../../../runtime/mod.ts";
import type { Instrument } from "../../protocol/mod.ts";
import { PaperLine, readToken, VenueFault } from "../../venues/paper/client.ts";
import { wrongExecutions } from "../../venues/paper/venue.ts";
import { PAGE, type VenueOrder, type VenuePosition } from "../../venues/paper/words.ts";
import { listRuns, runDirectory } from "../data_dir.ts";
import { StateFile } from "../state_file.ts";
import { orderDifferences, positionDifferences, type VenueDifference } from "./differences.ts";
import { OldRun } from "./old_run.ts";

/** Beside the log of the run it is about. */
export const RECONCILIATION_FILE = "reconciliation.json";
/** Beside the log of a run on a venue: which, and from which execution on. */
export const RUN_VENUE_FILE = "venue.json";
/** Name of the world, as `NodeStarted` has it. */
export const PAPER = "paper";
const EVERY_INSTRUMENT = 0xffff;
/** Pages that are read before a venue counts as endless: a million executions. */
const MOST_PAGES = 1_000;
/** Rounds until both sides stand still. */
const MOST_ROUNDS = 50;

export interface ReconciliationReport {
  readonly kind: "venue-reconciliation";
  /** The run before; null: there was none on a venue. */
  readonly run: number | null;
  readonly endedInOrder: boolean;
  /** Names the journal of the venue, and its last execution that is taken account of. */
  readonly journal: string;
  readonly asOf: number;
  /** Executions that the log did not have, and orders that were withdrawn. */
  readonly executions: number;
  readonly withdrawn: number;
  readonly differences: readonly VenueDifference[];
  readonly positions: readonly VenuePosition[];
  /** Whether trading goes on without a person. */
  readonly agreed: boolean;
}

export interface ReconcileParts {
  readonly config: Config;
  readonly instruments: readonly Instrument[];
  readonly dataDir: string;
  readonly run: number;
  readonly now: () => Micros;
}

interface RunVenue {
  readonly journal: string;
  readonly after: number;
}

/** Throws VenueFault, and UserError VENUE_INSTRUMENTS or VENUE_TOKEN. */
export async function reconcile(parts: ReconcileParts): Promise<ReconciliationReport> {
  const { config, instruments, run } = parts;
  const { directory, deadlineMs } = config.venue;
  const token = readToken(directory);
  const line = await PaperLine.open({ directory, deadlineMs, onTold: () => {}, onEnd: () => {} });
  try {
    const hello = await line.ask({
      ...{ ask: "hello", token, session: run, after: 0, cancelOnDisconnect: false, stream: false },
    });
    const symbols = instruments.map(({ symbol }) => symbol);
    if (hello.instruments.join() !== symbols.join()) {
      throw new UserError(
        "VENUE_INSTRUMENTS",
        `the exchange lists ${hello.instruments.join(", ")} and the node ${
          symbols.join(", ")
        }: start both with one --config`,
      );
    }
    return await new Reconciler(parts, line, hello.journal).go(hello.asOf);
  } finally {
    await line.close();
  }
}

/** The latest run before that could reach the venue: it has the file that is written before the way is opened. */
function lastRun(path: string, run: number): { readonly run: number; readonly directory: string } | null {
  for (const one of listRuns(path).filter((one) => one < run).reverse()) {
    const directory = runDirectory(path, one);
    if (venueOf(directory) !== null) return { run: one, directory };
  }
  return null;
}

/** The venue of a run; null when it could reach none. */
function venueOf(directory: string): RunVenue | null {
  const text = new StateFile(directory, RUN_VENUE_FILE).read();
  return text === null ? null : JSON.parse(text) as RunVenue;
}

/** Whether the latest run before that put anything on record was one of a venue, so that `reconcile` answers for it. */
export function followsVenueRun(path: string, run: number): boolean {
  for (const one of listRuns(path).filter((one) => one < run).reverse()) {
    const directory = runDirectory(path, one);
    if (venueOf(directory) !== null) return true;
    if (![...Deno.readDirSync(directory)].some(({ name }) => /^audit-\d+\.log$/.test(name))) continue;
    try {
      for (const record of readAudit(directory)) return (decodeAudit(record) as { feed?: string }).feed === PAPER;
    } catch (error) {
      if (error instanceof NativeError) return false;
      throw error;
    }
  }
  return true;
}

class Reconciler {
  readonly #parts: ReconcileParts;
  readonly #line: PaperLine;
  readonly #journal: string;
  readonly #differences: VenueDifference[] = [];
  #old: OldRun | null = null;
  #last = 0;
  #missed = 0;
  /** Executions of withdrawals that were asked for here are not missed. */
  #withdrawing = false;
  #withdrawn = 0;

  constructor(parts: ReconcileParts, line: PaperLine, journal: string) {
    this.#parts = parts;
    this.#line = line;
    this.#journal = journal;
  }

  async go(asOf: number): Promise<ReconciliationReport> {
    const last = lastRun(this.#parts.dataDir, this.#parts.run);
    const before = last === null ? null : venueOf(last.directory);
    try {
      if (last !== null && before !== null) this.#takeUp(last.directory, before, asOf);
      // Of executions before the first run on this venue nothing is known here: what they left is a difference.
      if (this.#old === null) this.#last = asOf;
      const open = await this.#still();
      await this.#compare(open, last?.run ?? 0);
      await this.#withdraw(open);
      const positions = await this.#positions();
      const report = this.#report(positions, before === null ? null : last!.run);
      if (this.#old !== null && (this.#old.applied > 0 || !this.#old.endedInOrder)) {
        this.#old.end({ [report.agreed ? "statement" : "difference"]: report.kind, ...report }, this.#parts.now());
      }
      if (last !== null && before !== null) {
        new StateFile(last.directory, RECONCILIATION_FILE).write(`${JSON.stringify(report, null, 2)}\n`);
      }
      return report;
    } finally {
      this.#old?.[Symbol.dispose]();
    }
  }

  #takeUp(directory: string, before: RunVenue, asOf: number): void {
    if (before.journal !== this.#journal) {
      this.#differences.push({
        ...{ kind: "other-venue", explained: false, size: 1 },
        detail: `the run before traded on the exchange ${before.journal}, and this is ${this.#journal}`,
        fix: "start the exchange in the directory it had, or see that nothing is left there and re-arm the firm",
      });
      return;
    }
    try {
      this.#old = new OldRun(directory);
    } catch (error) {
      if (!(error instanceof NativeError)) throw error;
      this.#differences.push({
        ...{ kind: "log-damaged", explained: false, size: 1 },
        detail: `the log of the run before cannot be recovered: ${error.message}`,
        fix: "deno task cwts audit verify says where it is damaged; the run begins with what the venue says",
      });
      return;
    }
    this.#last = Math.max(before.after, this.#old.lastExecution);
    if (asOf < this.#last) {
      throw this.#line.distrust(`it knows executions up to ${asOf}, and execution ${this.#last} is on record here`);
    }
  }

  /** Reads until open orders and executions are of the same moment. */
  async #still(): Promise<readonly VenueOrder[]> {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      await this.#executions();
      const { orders, asOf } = await this.#openOrders();
      if (asOf === this.#last) return orders;
    }
    throw this.#line.distrust(`its open orders and executions are never of one moment, in ${MOST_ROUNDS} tries`);
  }

  async #executions(): Promise<void> {
    const { instruments } = this.#parts;
    for (let page = 0; page < MOST_PAGES; page++) {
      const { records: text, count, next } = await this.#line.ask({ ask: "executions", after: this.#last });
      if (count > PAGE) throw this.#line.distrust(`a page of ${count} executions`);
      const records = Uint8Array.fromBase64(text);
      const wrong = wrongExecutions(records, count, this.#last, instruments.length);
      if (wrong !== null) throw this.#line.distrust(wrong);
      if (count > 0) {
        const unknown = this.#old?.apply(records, count) ?? [];
        this.#last = new ExecutionView(records).at(count - 1).venueSequence;
        if (!this.#withdrawing) this.#missed += count;
        for (const execution of unknown) {
          this.#differences.push({
            ...{ kind: "unknown-execution", explained: false, size: 1 },
            detail: `execution ${execution} is of an order that was not open by the log; its lots count`,
            fix: "find out whose order it was (the log may have lost its end), then re-arm the firm",
          });
        }
      }
      if (next === null) return;
      if (count < PAGE || next !== this.#last) throw this.#line.distrust(`page ${page} says to go on at ${next}`);
    }
    throw this.#line.distrust(`its executions have no end: ${MOST_PAGES} pages were read`);
  }

  async #openOrders(): Promise<{ orders: VenueOrder[]; asOf: number }> {
    const orders: VenueOrder[] = [];
    for (let page = 0, after = 0; page < MOST_PAGES; page++) {
      const answer = await this.#line.ask({ ask: "open", after });
      for (const order of answer.orders) {
        if (order.orderId <= after || order.leaves > order.total || order.owner > 127) {
          throw this.#line.distrust(`order ${order.orderId} in its list of open orders`);
        }
        after = order.orderId;
        orders.push(order);
      }
      if (answer.next === null) return { orders, asOf: answer.asOf };
      if (answer.next !== after || answer.orders.length === 0) {
        throw this.#line.distrust(`its open orders go on at ${answer.next}`);
      }
    }
    throw this.#line.distrust(`its open orders have no end: ${MOST_PAGES} pages were read`);
  }

  async #compare(open: readonly VenueOrder[], session: number): Promise<void> {
    const logged = this.#old?.openOrders() ?? [];
    const there = new Set(open.map(({ orderId }) => orderId));
    const gone = logged.filter(({ orderId }) => !there.has(orderId));
    const seen = new Set<number>();
    for (let at = 0; at < gone.length; at += PAGE) {
      const orders = gone.slice(at, at + PAGE).map(({ orderId }) => orderId);
      for (const id of (await this.#line.ask({ ask: "seen", session, orders })).orders) seen.add(id);
    }
    for (const order of gone) if (!seen.has(order.orderId)) this.#old!.neverArrived(order, this.#parts.now());
    this.#differences.push(...orderDifferences(logged, open, seen));
  }

  async #withdraw(open: readonly VenueOrder[]): Promise<void> {
    if (this.#missed > 0) {
      this.#differences.push({
        ...{ kind: "missed-executions", explained: true, size: this.#missed, fix: "" },
        detail: `the venue had ${this.#missed} executions that the log had not, and they are on record now`,
      });
    }
    this.#withdrawing = true;
    for (const owner of new Set(open.map(({ owner }) => owner))) {
      await this.#line.ask({ ask: "withdraw", owner, instrument: EVERY_INSTRUMENT });
    }
    const left = await this.#still();
    if (left.length > 0) throw this.#line.distrust(`${left.length} orders rest on after they were withdrawn`);
    this.#withdrawn = open.length;
  }

  async #positions(): Promise<readonly VenuePosition[]> {
    const { instruments, config } = this.#parts;
    const { positions, asOf } = await this.#line.ask({ ask: "positions" });
    if (asOf !== this.#last) {
      throw this.#line.distrust(`positions as of ${asOf}, with nothing open since ${this.#last}`);
    }
    for (const { owner, instrument } of positions) {
      if (instrument >= instruments.length) throw this.#line.distrust(`a position in instrument ${instrument}`);
      if (owner <= config.organisms.length) continue;
      this.#differences.push({
        ...{ kind: "position-differs", explained: false, size: 1 },
        detail: `the venue holds a position of organism ${owner}, which is not configured, in instrument ${instrument}`,
        fix: "configure the organism again or close the position at the venue, then re-arm the firm",
      });
    }
    const old = this.#old;
    const logged = config.organisms.flatMap((_, i) =>
      instruments.map(({ id }) => ({ owner: i + 1, instrument: id, lots: old?.position(i + 1, id) ?? 0 }))
    );
    const known = positions.filter(({ owner }) => owner <= config.organisms.length);
    this.#differences.push(...positionDifferences(known, logged));
    return known;
  }

  #report(positions: readonly VenuePosition[], run: number | null): ReconciliationReport {
    return {
      kind: "venue-reconciliation",
      run,
      endedInOrder: this.#old?.endedInOrder ?? true,
      journal: this.#journal,
      asOf: this.#last,
      executions: this.#missed,
      withdrawn: this.#withdrawn,
      differences: this.#differences,
      positions,
      agreed: this.#differences.every(({ explained }) => explained),
    };
  }
}

/** Lines for people: one on the whole, and one for each difference that nothing explains. */
export function reconciliationLines(report: ReconciliationReport, dataDir: string): readonly string[] {
  const { run, endedInOrder, executions, withdrawn, differences, positions, agreed } = report;
  const explained = differences.filter((one) => one.explained && one.kind !== "missed-executions").length;
  const which = run === null
    ? "no run was on this venue before"
    : endedInOrder
    ? `run ${run} ended in order`
    : `run ${run} did not end in order`;
  const what =
    `${executions} executions were missed, ${explained} orders never arrived, ${withdrawn} were withdrawn, ` +
    `${positions.length} positions are held`;
  const verdict = agreed ? "log and venue agree" : "log and venue do not agree";
  const file = run === null ? "" : ` (${join(runDirectory(dataDir, run), RECONCILIATION_FILE)})`;
  return [
    `reconciled with the venue: ${which}; ${what}: ${verdict}${file}`,
    ...differences.filter((one) => !one.explained).map(({ detail, fix }) => `difference: ${detail}; ${fix}`),
  ];
}

export { VenueFault };
