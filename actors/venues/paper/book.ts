/**
 * The books of the paper exchange: the native matching engine over a journal. A batch is in the journal, as durable as an
 * audit log with durability `batch`, before anybody is told what came of it; after a crash the journal is matched again from
 * its beginning and comes to the same books, executions and numbers, because matching is a function of its input.
 *
 * The journal is an audit log, so it can be verified and read with the same commands. It keeps everything, and opening it
 * takes as long as matching it again: begin a new directory when it grows too long.
 */
import {
  BACKGROUND_OWNER,
  CommandKind,
  ExecType,
  ExecutionView,
  OrderCommandView,
  RecordType,
} from "../../../ffi/layout.gen.ts";
import { AuditLog, decodeAudit, MatchingEngine, readAudit } from "../../../ffi/mod.ts";
import type { Micros } from "../../../runtime/mod.ts";
import { createApproval, type Depth, type Instrument } from "../../protocol/mod.ts";
import { type Outcome, SimulatedVenue } from "../simulated_exchange.ts";
import { type VenueOrder, type VenuePosition } from "./words.ts";

const RECORD = OrderCommandView.SIZE;
/** Of cancels that nobody numbered. */
const UNNUMBERED = 0;
const EVERY_INSTRUMENT = 0xffff;

/** One line of the journal. */
interface Entry {
  /** 0: background participants. */
  readonly session: number;
  /** Number of the batch in its session; 0 outside of the count. */
  readonly sequence: number;
  readonly time: Micros;
  /** Native OrderCommand records, Base64; empty when a session begins. */
  readonly records: string;
}

interface Begun {
  readonly journal: string;
  readonly instruments: readonly string[];
}

interface Held {
  lots: number;
  /** Ticks × lots paid for what is held, signed. */
  cost: number;
}

export interface PaperBookOptions {
  readonly directory: string;
  readonly instruments: readonly Instrument[];
  /** Names a journal that is begun. */
  readonly name: () => string;
}

export class PaperBook implements Disposable {
  readonly #journal: AuditLog;
  readonly #engine: MatchingEngine;
  readonly #venue: SimulatedVenue;
  readonly #approval = createApproval();
  /** Executions of ours, oldest first, and the session that was in force. */
  readonly #own: { readonly sequence: number; readonly record: Uint8Array<ArrayBuffer> }[] = [];
  readonly #open = new Map<number, { readonly instrument: number; readonly session: number }>();
  readonly #seen = new Map<number, Set<number>>();
  readonly #held = new Map<string, Held>();
  #name = "";
  #session = 0;
  #entered = 0;
  #asOf = 0;
  #time: Micros = 0;

  /** Opens, or begins, the journal in a directory. Throws NativeError, or an Error when it lists other instruments. */
  constructor({ directory, instruments, name }: PaperBookOptions) {
    this.#journal = AuditLog.open({ directory, durability: "batch" });
    this.#engine = MatchingEngine.create(instruments.map(({ id }) => id));
    const { isApproved } = this.#approval;
    this.#venue = new SimulatedVenue({ engine: this.#engine, instruments, isApproved, doorOpen: () => true });
    const symbols = instruments.map(({ symbol }) => symbol);
    try {
      this.#replay(directory, symbols);
      if (this.#name !== "") return;
      this.#name = name();
      const begun: Begun = { journal: this.#name, instruments: symbols };
      this.#journal.appendJson(RecordType.Note, 0, begun);
      this.#journal.commit();
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Names the journal. */
  get name(): string {
    return this.#name;
  }

  /** The session that may enter orders, and its last batch. */
  get session(): number {
    return this.#session;
  }

  get entered(): number {
    return this.#entered;
  }

  /** Number of the last execution of ours. */
  get asOf(): number {
    return this.#asOf;
  }

  get openOrders(): number {
    return this.#open.size;
  }

  /** Ticks; 0 before the first trade. */
  lastTrade(instrument: number): number {
    return this.#engine.lastTrade(instrument);
  }

  depth(instrument: number, levels: number): Depth {
    return this.#venue.depth(instrument, levels);
  }

  /** From now on only this session, whose number is higher than any before, may enter orders. */
  begin(session: number, time: Micros): void {
    if (session < this.#session) throw new RangeError(`session ${session} is older than ${this.#session}`);
    if (session > this.#session) this.#enter({ session, sequence: UNNUMBERED, time, records: "" });
  }

  /**
   * Carries a batch of the session out, or does nothing when it was before. Throws a RangeError for a batch that is not the
   * next one, and for commands of background participants.
   */
  enter(sequence: number, records: Uint8Array<ArrayBuffer>, time: Micros): Outcome | null {
    if (sequence <= this.#entered) return null;
    if (sequence !== this.#entered + 1) {
      throw new RangeError(`batch ${sequence} follows on ${this.#entered}: one is missing`);
    }
    if (records.length === 0 || records.length % RECORD !== 0) throw new RangeError("a batch is not of whole commands");
    const stamped = this.#stamped(records, time);
    return this.#enter({ session: this.#session, sequence, time, records: stamped.toBase64() });
  }

  /** Cancels what is open of an owner, in an instrument or, with 65535, in all. */
  withdraw(owner: number, instrument: number, time: Micros): Outcome {
    const records = new Uint8Array(RECORD);
    const view = new OrderCommandView(records);
    view.kind = CommandKind.CancelOwner;
    view.owner = owner;
    view.instrument = instrument;
    view.time = time;
    return this.#enter({ session: this.#session, sequence: UNNUMBERED, time, records: records.toBase64() });
  }

  /** As `withdraw`, for all of ours. */
  withdrawAll(time: Micros): Outcome[] {
    const owners = new Set(this.openAfter(0, Infinity).map(({ owner }) => owner));
    return [...owners].map((owner) => this.withdraw(owner, EVERY_INSTRUMENT, time));
  }

  /** Commands of background participants. */
  flow(records: Uint8Array<ArrayBuffer>, time: Micros): Outcome {
    return this.#enter({ session: 0, sequence: UNNUMBERED, time, records: records.toBase64() });
  }

  /** Open orders of ours with an id above `after`, by id. */
  openAfter(after: number, most: number): VenueOrder[] {
    const ids = [...this.#open.keys()].filter((id) => id > after).sort((a, b) => a - b).slice(0, most);
    return ids.flatMap((orderId) => {
      const { instrument, session } = this.#open.get(orderId)!;
      const found = this.#engine.find(instrument, orderId);
      if (found === null) return [];
      const { owner, side, price, total, leaves } = found;
      return [{ orderId, session, owner, instrument, side: side as 0 | 1, price, total, leaves }];
    });
  }

  /** Executions of ours numbered above `after`, oldest first. */
  executionsAfter(after: number, most: number): { records: Uint8Array<ArrayBuffer>; count: number; last: number } {
    let [low, high] = [0, this.#own.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#own[middle].sequence <= after) low = middle + 1;
      else high = middle;
    }
    const page = this.#own.slice(low, low + most);
    const records = new Uint8Array(page.length * ExecutionView.SIZE);
    page.forEach(({ record }, i) => records.set(record, i * ExecutionView.SIZE));
    return { records, count: page.length, last: page.at(-1)?.sequence ?? after };
  }

  /** What is not flat. */
  positions(): VenuePosition[] {
    return [...this.#held].filter(([, { lots }]) => lots !== 0).map(([key, { lots, cost }]) => {
      const [owner, instrument] = key.split("/").map(Number);
      return { owner, instrument, lots, price: Math.max(1, Math.round(cost / lots)) };
    });
  }

  /** Those of a session's orders that ever came here. */
  seen(session: number, orders: readonly number[]): number[] {
    const known = this.#seen.get(session);
    return orders.filter((id) => known?.has(id));
  }

  [Symbol.dispose](): void {
    this.#engine.close();
    this.#journal.close();
  }

  /** Time goes forward, whatever the clocks of nodes say. Commands of ours come from owners of ours. */
  #stamped(records: Uint8Array<ArrayBuffer>, time: Micros): Uint8Array<ArrayBuffer> {
    const copy = records.slice();
    const view = new OrderCommandView(copy);
    for (let i = 0; i < copy.length / RECORD; i++) {
      view.at(i);
      if (view.owner === 0 || view.owner >= BACKGROUND_OWNER) {
        throw new RangeError(`owner ${view.owner} is none of a node's`);
      }
      view.time = time;
    }
    return copy;
  }

  #enter(entry: Entry): Outcome {
    this.#journal.appendJson(RecordType.Note, entry.time, entry);
    const outcome = this.#match(entry);
    // Nobody is told before it is durable; of what concerns the crowd alone nobody has to be told.
    if (entry.session > 0 || outcome.ownCount > 0) this.#journal.commit();
    return outcome;
  }

  #match({ session, sequence, time, records }: Entry): Outcome {
    if (session > this.#session) {
      this.#session = session;
      this.#entered = 0;
    }
    if (sequence > 0) this.#entered = sequence;
    this.#time = Math.max(this.#time, time);
    const commands = Uint8Array.fromBase64(records);
    const count = commands.length / RECORD;
    const outcome = session === 0
      ? this.#venue.flow({ kind: "FlowBatch", records: commands, count, replyTo: NOBODY })
      : this.#venue.submit(this.#approval.approve(commands, count));
    this.#note(outcome);
    return outcome;
  }

  #note({ own, ownCount }: Outcome): void {
    const view = new ExecutionView(own);
    for (let i = 0; i < ownCount; i++) {
      view.at(i);
      const { orderId, execType, instrument, leaves, venueSequence } = view;
      const record = own.slice(i * ExecutionView.SIZE, (i + 1) * ExecutionView.SIZE);
      this.#own.push({ sequence: venueSequence, record });
      this.#asOf = venueSequence;
      if (execType === ExecType.CancelRejected) continue;
      let seen = this.#seen.get(this.#session);
      if (seen === undefined) this.#seen.set(this.#session, seen = new Set());
      if (execType === ExecType.New || execType === ExecType.Rejected) seen.add(orderId);
      if (execType === ExecType.New && leaves > 0) this.#open.set(orderId, { instrument, session: this.#session });
      else if (leaves === 0 || execType === ExecType.Canceled || execType === ExecType.Expired) {
        this.#open.delete(orderId);
      }
      if (execType === ExecType.Trade) this.#trade(view);
    }
  }

  #trade({ owner, instrument, side, price, quantity }: ExecutionView): void {
    const key = `${owner}/${instrument}`;
    let held = this.#held.get(key);
    if (held === undefined) this.#held.set(key, held = { lots: 0, cost: 0 });
    const signed = side === 0 ? quantity : -quantity;
    const closed = held.lots * signed < 0 ? Math.min(Math.abs(held.lots), quantity) : 0;
    if (closed > 0) held.cost -= held.cost * closed / Math.abs(held.lots);
    held.cost += Math.sign(signed) * (quantity - closed) * price;
    held.lots += signed;
  }

  #replay(directory: string, symbols: readonly string[]): void {
    for (const record of readAudit(directory)) {
      const value = decodeAudit(record) as Begun | Entry;
      if ("records" in value) {
        this.#match(value);
        continue;
      }
      this.#name = value.journal;
      if (value.instruments.join() !== symbols.join()) {
        throw new Error(`the journal lists ${value.instruments.join(", ")}, and not ${symbols.join(", ")}`);
      }
    }
  }
}

/** Reports of background participants are in the outcome. */
const NOBODY = { tell() {} } as unknown as Parameters<SimulatedVenue["flow"]>[0]["replyTo"];
