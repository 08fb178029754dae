/** The state of a run for people. */
import type { RunState } from "../actors/node/reading/mod.ts";
import { formatDecimal } from "../config/decimals.ts";
import { columns } from "./io.ts";
import { timeText } from "./time_text.ts";

/** Decimals of money units. */
const MONEY = 8;

export function stateText(state: RunState): string[] {
  const { names, records, time, mode, ended, positions, orders, strict, alerts, usage } = state;
  const id = (symbol: string): number => names.symbols.indexOf(symbol);
  const open = [...orders.open()];
  const held = positions.positions().filter(({ quantity }) => quantity !== 0);
  return [
    `${records.toLocaleString("en")} records, ${timeText(time)}, mode ${mode}${ended ? ", the run has ended" : ""}`,
    ...section(
      "positions",
      held.map(({ organism, instrument, quantity, mark }) => [
        organism,
        instrument,
        names.quantity(id(instrument), quantity),
        `at ${mark === 0 ? "no price" : `${mark} ticks`}`,
      ]),
    ),
    ...section(
      "profit and loss",
      positions.profits().map(({ organism, realised, unrealised, fees }) => [
        organism,
        `realised ${money(realised)}`,
        `unrealised ${money(unrealised)}`,
        `fees ${money(fees)}`,
      ]),
    ),
    ...section(
      "open orders",
      open.map(({ order, organism, number, instrument, side, price, leaves, quantity, state }) => [
        `${order}`,
        `${organism}#${number}`,
        instrument,
        `${side} ${names.quantity(id(instrument), leaves)} of ${names.quantity(id(instrument), quantity)}`,
        price === 0 ? "at any price" : `at ${names.price(id(instrument), price)}`,
        state,
      ]),
    ),
    ...section(
      "scopes that are not ACTIVE",
      strict.map(({ scope, state, who, reason }) => [scope, state, who, reason]),
    ),
    ...section(
      "alerts that wait",
      alerts.open().map(({ alert, severity, kind, state, text }) => [`record ${alert}`, severity, kind, state, text]),
    ),
    ...section(
      "limits (used now, most used, limit)",
      (usage?.usesNow() ?? []).map(({ scope, instrument, limit, value, now, used }) => {
        const shown = (amount: number | null) =>
          amount === null ? "–" : isMoney(limit) ? money(amount) : String(amount);
        return [scope, instrument ?? "", limit, shown(now), shown(used), shown(value)];
      }),
    ),
  ];
}

function section(title: string, rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [`${title}: none`] : [`${title}:`, ...columns(rows).map((line) => `  ${line}`)];
}

const isMoney = (limit: string): boolean => /^max_(notional|gross|net)$/.test(limit);
const money = (units: number): string => formatDecimal({ digits: BigInt(Math.round(units)), scale: MONEY });
