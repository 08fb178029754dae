/**
 * The guardian: the only way from an intent to a venue.
 *
 * It drains its mailbox in batches and makes one native call per batch. The gate decides, reserves exposure and records
 * each decision; what passes leaves as an `ApprovedBatch`. Execution reports come back through it: the gate and the
 * portfolio are updated, and the log written, before anyone else hears of them.
 *
 * The guardian holds no state that matters. The gate, the log, the control page and the books belong to the node, and so
 * does what went to the venue and came from it: a crash costs nothing but the intents that were in its hands.
 */
import { Code, CommandKind, ExecutionView, GateDecisionView, OrderCommandView } from "../../ffi/layout.gen.ts";
import type { AuditLog, OrderGate } from "../../ffi/mod.ts";
import type { ActorContext, ActorDef, ActorRef, Handlers, Micros, Signal } from "../../runtime/mod.ts";
import type { Breaker } from "../../supervision/mod.ts";
import {
  type Approval,
  type AttachStrategy,
  DROP_COPY,
  type ExecutionBatch,
  type ExecutionReport,
  GUARDIAN,
  type GuardianMessage,
  HOST_CAUSE,
  type Instrument,
  killCause,
  type MarketData,
  type OrderIntent,
  RecordArena,
  type ResendRecorded,
  type StrategyId,
  type StrategyMessage,
  SURVEILLANCE,
  type SurveillanceMessage,
  VENUE,
  type VenueMessage,
} from "../protocol/mod.ts";
import { bookExecutions } from "./booking.ts";
import type { GuardianBooks } from "./books.ts";
import { encodeIntent } from "./commands.ts";
import type { KillProcedure } from "./kill.ts";
import { MarketBoard } from "./market_board.ts";
import { refusalOf } from "./reports.ts";
import type { TradingStates } from "./trading_states.ts";
import type { Triggers } from "./triggers.ts";
import type { VenueLink } from "./venue_link.ts";
import { VenuePulse } from "./venue_pulse.ts";

const RECORD = OrderCommandView.SIZE;
/**
 * Most intents per native call. In memory a batch of 64 is as fast; with a log that is synced, a batch of all that waits is one
 * sync and not four. Larger ones gain little more and make the first order wait for the last.
 */
export const GUARDIAN_BATCH = 256;

export interface GuardianArgs {
  readonly gate: OrderGate;
  readonly audit: Pick<AuditLog, "commit">;
  readonly approve: Approval["approve"];
  readonly books: GuardianBooks;
  readonly instruments: readonly Instrument[];
  readonly kill: KillProcedure;
  readonly link: VenueLink;
  /** Around the link, and the time the venue has to answer. */
  readonly breaker: Breaker;
  readonly answerWithin: Micros;
  /** Called once when the log can no longer record; the gate is shut by then. */
  readonly onAuditFailure: (error: Error) => void;
  /** Tells whoever attaches which of its scopes are not ACTIVE; absent: nobody hears. */
  readonly states?: TradingStates;
  /** Rules that make a scope stricter by themselves; absent: none. */
  readonly triggers?: Triggers;
  /** Who receives the reports of each strategy; belongs to the node so that a restart forgets nobody. */
  readonly subscribers: Map<StrategyId, ActorRef<StrategyMessage>>;
}

export const guardian: ActorDef<GuardianMessage, GuardianArgs> = {
  type: "guardian",
  batch: GUARDIAN_BATCH,
  mailbox: { capacity: 65_536, overflow: "reject" },
  init: (context, args) => new Guardian(context, args),
};

class Guardian implements Handlers<GuardianMessage> {
  readonly #context: ActorContext<GuardianMessage>;
  readonly #args: GuardianArgs;
  readonly #commands = new Uint8Array(GUARDIAN_BATCH * RECORD);
  readonly #command = new OrderCommandView(this.#commands);
  readonly #decisions = new Uint8Array(GUARDIAN_BATCH * GateDecisionView.SIZE);
  readonly #decision = new GateDecisionView(this.#decisions);
  readonly #pending: OrderIntent[] = [];
  /** Strategies by the monitor on their organism. */
  readonly #watched = new Map<number, StrategyId>();
  readonly #arena = new RecordArena();
  readonly #pulse: VenuePulse;
  #venue: ActorRef<VenueMessage> | undefined;
  #dropCopy: ActorRef<ExecutionBatch> | undefined;
  #surveillance: ActorRef<SurveillanceMessage> | undefined;

  constructor(context: ActorContext<GuardianMessage>, args: GuardianArgs) {
    this.#context = context;
    this.#args = args;
    context.register(GUARDIAN);
    for (const [strategy, subscriber] of args.subscribers) this.#watch(strategy, subscriber);
    this.#pulse = new VenuePulse({
      breaker: args.breaker,
      answerWithin: args.answerWithin,
      ask: () => this.#venueRef()?.tell({ kind: "AskVenue" }),
      wakeAt: (time) => context.timers.once("venue", Math.max(0, time - context.clock.now()), { kind: "VenueDue" }),
    });
    if (context.incarnation > 0) {
      args.link.reports.restarted();
      this.#subscribe();
      this.#askReports(args.link.reports.taken);
      for (const subscriber of args.subscribers.values()) subscriber.tell({ kind: "GuardianReady" });
      // What the incarnation before waited for is not known: ask.
      this.#pulse.due(context.clock.now());
    }
  }

  receiveBatch(messages: readonly GuardianMessage[]): void {
    for (let i = 0; i < messages.length; i++) {
      const message = messages[i];
      switch (message.kind) {
        case "SubmitOrder":
        case "CancelOrder":
        case "AmendOrder":
        case "CancelAll":
          this.#collect(message);
          break;
        default:
          this.#decide();
          this.#handle(message);
      }
    }
    this.#decide();
  }

  #handle(message: Exclude<GuardianMessage, OrderIntent>): void {
    switch (message.kind) {
      case "ExecutionBatch":
        return this.#book(message);
      case "MarketData":
        return this.#observe(message);
      case "MarketStatus":
        return this.#args.books.board.setStatus(message);
      case "AttachStrategy":
        return this.#attach(message);
      case "CarryOutKill":
        return this.#carryOut();
      case "VenueDue":
        return this.#pulse.due(this.#context.clock.now());
      case "VenueAnswers":
        return this.#pulse.heard(this.#context.clock.now());
      case "VenueReady":
        this.#pulse.heard(this.#context.clock.now());
        this.#args.link.reports.restarted();
        this.#subscribe();
        this.#askReports(this.#args.link.reports.taken);
        return this.#resend(message.entered);
      case "ResendOrders":
        return this.#resend(message.after);
      case "ResendRecorded":
        return this.#resendRecorded(message);
    }
  }

  #collect(intent: OrderIntent): void {
    encodeIntent(this.#command.at(this.#pending.length), intent);
    this.#pending.push(intent);
    if (intent.kind === "SubmitOrder") this.#args.books.submitted++;
  }

  /** One native call for everything collected; approved orders leave only after their records are as durable as configured. */
  #decide(): void {
    const count = this.#pending.length;
    if (count === 0) return;
    const passed = this.#args.gate.submit(this.#commands, count, this.#decisions);
    this.#record();
    this.#commit();
    this.#noteUse(passed === count);
    if (passed > 0) {
      const records = passed === count ? this.#arena.copy(this.#commands, count * RECORD) : this.#passed(count, passed);
      const { approve, link } = this.#args;
      this.#venueRef()?.tell(link.orders.add((sequence) => approve(records, passed, sequence)));
      this.#pulse.sent(this.#context.clock.now());
    }
    if (passed < count) this.#refuse(count);
    this.#noteChanges();
    this.#pending.length = 0;
  }

  #noteUse(allPassed: boolean): void {
    const { use, board } = this.#args.books;
    const time = this.#context.clock.now();
    for (let i = 0; i < this.#pending.length; i++) {
      const intent = this.#pending[i];
      if (intent.kind === "CancelAll") continue;
      const code = allPassed ? Code.Accepted : this.#decision.at(i).code;
      use.decided(intent, code, board.rows[intent.instrument], time);
    }
  }

  /** Once their answer is certain: what a crash leaves uncounted has had none, and whoever asks is told so. */
  #noteChanges(): void {
    const { orders } = this.#args.books;
    for (const intent of this.#pending) {
      if (intent.kind === "CancelOrder" || intent.kind === "AmendOrder") orders.changed(intent.target);
    }
  }

  /** The blotter holds what the gate decided on, and nothing else. A repeated id is the gate's business: the first stays. */
  #record(): void {
    const { orders } = this.#args.books;
    for (const intent of this.#pending) {
      if (intent.kind === "SubmitOrder" && !orders.find(intent.orderId)) orders.record(intent);
    }
  }

  /** The commands that passed, closed up. */
  #passed(count: number, passed: number): Uint8Array<ArrayBuffer> {
    const records = this.#arena.take(passed * RECORD);
    let next = 0;
    for (let i = 0; i < count; i++) {
      if (this.#decision.at(i).code !== Code.Accepted) continue;
      records.set(this.#commands.subarray(i * RECORD, (i + 1) * RECORD), next * RECORD);
      next++;
    }
    return records;
  }

  #refuse(count: number): void {
    const { books, subscribers, triggers } = this.#args;
    const now = this.#context.stopwatch.now();
    const time = this.#context.clock.now();
    for (let i = 0; i < count; i++) {
      const { code } = this.#decision.at(i);
      if (code === Code.Accepted) continue;
      const intent = this.#pending[i];
      books.refusals.note(this.#decision, intent);
      const position = intent.kind === "CancelAll" ? 0 : books.portfolio.position(intent.strategy, intent.instrument);
      triggers?.refused(intent.strategy, code, time);
      const report = refusalOf(intent, code, position);
      if (code !== Code.DuplicateId) books.report(report, now);
      subscribers.get(intent.strategy)?.tell(report);
    }
  }

  /** Gate and log first, then the books, then everyone else. */
  #book(batch: ExecutionBatch): void {
    const { gate, books, kill, link } = this.#args;
    this.#pulse.heard(this.#context.clock.now());
    if (!link.reports.takes(batch, this.#askReports)) return;
    gate.applyExecutions(batch.records, batch.count);
    this.#commit();
    const now = this.#context.stopwatch.now();
    const recorded = link.record(batch, now);
    (this.#surveillance ??= this.#context.registry.find(SURVEILLANCE))?.tell(recorded);
    bookExecutions(new ExecutionView(batch.records), batch.count, books, now, this.#tell);
    (this.#dropCopy ??= this.#context.registry.find(DROP_COPY))?.tell(batch);
    kill.settle();
    books.onBooked();
  }

  #observe(data: MarketData): void {
    const { gate, books, triggers } = this.#args;
    let row: ReturnType<MarketBoard["apply"]> | undefined;
    for (const event of data.events) {
      const next = books.board.apply(event);
      if (row && row !== next) gate.setReference(row.instrument.id, row.bid, row.ask, row.last, row.updated);
      row = next;
      books.portfolio.mark(event.instrument, MarketBoard.mark(row));
      triggers?.market(row);
    }
    if (row) gate.setReference(row.instrument.id, row.bid, row.ask, row.last, row.updated);
  }

  readonly #tell = (view: ExecutionView, report: ExecutionReport): void => {
    this.#args.kill.observe(view);
    if (report.type === "trade") this.#args.triggers?.filled(report);
    this.#args.subscribers.get(report.strategy)?.tell(report);
  };

  #watch(strategy: StrategyId, subscriber: ActorRef<StrategyMessage>): void {
    this.#watched.set(this.#context.monitor(subscriber), strategy);
  }

  /**
   * An organism withdraws what it has resting when it ends. That wish may be lost with a guardian that crashes with it in its
   * hands, and who is gone for good cannot wish again: what is open of theirs is withdrawn here.
   */
  signal(signal: Signal): void {
    const strategy = signal.kind === "down" ? this.#watched.get(signal.monitor) : undefined;
    if (strategy === undefined) return;
    const { gate, instruments } = this.#args;
    if (!instruments.some(({ id }) => gate.exposure(strategy, id).openOrders > 0)) return;
    const time = this.#context.clock.now();
    this.#collect({ kind: "CancelAll", strategy, time, stamp: this.#context.stopwatch.now(), cause: HOST_CAUSE });
    this.#decide();
  }

  #attach({ strategy, subscriber, orders = [] }: AttachStrategy): void {
    const { books, states, subscribers } = this.#args;
    if (subscribers.get(strategy)?.id !== subscriber.id) this.#watch(strategy, subscriber);
    subscribers.set(strategy, subscriber);
    // Ahead of the position, without which it does nothing: who starts under a killed scope starts halted.
    states?.tellAll(strategy, this.#context.clock.now());
    subscriber.tell({
      kind: "PositionSnapshot",
      strategy,
      positions: books.portfolio.positions(strategy).map((line) => [line.instrument, line.quantity] as const),
      undecided: orders.filter((id) => books.orders.lacks(id)),
      changes: orders.flatMap((id) => {
        const row = books.orders.find(id);
        return row ? [[id, row.changes] as const] : [];
      }),
    });
  }

  /** Cancels what rests in every killed scope; the cancels pass the gate like any command, so they are on record too. */
  #carryOut(): void {
    const time = this.#context.clock.now();
    const { kill } = this.#args;
    for (const { strategy, instrument } of kill.begin(time)) {
      const cause = killCause(kill.record);
      this.#collect({ kind: "CancelAll", strategy, time, stamp: this.#context.stopwatch.now(), cause });
      this.#command.at(this.#pending.length - 1).kind = CommandKind.CancelOwner;
      this.#command.instrument = instrument;
      if (this.#pending.length === GUARDIAN_BATCH) this.#decideUrgently();
    }
    this.#decideUrgently();
    kill.settle();
  }

  #decideUrgently(): void {
    const count = this.#pending.length;
    if (count === 0) return;
    this.#args.gate.submit(this.#commands, count, this.#decisions);
    this.#commit();
    // Outside the stream: ahead of everything that waits, and repeated until it is confirmed.
    this.#venueRef()?.urgent(this.#args.approve(this.#arena.copy(this.#commands, count * RECORD), count));
    this.#pending.length = 0;
  }

  #commit(): void {
    try {
      this.#args.audit.commit();
    } catch (error) {
      this.#args.onAuditFailure(error as Error);
    }
  }

  #subscribe(): void {
    const venue = this.#venueRef();
    venue?.tell({
      kind: "SubscribeMarket",
      subscriber: this.#context.self,
      instruments: this.#args.instruments.map((instrument) => instrument.id),
    });
  }

  readonly #askReports = (after: number): void => {
    this.#venueRef()?.tell({ kind: "ResendReports", after, replyTo: this.#context.self });
  };

  #resend(after: number): void {
    for (const batch of this.#args.link.orders.after(after)) this.#venueRef()?.tell(batch);
  }

  #resendRecorded({ after, replyTo }: ResendRecorded): void {
    const { recorded } = this.#args.link;
    const from = Math.max(after, recorded.forgotten);
    if (from > after) replyTo.tell({ kind: "RecordedForgotten", through: from });
    for (const batch of recorded.after(from)) replyTo.tell(batch);
  }

  #venueRef(): ActorRef<VenueMessage> | undefined {
    return this.#venue ??= this.#context.registry.find(VENUE);
  }

  show(message: GuardianMessage): unknown {
    return message;
  }

  inspect(): unknown {
    const { gate, books } = this.#args;
    return { counters: gate.counters(), fills: books.fills, submitted: books.submitted };
  }
}
