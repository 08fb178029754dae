/** Integers of the node as text for people. Pure; units as in the view types. */

const MINUS = "\u2212";
/** What stands where a figure was not received. */
export const NONE = "\u2013";
const MONEY_SCALE = 100_000_000;

/** Decimals needed to write every multiple of `step`, a decimal such as "0.005" or "1e-8". */
export function decimalsOf(step: string): number {
  const [mantissa, exponent] = step.toLowerCase().split("e");
  const fraction = mantissa.includes(".") ? mantissa.split(".")[1].replace(/0+$/, "").length : 0;
  return Math.max(0, fraction - Number(exponent ?? 0));
}

/** `value` with thousands apart and a true minus sign. */
export function fixed(value: number, decimals: number): string {
  if (!Number.isFinite(value)) return NONE;
  const [whole, fraction] = Math.abs(value).toFixed(decimals).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  const text = fraction === undefined ? grouped : `${grouped}.${fraction}`;
  return value < 0 && /[1-9]/.test(text) ? MINUS + text : text;
}

/** Price of `ticks` (which may be an average between ticks, then rounded to the tick's decimals). */
export function price(ticks: number, tick: string): string {
  return fixed(ticks * Number(tick), decimalsOf(tick));
}

/** Quantity of `lots` in the base asset. */
export function quantity(lots: number, lot: string): string {
  return fixed(lots * Number(lot), decimalsOf(lot));
}

/** Money units (1e-8) with two decimals; `signed` puts a plus before gains. */
export function money(units: number, signed = false): string {
  const text = fixed(units / MONEY_SCALE, 2);
  return signed && units > 0 && /[1-9]/.test(text) ? `+${text}` : text;
}

/** A count: whole below ten million, then in millions or billions. */
export function count(value: number): string {
  if (value < 10_000_000) return fixed(value, 0);
  return value < 1e10 ? `${fixed(value / 1e6, 1)} M` : `${fixed(value / 1e9, 1)} G`;
}

/** "1 restart", "2 restarts". */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** A rate per second, to three digits at most. */
export function rate(perSecond: number): string {
  if (perSecond >= 999_500) return `${(perSecond / 1e6).toFixed(1)}M`;
  if (perSecond >= 9_995) return `${Math.round(perSecond / 1e3)}k`;
  if (perSecond >= 999.5) return `${(perSecond / 1e3).toFixed(1)}k`;
  return perSecond >= 9.95 || perSecond === 0 ? perSecond.toFixed(0) : perSecond.toFixed(1);
}

/** A span in microseconds in the unit people would use. */
export function span(micros: number): string {
  if (micros < 10) return `${fixed(micros, 2)} µs`;
  if (micros < 1_000) return `${fixed(micros, micros < 100 ? 1 : 0)} µs`;
  if (micros < 1_000_000) return `${fixed(micros / 1e3, micros < 100_000 ? 2 : 0)} ms`;
  return `${fixed(micros / 1e6, 2)} s`;
}

/** Nanoseconds as milliseconds, with enough digits for the very short. */
export function millis(nanos: number): string {
  const value = nanos / 1e6;
  return `${fixed(value, value < 0.1 ? 4 : value < 10 ? 3 : 1)} ms`;
}

/** Node clock as date and time in UTC. */
export function dateTime(micros: number): string {
  const text = iso(micros);
  return text === null ? NONE : `${text.slice(0, 10)} ${text.slice(11, 21)}`;
}

/** Node clock as time of day in UTC, to the millisecond. */
export function timeOfDay(micros: number): string {
  return iso(micros)?.slice(11, 23) ?? NONE;
}

function iso(micros: number): string | null {
  const date = new Date(micros / 1000);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** Seconds as hours, minutes and seconds, with days in front when there are any. */
export function uptime(seconds: number): string {
  const whole = Math.floor(seconds);
  const two = (value: number) => String(value).padStart(2, "0");
  const clock = `${two(Math.floor(whole / 3600) % 24)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  return whole >= 86_400 ? `${Math.floor(whole / 86_400)} d ${clock}` : clock;
}

/** The ends of a long hash. */
export function shortHash(hash: string): string {
  return hash.length <= 16 ? hash : `${hash.slice(0, 8)}\u2026${hash.slice(-6)}`;
}

/** "PriceCollar" as "price collar". */
export function words(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
}
