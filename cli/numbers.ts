/** Whole numbers as people type them. */
import { UserError } from "../config/errors.ts";

/** Throws UserError USAGE that names the flag. */
export function parseWhole(text: string, flag: string, min: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(value) || value < min) {
    throw new UserError("USAGE", `${flag} must be a whole number of ${min} or more, not "${text}"`);
  }
  return value;
}
