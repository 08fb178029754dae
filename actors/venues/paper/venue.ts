/**
 * The paper exchange as a node has it: what was sent and not confirmed, what was told and not passed on, and how prices
 * stand. Belongs to the node, so that a crash of the actor before it forgets nothing.
 *
 * A connection that ends is opened again. What was sent and not confirmed is then sent again, and the exchange, which counts
 * the batches of a session, enters each once. Orders that the exchange had not entered by then come too late: they are marked
 * as refused at the door, so that the exchange reports them as such, while cancels go through.
 */
import { CommandKind, ExecutionView, OrderCommandView, REFUSED_AT_DOOR } from "../../../ffi/layout.gen.ts";
import { EVERY_INSTRUMENT } from "../../../ffi/mod.ts";
import type { Micros } from "../../../runtime/mod.ts";
import {
  type Approval,
  type ApprovedBatch,
  type BookTop,
  type Depth,
  type Instrument,
  type MarketEvent,
  RecordArena,
} from "../../protocol/mod.ts";
import { GuardianLink } from "../guardian_link.ts";
import type { Reports } from "../report_writer.ts";
import { Subscribers } from "../subscribers.ts";
import { type PaperLine, PaperLine as Line, VenueFault } from "./client.ts";
import type { AnswerOf } from "./words.ts";

const RECORD = OrderCommandView.SIZE;

export interface PaperSession {
  readonly directory: string;
  readonly token: string;
  /** Number of the node's run. */
  readonly session: number;
  /** Names the journal that the node was reconciled with. */
  readonly journal: string;
  /** Executions up to here are on record. */
  readonly after: number;
  readonly deadlineMs: number;
  readonly cancelOnDisconnect: boolean;
}

export interface PaperVenueOptions {
  readonly session: PaperSession;
  readonly instruments: readonly Instrument[];
  readonly isApproved: Approval["isApproved"];
  readonly doorOpen: (owner: number, instrument: number) => boolean;
}

interface Sent {
  readonly sequence: number;
  readonly records: Uint8Array<ArrayBuffer>;
}

export class PaperVenue {
  readonly #options: PaperVenueOptions;
  readonly subscribers = new Subscribers();
  readonly link = new GuardianLink("paper");
  /** Told that something has come, or that the line has ended or is back. */
  onNews: () => void = () => {};
  readonly #arena = new RecordArena();
  readonly #depths = new Map<number, Depth>();
  #line: PaperLine | null = null;
  #greeted = false;
  #connecting: Promise<void> | null = null;
  #sequence = 0;
  #unconfirmed: Sent[] = [];
  #lastExecution: number;
  #executions: Uint8Array<ArrayBuffer>[] = [];
  #events: MarketEvent[] = [];
  /** News that came since they were last asked for. */
  heardSince = false;

  constructor(options: PaperVenueOptions) {
    this.#options = options;
    this.#lastExecution = options.session.after;
  }

  isApproved(batch: ApprovedBatch): boolean {
    return this.#options.isApproved(batch);
  }

  /** Whether it can be reached. */
  get connected(): boolean {
    return this.#greeted && this.#line?.fault === null;
  }

  /** Why not. */
  get fault(): VenueFault | null {
    return this.#line?.fault ?? null;
  }

  get openQuestions(): number {
    return this.#unconfirmed.length;
  }

  /** Connects, catches up and sends again what was not confirmed; once at a time. Throws VenueFault. */
  connect(): Promise<void> {
    this.#connecting ??= this.#connect().finally(() => this.#connecting = null);
    return this.#connecting;
  }

  async #connect(): Promise<void> {
    const { session, directory, journal, token, deadlineMs, cancelOnDisconnect } = {
      ...this.#options.session,
    };
    this.#greeted = false;
    const line = await Line.open({
      directory,
      deadlineMs,
      onTold: (told) => this.#told(told),
      onEnd: () => this.onNews(),
    });
    this.#line = line;
    const hello = await line.ask({
      ...{ ask: "hello", token, session, cancelOnDisconnect, stream: true, after: this.#lastExecution },
    });
    if (hello.journal !== journal) {
      throw line.distrust(`its journal is ${hello.journal}, and it was ${journal} when this run began`);
    }
    if (hello.asOf < this.#lastExecution) {
      throw line.distrust(`it knows executions up to ${hello.asOf}, and told ${this.#lastExecution} before`);
    }
    if (hello.entered > this.#sequence) {
      throw line.distrust(`it entered batch ${hello.entered}, and only ${this.#sequence} were sent`);
    }
    this.#unconfirmed = this.#unconfirmed.filter(({ sequence }) => sequence > hello.entered);
    this.#greeted = true;
    for (const sent of this.#unconfirmed) {
      refuseEntries(sent.records, () => true);
      this.#send(sent);
    }
    this.onNews();
  }

  close(): Promise<void> {
    return this.#line?.close() ?? Promise.resolve();
  }

  /** Sends approved commands. Marks in place, and so refuses, entries of scopes that were killed on the way. */
  submit({ records, count }: ApprovedBatch): void {
    const { doorOpen } = this.#options;
    const own = records.slice(0, count * RECORD);
    refuseEntries(own, (owner, instrument) => !doorOpen(owner, instrument));
    this.#enter(own);
  }

  /** As `submit`, without an actor around it; its reports come later, and what has come is returned. */
  enter(batch: ApprovedBatch): Reports {
    this.submit(batch);
    return this.takeReports();
  }

  /** Asks to cancel what rests of an owner; likewise. */
  cancelAll(
    { owner, instrument = EVERY_INSTRUMENT }: { readonly owner: number; readonly instrument?: number },
    time: Micros,
  ) {
    const records = this.#arena.take(RECORD);
    records.fill(0);
    const view = new OrderCommandView(records);
    view.kind = CommandKind.CancelOwner;
    view.owner = owner;
    view.instrument = instrument;
    view.time = time;
    this.#enter(records);
    return this.takeReports();
  }

  depth(instrument: number, levels: number): Depth {
    const { time = 0, bids = [], asks = [] } = this.#depths.get(instrument) ?? {};
    return { instrument, time, bids: bids.slice(0, levels), asks: asks.slice(0, levels) };
  }

  top(instrument: number, time: Micros): BookTop | null {
    const { bids: [bid], asks: [ask] } = this.depth(instrument, 1);
    if (bid === undefined && ask === undefined) return null;
    const [bidPrice, bidQuantity] = bid ?? [0, 0];
    const [askPrice, askQuantity] = ask ?? [0, 0];
    return { kind: "BookTop", instrument, bid: bidPrice, bidQuantity, ask: askPrice, askQuantity, time };
  }

  /** Executions that came since the last call. */
  takeReports(): Reports {
    const size = this.#executions.reduce((sum, { length }) => sum + length, 0);
    const records = new Uint8Array(size);
    let at = 0;
    for (const part of this.#executions.splice(0)) {
      records.set(part, at);
      at += part.length;
    }
    return { records, count: size / ExecutionView.SIZE };
  }

  /** Public events since the last call, dated `time`. */
  takeEvents(time: Micros): readonly MarketEvent[] {
    return this.#events.splice(0).map((event) => ({ ...event, time }));
  }

  #enter(records: Uint8Array<ArrayBuffer>): void {
    const sent = { sequence: ++this.#sequence, records };
    this.#unconfirmed.push(sent);
    this.#send(sent);
  }

  #send({ sequence, records }: Sent): void {
    if (!this.connected) return;
    this.#line!.ask({ ask: "enter", sequence, records: records.toBase64() }).then(
      ({ sequence: entered }) => {
        this.#unconfirmed = this.#unconfirmed.filter(({ sequence: one }) => one !== entered);
      },
      // The line has ended, which `onEnd` tells; it stays among those that are not confirmed.
      () => {},
    );
  }

  #told(told: AnswerOf<"told"> | AnswerOf<"market">): void {
    this.heardSince = true;
    if (told.answer === "told") {
      const records = Uint8Array.fromBase64(told.records);
      const why = wrongExecutions(records, told.count, this.#lastExecution, this.#options.instruments.length);
      if (why !== null) return void this.#line?.distrust(why);
      this.#lastExecution = new ExecutionView(records).at(told.count - 1).venueSequence;
      this.#executions.push(records);
    } else {
      const { instruments } = this.#options;
      for (const { instrument, price, quantity, aggressor, time } of told.prints) {
        if (instrument < instruments.length) {
          this.#events.push({ kind: "TradePrint", instrument, price, quantity, aggressor, time });
        }
      }
      for (const { instrument, bids, asks } of told.books) {
        if (instrument >= instruments.length) continue;
        this.#depths.set(instrument, { instrument, time: told.time, bids, asks });
        const top = this.top(instrument, told.time);
        if (top !== null) this.#events.push(top);
      }
    }
    this.onNews();
  }
}

/**
 * What is wrong with executions of a venue, or null. `after`: the number of the last one before; `instruments`: how many are
 * listed.
 */
export function wrongExecutions(
  records: Uint8Array,
  count: number,
  after: number,
  instruments: number,
): string | null {
  if (records.length !== count * ExecutionView.SIZE) {
    return `${records.length} bytes cannot be ${count} executions`;
  }
  const view = new ExecutionView(records);
  let last = after;
  for (let i = 0; i < count; i++) {
    const { venueSequence, owner, instrument, orderId, quantity, leaves, side, price } = view.at(i);
    if (venueSequence <= last) return `execution ${venueSequence} came after execution ${last}`;
    if (instrument >= instruments) {
      return `execution ${venueSequence} is of instrument ${instrument}, which is not listed`;
    }
    if (owner < 1 || owner > 127 || orderId < 1 || side > 1) return `execution ${venueSequence} is of nobody's order`;
    if (quantity < 0 || leaves < 0 || price < 0) return `execution ${venueSequence} has a quantity or price below 0`;
    if (!Number.isSafeInteger(quantity) || !Number.isSafeInteger(price)) {
      return `execution ${venueSequence} has a quantity or price that nobody can count`;
    }
    last = venueSequence;
  }
  return null;
}

function refuseEntries(records: Uint8Array<ArrayBuffer>, which: (owner: number, instrument: number) => boolean): void {
  const view = new OrderCommandView(records);
  for (let i = 0; i < records.length / RECORD; i++) {
    view.at(i);
    const enters = view.kind === CommandKind.New || view.kind === CommandKind.Amend;
    if (enters && which(view.owner, view.instrument)) view.flags |= REFUSED_AT_DOOR;
  }
}
