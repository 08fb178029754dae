/** Commands, decisions, causes and reports in words, with prices as decimals. */
import { CODE_TEXT, OrderType, SelfTrade, TimeInForce } from "../../../ffi/layout.gen.ts";
import { gateChecks } from "../../../ffi/mod.ts";
import { type CheckUnit, formatDecimal, readCause } from "../../protocol/mod.ts";
import { unitOfCheck } from "../check_units.ts";
import type { RunNames } from "./names.ts";
import type { CommandFields, DecisionFields } from "./records.ts";

const namesOf = (table: Readonly<Record<string, number>>): Readonly<Record<number, string>> =>
  Object.fromEntries(Object.entries(table).map(([name, value]) => [value, name]));
const TYPES = namesOf(OrderType);
const TIMES = namesOf(TimeInForce);
const SELF_TRADES = namesOf(SelfTrade);
/** Bits of `OrderCommand.flags` that a person wants to know of. */
const FLAGS: readonly (readonly [bit: number, text: string])[] = [
  [0, "post-only"],
  [1, "reduce-only"],
  [2, "deliberate duplicate"],
  [6, "sells short"],
  [7, "sells short, exempt"],
  [8, "intermarket sweep"],
  [9, "child of a parent"],
  [10, "entered by a person"],
  [11, "its warning was acknowledged"],
];
const SELF_TRADE_SHIFT = 3;
/** Of money units. */
const MONEY_DECIMALS = 8;

export const typeText = (type: number): string => TYPES[type] ?? `type ${type}`;
export const tifText = (tif: number): string => TIMES[tif] ?? `time in force ${tif}`;

/** What was asked for: "buy 5 at 100.05, Limit, Gtc, post-only". */
export function orderText(names: RunNames, command: CommandFields): string {
  const { instrument, side, quantity, price, orderType, tif, flags, display } = command;
  const at = orderType === OrderType.Market ? "at any price" : `at ${names.price(instrument, price)}`;
  const selfTrade = (flags >> SELF_TRADE_SHIFT) & 7;
  return [
    `${side === 0 ? "buy" : "sell"} ${names.quantity(instrument, quantity)} ${at}`,
    typeText(orderType),
    tifText(tif),
    ...FLAGS.flatMap(([bit, text]) => flags & (1 << bit) ? [text] : []),
    ...(selfTrade === 0 ? [] : [`self-trade ${SELF_TRADES[selfTrade] ?? selfTrade}`]),
    ...(display === 0 ? [] : [`shows ${names.quantity(instrument, display)}`]),
  ].join(", ");
}

/** What the gate said, with what it measured against which limit. */
export function verdictText(names: RunNames, { code, check, measured, limit, scope }: DecisionFields): string {
  if (code === 0) return `accepted by all ${gateChecks().length} checks`;
  const [name, text] = codeText(code);
  const by = gateChecks()[check];
  if (by === undefined) return `refused ${name}: ${text}`;
  const unit = unitOfCheck(by);
  const whose = scope === 0xffffffff ? "" : ` of ${names.scope(scope)}`;
  return `refused ${name} by check ${check + 1}, ${by}${whose}: ${text}; measured ${amount(measured, unit)}, limit ${
    amount(limit, unit)
  }`;
}

export const codeText = (code: number): readonly [name: string, text: string] =>
  CODE_TEXT[code] ?? [`code ${code}`, "of another version"];

/** A measured value with its unit. */
export function amount(value: number, unit: CheckUnit): string {
  if (unit === "money") return formatDecimal({ digits: BigInt(value), scale: MONEY_DECIMALS });
  return unit === "" ? String(value) : `${value} ${unit}`;
}

/** What led to a command; `reportOf` says what is known of the report of an order. */
export function causeText(names: RunNames, word: number, reportOf: (order: number) => string): string {
  const cause = readCause(word);
  switch (cause.kind) {
    case "report":
      return reportOf(cause.order);
    case "market":
      return cause.number === 0
        ? `market data of ${names.symbol(cause.instrument)}`
        : `event ${cause.number} of the market data of ${names.symbol(cause.instrument)}`;
    case "kill":
      return cause.record === 0 ? "a kill" : `the kill of record ${cause.record}`;
    case "timer":
      return "a timer of the organism";
    case "notice":
      return "a change of the market's status or of what it may trade";
    case "host":
      return "its host, which withdraws what rests when an organism begins or ends";
    case "person":
      return "a person who closes its position";
    case "unknown":
      return "not on record";
  }
}
