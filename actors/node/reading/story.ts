/**
 * The causal story of one order: what led to it, what was asked for, what the gate measured, what the venue answered, and
 * what became of the position. Every line names the record that says so.
 */
import { Code, CommandKind, ExecType, RecordType } from "../../../ffi/layout.gen.ts";
import { type AuditRecord, decodeAudit } from "../../../ffi/mod.ts";
import type { Measure } from "../evidence/usage.ts";
import { type CheckUnit, EXECUTION_TYPES } from "../../protocol/mod.ts";
import { factText } from "./control_facts.ts";
import type { Booked } from "./positions.ts";
import type { Decided, ExecutionFields } from "./records.ts";
import type { RunState } from "./run_state.ts";
import { amount, causeText, codeText, orderText, verdictText } from "./words.ts";

export interface StoryLine {
  /** Index of the record. */
  readonly record: number;
  /** Microseconds by the node's clock. */
  readonly time: number;
  readonly step:
    | "cause"
    | "intent"
    | "control"
    | "decision"
    | "check"
    | "venue"
    | "fill"
    | "position"
    | "cancel"
    | "amend";
  readonly text: string;
  /** What led to it, in words; null for what stands in the line above. */
  readonly because: string | null;
  /** The numbers of the line: ticks, lots, money units. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/** An order by the id on its records, or as the n-th of an organism. */
export type OrderName = { readonly order: number } | { readonly organism: string; readonly number: number };

/** Reports of other orders that are remembered, because one of them may have led to this order. */
const REMEMBERED = 65_536;

/** What a limit is counted in. */
const UNITS = {
  max_quantity: "lots",
  max_notional: "money",
  max_position: "lots",
  max_open_orders: "orders",
  max_gross: "money",
  rate_per_second: "messages",
  message_rate: "messages",
  warn_quantity: "lots",
  warn_value: "money",
  credit: "money",
  max_loss: "money",
} as const;

/** Of limits of a window: "orders_in_250_ms". */
const WINDOW_UNITS = { orders: "orders", lots: "lots", value: "money", executions: "trades" } as const;

function unitOf(limit: string): CheckUnit {
  const window = /^(orders|lots|value|executions)_in_\d+_ms$/.exec(limit)?.[1] as keyof typeof WINDOW_UNITS | undefined;
  return window === undefined ? UNITS[limit as keyof typeof UNITS] ?? "" : WINDOW_UNITS[window];
}

/** Ends that nobody asked for. */
const UNASKED: ReadonlySet<number> = new Set([
  Code.Ioc,
  Code.NoLiquidity,
  Code.Expired,
  Code.SelfTrade,
  Code.WouldCross,
]);

export class OrderStory {
  readonly lines: StoryLine[] = [];
  readonly #state: RunState;
  readonly #name: OrderName;
  #order: number | null;
  #decided = -1;
  /** The mass cancel of its strategy that was decided on last. */
  #massCancel: { readonly record: number; readonly cause: number } | null = null;
  #owner = 0;
  readonly #reports = new Map<number, string>();
  /** Ids on the log that are next to the one that is looked for. */
  #below = 0;
  #above = Infinity;

  constructor(state: RunState, name: OrderName) {
    this.#state = state;
    this.#name = name;
    this.#order = "order" in name ? name.order : null;
  }

  /** The order's id; null until its record came. */
  get order(): number | null {
    return this.#decided < 0 ? null : this.#order;
  }

  /** Ids of orders on the log that are nearest to the one that was looked for, below and above. */
  get neighbours(): readonly number[] {
    return [this.#below, this.#above].filter((id) => id > 0 && id < Infinity);
  }

  /** Takes the next record, before or after which the state takes it: `take` lets it. */
  take(record: AuditRecord): void {
    if (record.type === RecordType.Decision) return this.#decision(record);
    const booked = this.#state.take(record);
    if (record.type === RecordType.Execution && booked !== null) this.#report(record, booked);
  }

  #decision(record: AuditRecord): void {
    const { command, decision } = decodeAudit(record) as Decided;
    const { kind, orderId, targetId, owner, instrument } = command;
    const measures: Measure[] = [];
    const { usage, names } = this.#state;
    if (usage !== null) usage.onMeasure = (measure) => void measures.push(measure);
    this.#state.take(record);
    if (usage !== null) usage.onMeasure = () => {};
    if (kind === CommandKind.New) this.#seen(orderId, owner);
    const { index, time } = record;
    const line = (step: StoryLine["step"], text: string, because: string | null, facts: StoryLine["facts"]) =>
      void this.lines.push({ record: index, time, step, text, because, facts });
    if (kind === CommandKind.New && orderId === this.#order && this.#decided < 0) {
      this.#decided = index;
      this.#owner = owner;
      const because = this.#because(command.cause);
      const reference = decision.reference === 0
        ? ""
        : `; reference price ${names.price(instrument, decision.reference)}`;
      line("cause", `${because} led to it${reference}`, null, { reference: decision.reference, cause: command.cause });
      const who = `${names.organism(owner)} wants to ${orderText(names, command)} in ${names.symbol(instrument)}`;
      line("intent", who, because, { command });
      this.#controls(owner, instrument);
      line("decision", verdictText(names, decision), "the intent", { decision });
      for (const measure of measures) this.#check(line, measure);
    } else if (targetId === this.#order && this.#decided >= 0 && kind !== CommandKind.New) {
      const because = this.#because(command.cause);
      const step = kind === CommandKind.Amend ? "amend" : "cancel";
      const asked = kind === CommandKind.Amend
        ? `to ${names.quantity(instrument, command.quantity)} in all at ${names.price(instrument, command.price)}, `
        : "";
      const verdict = decision.code === 0 ? "accepted" : verdictText(names, decision);
      line(step, `${asked}${verdict}`, because, { command, decision });
    } else if (kind === CommandKind.CancelOwner && owner === this.#owner) {
      this.#massCancel = { record: index, cause: command.cause };
    }
  }

  /** What stood under [controls] about the order when it was decided on. */
  #controls(strategy: number, instrument: number): void {
    const { names, facts } = this.#state;
    const nodes = names.nodesOf(strategy);
    for (const fact of facts.about({ strategy, instrument, nodes })) {
      const { record, time, fields } = fact;
      const text = factText(fact, names);
      this.lines.push({ record, time, step: "control", text, because: null, facts: { fact: fact.fact, ...fields } });
    }
  }

  #check(
    line: (step: "check", text: string, because: null, facts: StoryLine["facts"]) => void,
    measure: Measure,
  ): void {
    const { scope, instrument, limit, used } = measure;
    const value = this.#state.usage!.limitOf(scope, instrument, limit);
    if (value === null) return;
    const unit = unitOf(limit);
    const where = instrument === null ? scope : `${scope} in ${instrument}`;
    line("check", `${limit} of ${where}: ${amount(used, unit)} of ${amount(value, unit)}`, null, { ...measure, value });
  }

  #report(record: AuditRecord, { before, after, fee, realised }: Booked): void {
    const report = decodeAudit(record) as ExecutionFields;
    const { orderId, execType, instrument, side, quantity, price, leaves, reason, venueSequence, matchId } = report;
    const { names } = this.#state;
    const kind = EXECUTION_TYPES[execType] ?? `type ${execType}`;
    const { index, time } = record;
    this.#remember(orderId, `record ${index}, the report "${kind}" of order ${orderId}`);
    if (orderId !== this.#order || this.#decided < 0) return;
    const lots = names.quantity(instrument, quantity);
    const left = `${names.quantity(instrument, leaves)} open`;
    const number = venueSequence === 0 ? "" : ` (report ${venueSequence} of the venue)`;
    const why = reason === 0 ? "" : `, ${codeText(reason)[0]}: ${codeText(reason)[1]}`;
    if (execType !== ExecType.Trade) {
      const text = `${kind}: ${lots} at ${names.price(instrument, price)}, ${left}${why}${number}`;
      return void this.lines.push({
        record: index,
        time,
        step: "venue",
        text,
        because: this.#answers(kind, reason),
        facts: { report },
      });
    }
    const [did, how] = [side === 0 ? "bought" : "sold", ["", " as maker", " as taker"][report.liquidity] ?? ""];
    const text = `${did} ${lots} at ${names.price(instrument, price)}${how}, ${left}${number}`;
    const because = matchId === 0 ? "the venue" : `match ${matchId} of the venue`;
    this.lines.push({ record: index, time, step: "fill", text, because, facts: { report } });
    if (!this.#state.positions.known) return;
    const moved = `${names.quantity(instrument, before)} → ${names.quantity(instrument, after)}`;
    const money = `fee ${names.money(instrument, fee)}, realised ${names.money(instrument, realised)}`;
    const facts = { before, after, fee, realised };
    this.lines.push({ record: index, time, step: "position", text: `${moved}; ${money}`, because: "the fill", facts });
  }

  /** What a report answers. */
  #answers(kind: string, reason: number): string {
    if (kind === "new" || kind === "rejected") return `the order of record ${this.#decided}`;
    if (reason === Code.OwnerCancel && this.#massCancel !== null) {
      return `the mass cancel of record ${this.#massCancel.record}, by ${this.#because(this.#massCancel.cause)}`;
    }
    const asked = this.lines.findLast(({ step }) => step === "cancel" || step === "amend");
    return asked === undefined || UNASKED.has(reason) ? "the venue" : `the ${asked.step} of record ${asked.record}`;
  }

  #because(cause: number): string {
    return causeText(this.#state.names, cause, (order) => this.#reports.get(order) ?? `a report of order ${order}`);
  }

  /** A new order came by: perhaps the one that is looked for by its number. */
  #seen(id: number, owner: number): void {
    const name = this.#name;
    if ("order" in name) {
      if (id < name.order) this.#below = Math.max(this.#below, id);
      if (id > name.order) this.#above = Math.min(this.#above, id);
      return;
    }
    if (this.#order !== null || this.#state.names.organism(owner) !== name.organism) return;
    if (this.#state.orders.count(owner) === name.number) this.#order = id;
  }

  #remember(order: number, text: string): void {
    this.#reports.delete(order);
    this.#reports.set(order, text);
    if (this.#reports.size <= REMEMBERED) return;
    this.#reports.delete(this.#reports.keys().next().value!);
  }
}
