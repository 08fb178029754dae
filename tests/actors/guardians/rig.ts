/** A guardian, a gate, a log and a simulated exchange, all real, with one test organism on them. */
import { InstrumentRulesView, RecordType, StrategyLimitsView } from "../../../ffi/layout.gen.ts";
import { AuditLog, ControlPage, MatchingEngine, OrderGate } from "../../../ffi/mod.ts";
import { AlertBook } from "../../../actors/auditors/alerts.ts";
import { CreditWatch } from "../../../actors/auditors/credit.ts";
import { dropCopy } from "../../../actors/auditors/drop_copy.ts";
import { DropCopyBook } from "../../../actors/auditors/drop_copy_book.ts";
import { ExecutionFeed } from "../../../actors/auditors/execution_feed.ts";
import { Reconciliation } from "../../../actors/auditors/reconciliation.ts";
import { surveillance } from "../../../actors/auditors/surveillance.ts";
import { GuardianBooks } from "../../../actors/guardians/books.ts";
import { guardian } from "../../../actors/guardians/guardian.ts";
import { KillProcedure } from "../../../actors/guardians/kill.ts";
import { TradingStates } from "../../../actors/guardians/trading_states.ts";
import type { Triggers } from "../../../actors/guardians/triggers.ts";
import { VenueLink } from "../../../actors/guardians/venue_link.ts";
import {
  type Approval,
  BUY,
  type Concern,
  createApproval,
  type ExecutionReport,
  GUARDIAN,
  type Instrument,
  type KillReport,
  MODE,
  type ModeMessage,
  type OrderIntent,
  type PositionSnapshot,
  SELL,
  type SideCode,
  type StrategyMessage,
  type SubmitOrder,
  type TradingNotice,
} from "../../../actors/protocol/mod.ts";
import { CommandWriter } from "../../../actors/market/simulated/writer.ts";
import { simulatedExchange, SimulatedVenue } from "../../../actors/venues/simulated_exchange.ts";
import { type ActorDef, type ActorRef, ActorSystem } from "../../../runtime/mod.ts";
import { type BreakerChange, type ChildSpec, createBreaker, supervise, worker } from "../../../supervision/mod.ts";

export const START = 1_704_205_800_000_000;
export const PRICE = 10_000;

export const ALPHA: Instrument = {
  id: 0,
  symbol: "ALPHA",
  currency: "USD",
  tick: "0.01",
  lot: "1",
  unitsPerTickLot: 1_000_000,
  makerFee: -20,
  takerFee: 30,
};

/** Slots of the customer and the account of strategy 1; strategy 2 stands below the firm alone. */
export const CUSTOMER = 256;
export const ACCOUNT = 512;

export const BRAVO: Instrument = { ...ALPHA, id: 1, symbol: "BRAVO" };
const INSTRUMENTS = [ALPHA, BRAVO];
const IDS = [0, 1];

export interface RigOptions {
  readonly audit?: AuditLog;
  readonly maxPosition?: number;
  /** Lots by which gate, books and drop copy may differ. */
  readonly tolerance?: number;
  /** Hears what is told to the mode. */
  readonly onConcern?: (concern: Concern) => void;
  /** Money units of credit of strategies 1 and 2 together; absent: none has any. */
  readonly credit?: number;
  readonly more?: (rig: Rig) => readonly ChildSpec[];
  readonly triggers?: (rig: Rig) => Triggers;
  /** In place of the real ones. */
  readonly actors?: {
    readonly guardian?: typeof guardian;
    readonly exchange?: typeof simulatedExchange;
    readonly dropCopy?: typeof dropCopy;
    readonly surveillance?: typeof surveillance;
  };
}

export class Rig implements Disposable {
  readonly audit: AuditLog;
  readonly control = ControlPage.memory();
  readonly gate: OrderGate;
  readonly engine = MatchingEngine.create(IDS);
  readonly books = new GuardianBooks(INSTRUMENTS);
  readonly approval: Approval = createApproval();
  readonly system = new ActorSystem({ seed: 1, start: START, speed: "max" });
  readonly venue: SimulatedVenue;
  readonly kill: KillProcedure;
  readonly link = new VenueLink();
  readonly dropCopyBook = new DropCopyBook();
  readonly breakerChanges: BreakerChange[] = [];
  readonly breaker = createBreaker(
    {
      ...{ window: 4, minimumCalls: 2, failureRate: 0.5, slowAfter: 2_000_000, slowRate: 1, openFor: 1_000_000 },
      ...{ openFactor: 2, openMost: 8_000_000, jitter: 0, probes: 2, probeWithin: 2_000_000 },
    },
    () => 0.5,
    (change) => this.breakerChanges.push(change),
  );
  readonly feed = new ExecutionFeed(64);
  readonly alerts: AlertBook;
  readonly credit: CreditWatch;
  readonly reconciliation: Reconciliation;
  /** What the drop copy takes the mode to know. */
  readonly concerns = new Set<string>();
  /** Reports to strategies 1 and 2, in the order received. */
  readonly reports: ExecutionReport[] = [];
  readonly snapshots: PositionSnapshot[] = [];
  readonly notices: TradingNotice[] = [];
  readonly #subscribers = new Map<number, ActorRef<StrategyMessage>>();
  readonly states = new TradingStates({
    control: this.control,
    traded: new Map([[1, IDS], [2, IDS]]),
    subscribers: this.#subscribers,
    modeReason: () => "the mode",
  });
  /** Times a strategy heard that the guardian had started again. */
  ready = 0;
  readonly kills: KillReport[] = [];
  readonly failures: Error[] = [];
  #lastId = 0;

  constructor(options: RigOptions = {}) {
    const { audit = AuditLog.memory(), maxPosition = 1_000, tolerance = 0, more = () => [], actors = {} } = options;
    const { triggers } = options;
    this.audit = audit;
    this.gate = OrderGate.create({ audit, control: this.control });
    for (const instrument of IDS) {
      const rules = new InstrumentRulesView(new Uint8Array(InstrumentRulesView.SIZE));
      Object.assign(rules, {
        instrument,
        tickStep: 1,
        lotStep: 1,
        collarBps: 300,
        collarTicks: 10,
        referenceMaxAgeMs: 3_600_000,
        marketBufferBps: 100,
        unitsPerTickLot: ALPHA.unitsPerTickLot,
        maxQuantity: 10_000,
      });
      this.gate.setInstrument(rules.buffer);
      for (const strategy of [1, 2]) {
        const limits = new StrategyLimitsView(new Uint8Array(StrategyLimitsView.SIZE));
        Object.assign(limits, {
          strategy,
          instrument,
          maxQuantity: 500,
          maxNotional: 1e15,
          maxPosition,
          ratePerSecond: 1e6,
          rateBurst: 1e6,
        });
        this.gate.setLimits(limits.buffer);
      }
      this.gate.setReference(instrument, PRICE - 1, PRICE + 1, PRICE, START);
    }
    this.control.setName(0, "firm");
    this.control.setName(1, "organism:one");
    this.control.setName(129, "instrument:BRAVO");
    this.control.setName(CUSTOMER, "customer:house");
    this.control.setName(ACCOUNT, "account:main");
    this.control.setAbove(1, ACCOUNT);
    this.control.setAbove(ACCOUNT, CUSTOMER);
    // Somebody else quotes far outside, so that there is always a reference price.
    const others = new CommandWriter();
    others.begin(START);
    for (const instrument of IDS) {
      others.limit(0, instrument, BUY, PRICE - 100, 1, true);
      others.limit(0, instrument, SELL, PRICE + 100, 1, true);
    }
    this.engine.submit(others.take(), others.count, new Uint8Array(512), new Uint8Array(512));
    this.venue = new SimulatedVenue({
      engine: this.engine,
      instruments: INSTRUMENTS,
      isApproved: this.approval.isApproved,
      doorOpen: (owner, instrument) => this.control.effective(owner, instrument) < 2,
    });
    this.kill = new KillProcedure({
      gate: this.gate,
      audit,
      control: this.control,
      strategies: [1, 2],
      instruments: IDS,
      scopes: [0, 1, 2, 128, 129, CUSTOMER, ACCOUNT],
      onWord: (scope, reason) => this.states.noted(scope, reason),
      onWords: (time) => this.states.announce(time),
      stopwatch: () => this.system.stopwatch.now(),
      onDone: (report) => this.kills.push(report),
    });
    const isActive = (id: string) => this.concerns.has(id);
    const now = () => this.system.clock.now();
    this.alerts = new AlertBook({
      now,
      record: (event) => void audit.appendJson(RecordType.Note, now(), event),
      tell: () => {},
    });
    this.credit = new CreditWatch({
      scopes: () =>
        options.credit === undefined
          ? []
          : [{ scope: "account:main", node: 2, strategies: [1, 2], limit: options.credit }],
      copy: this.dropCopyBook,
      worthOf: () => PRICE * ALPHA.unitsPerTickLot,
      gateOf: (node, instrument) => this.gate.scopeExposure(node, instrument),
      alerts: this.alerts,
    });
    this.reconciliation = new Reconciliation({
      copy: this.dropCopyBook,
      gateOf: (strategy, instrument) => this.gate.exposure(strategy, instrument),
      books: this.books,
      tolerance,
      more: () => this.credit.differences(),
      record: (value) => void audit.appendJson(RecordType.Reconciled, now(), value),
      raise: (concern) => {
        note(this.concerns, concern);
        this.system.registry.find(MODE)?.tell(concern);
      },
      isActive,
      alerts: this.alerts,
    });
    supervise(this.system, "rig", {
      id: "rig",
      strategy: "one_for_one",
      intensity: 100,
      children: [
        worker("guardian", actors.guardian ?? guardian, {
          gate: this.gate,
          audit,
          approve: this.approval.approve,
          books: this.books,
          instruments: INSTRUMENTS,
          kill: this.kill,
          link: this.link,
          breaker: this.breaker,
          answerWithin: 1_000_000,
          onAuditFailure: (error) => this.failures.push(error),
          triggers: triggers?.(this),
          states: this.states,
          subscribers: this.#subscribers,
        }),
        worker("surveillance", actors.surveillance ?? surveillance, { feed: this.feed, alerts: this.alerts }),
        worker("drop-copy", actors.dropCopy ?? dropCopy, {
          book: this.dropCopyBook,
          credit: this.credit,
          reconciliation: this.reconciliation,
          taken: () => this.gate.counters().executions,
          feed: () => ({ told: this.link.recorded.last, taken: this.feed.stream.taken }),
          isActive,
        }),
        worker("exchange", actors.exchange ?? simulatedExchange, { venue: this.venue }),
        worker("organism", {
          type: "organism",
          init: (context) => {
            for (const strategy of [1, 2]) {
              this.guardian.tell({ kind: "AttachStrategy", strategy, subscriber: context.self });
            }
            return {
              receive: (message: StrategyMessage) => {
                if (message.kind === "ExecutionReport") this.reports.push(message);
                else if (message.kind === "PositionSnapshot") this.snapshots.push(message);
                else if (message.kind === "GuardianReady") this.ready++;
                else this.notices.push(message);
              },
            };
          },
        }, undefined),
        ...(options.onConcern === undefined
          ? []
          : [worker("mode", modeOf(this.concerns, options.onConcern), undefined)]),
        ...more(this),
      ],
    });
  }

  /** Orders of ours that rest. */
  get resting(): number {
    return this.engine.openOrders - 2 * IDS.length;
  }

  get guardian(): ActorRef<
    OrderIntent | { kind: "AttachStrategy"; strategy: number; subscriber: ActorRef<never>; orders?: number[] }
  > {
    return this.system.registry.get(GUARDIAN) as never;
  }

  /** Sends an order of strategy 1 and returns its id. */
  order(side: SideCode, quantity: number, price = PRICE, more: Partial<SubmitOrder> = {}): number {
    const orderId = more.orderId ?? ++this.#lastId;
    this.guardian.tell({
      kind: "SubmitOrder",
      orderId,
      strategy: 1,
      instrument: 0,
      side,
      orderType: 0,
      tif: 0,
      price,
      quantity,
      postOnly: false,
      reduceOnly: false,
      time: this.system.clock.now(),
      stamp: this.system.stopwatch.now(),
      cause: 0,
      ...more,
    });
    return orderId;
  }

  /** Handles everything that waits, and `micros` of timers. */
  async settle(micros = 0): Promise<void> {
    await this.system.run({ until: this.system.clock.now() + micros });
  }

  /** "type price×quantity leaves code" of every report so far. */
  story(): string[] {
    return this.reports.map((r) =>
      `${r.type} ${r.price}x${r.quantity} leaves ${r.leaves}${r.code ? ` code ${r.code}` : ""}`
    );
  }

  [Symbol.dispose](): void {
    this.gate.close();
    this.engine.close();
    this.control.close();
    this.audit.close();
  }
}

function note(concerns: Set<string>, { id, active }: Concern): void {
  if (active) concerns.add(id);
  else concerns.delete(id);
}

/** The mode, as far as it knows what is active. */
function modeOf(concerns: Set<string>, hears: (concern: Concern) => void): ActorDef<ModeMessage, undefined> {
  return {
    type: "mode",
    init(context) {
      context.register(MODE);
      return {
        receive(message) {
          if (message.kind !== "Concern") return;
          note(concerns, message);
          hears(message);
        },
      };
    },
  };
}
