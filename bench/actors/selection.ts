/** A part of a measurement, as the command line asks for it. */
import { suggestion, UserError } from "../../config/mod.ts";

export interface Selection {
  /** Names separated by commas. */
  readonly only?: string;
  readonly engines?: string;
  readonly runs?: string;
  /** Everything, at full length. */
  readonly long?: boolean;
}

/** Those that the list names, in their own order; all without a list. Throws UserError USAGE for a name that is none. */
export function chosen<T extends { readonly name: string }>(
  what: string,
  all: readonly T[],
  list: string | undefined,
): readonly T[] {
  if (list === undefined) return all;
  const names = all.map(({ name }) => name);
  const wanted = list.split(",").map((name) => name.trim());
  for (const name of wanted) {
    if (!names.includes(name)) {
      throw new UserError("USAGE", `there is no ${what} "${name}": ${suggestion(name, names)}`);
    }
  }
  return all.filter(({ name }) => wanted.includes(name));
}

export function wholeNumber(flag: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new UserError("USAGE", `${flag} takes a whole number above 0, not "${text}"`);
}
