/**
 * The kinds of value a configuration key may hold, each with one sentence that says what is allowed.
 *
 * `key` attaches what every key must carry: its unit and the reason why it exists or has its default.
 */
import { z } from "zod";
import { parseBroker } from "./brokers.ts";
import { parseDecimal } from "./decimals.ts";

export interface KeyMeta {
  readonly unit: string;
  readonly description: string;
}

/** Marks a schema as one configuration key. Apply it last: a wrapper around it would hide it. */
export function key<T extends z.ZodType>(schema: T, unit: string, description: string): T {
  return schema.meta({ unit, description });
}

export const U32_MAX = 4_294_967_295;

/** Quantities beyond this many lots are a mistake in any market, and leave room for exact products in 64 bits. */
export const MOST_LOTS = 1_000_000_000_000;

/** A whole number from `min` to `max`, both included. */
export function whole(min: number, max: number = Number.MAX_SAFE_INTEGER) {
  const error = max === Number.MAX_SAFE_INTEGER
    ? `must be a whole number of ${min} or more`
    : `must be a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

/** A finite number from `min` to `max`, both included. */
export function real(min: number, max: number = Infinity) {
  const error = max === Infinity ? `must be a number of ${min} or more` : `must be a number from ${min} to ${max}`;
  const schema = z.number({ error }).min(min, { error });
  return max === Infinity ? schema : schema.max(max, { error });
}

/** A finite number above zero. */
export function positive() {
  const error = "must be a number above 0";
  return z.number({ error }).gt(0, { error });
}

export function choice<const T extends readonly [string, ...string[]]>(...values: T) {
  return z.enum(values, { error: `must be one of ${values.join(", ")}` });
}

export function flag() {
  return z.boolean({ error: "must be true or false" });
}

export function text(what = "must be a text of one character or more") {
  return z.string({ error: what }).min(1, { error: what });
}

/** A decimal in quotes, above zero: prices, tick and lot sizes and amounts never pass through a float. */
export function decimal() {
  const error = 'must be a decimal above zero in quotes, for example "0.01"';
  return z.string({ error }).refine((value) => {
    try {
      return parseDecimal(value).digits > 0n;
    } catch {
      return false;
    }
  }, { error });
}

/** A moment in UTC, to the second or finer. */
export function moment() {
  const error = 'must be a moment in UTC in quotes, for example "2026-12-31T23:59:59Z"';
  return z.string({ error }).refine(
    (value) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/.test(value) && !Number.isNaN(Date.parse(value)),
    { error },
  );
}

/** A name that can stand in a scope, a path and a file name. */
export function identifier() {
  const error = 'must be 1 to 20 letters, digits, ".", "_" or "-", and begin with a letter or digit';
  return z.string({ error }).regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,19}$/, { error });
}

/** The address of a broker (`brokers.ts`). */
export function broker() {
  const error = 'must be a broker, such as "redis://127.0.0.1:6379"';
  return z.string({ error }).superRefine((value, context) => {
    try {
      parseBroker(value);
    } catch (wrong) {
      context.addIssue({ code: "custom", message: `${error}: ${(wrong as Error).message}`, input: value });
    }
  });
}
