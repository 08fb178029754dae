/** Limits and their use as text for people. Pure. */
import type { LimitRef, LimitValue } from "../../protocol/limits.ts";
import { fixed, NONE } from "./format.ts";

/** "max_gross" as "gross". */
export const limitName = (limit: string): string => limit.replace(/^max_/, "").replaceAll("_", " ");

export const refName = ({ scope, limit, instrument }: LimitRef): string =>
  `${limitName(limit)} of ${scope}${instrument === null ? "" : ` in ${instrument}`}`;

/** Whole when it is whole, else with two decimals. */
export function figure(value: LimitValue): string {
  if (value === null) return NONE;
  const number = Number(value);
  return fixed(number, Number.isInteger(number) ? 0 : 2);
}

/** "currency" as the one currency there is. */
export function unitName(unit: string, currency: string | null): string {
  return unit === "currency" ? currency ?? "money" : unit;
}

export const percent = (share: number): string => `${fixed(share * 100, share < 0.1 && share > 0 ? 1 : 0)} %`;

/** Wall milliseconds as date and time in UTC, to the second. */
export function wallTime(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? NONE : date.toISOString().slice(0, 19).replace("T", " ");
}
