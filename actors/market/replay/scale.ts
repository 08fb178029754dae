/**
 * Decimals of a capture to ticks and lots, exactly and without BigInt.
 *
 * The reading itself is done where the bytes are (`scan.ts`); this file prepares the two numbers it needs. A step such
 * as "0.10" has one significant decimal and a unit of 1; "0.25" has two and a unit of 25. A decimal is read as an
 * integer of that many decimals, every further digit must be zero, and the unit must divide it: no float
 * multiplication ever decides a price.
 */
import { parseDecimal } from "../../protocol/decimals.ts";
import { UserError } from "../../../config/errors.ts";

export interface Scale {
  /** As configured, for messages to people. */
  readonly step: string;
  /** Decimals to read. */
  readonly decimals: number;
  /** What the integer so read is divided by. */
  readonly unit: number;
}

const MAX_DECIMALS = 12;

/** Throws UserError CAPTURE_STEP for a step that is no positive decimal, or too fine or too coarse to be one. */
export function scaleOf(step: string): Scale {
  let { digits, scale } = parseDecimal(step);
  while (scale > 0 && digits % 10n === 0n) {
    digits /= 10n;
    scale--;
  }
  if (digits <= 0n || digits > 1_000_000_000n || scale > MAX_DECIMALS) {
    throw new UserError(
      "CAPTURE_STEP",
      `A tick or lot of ${step} cannot be used to read a capture: give a decimal above zero with at most ${MAX_DECIMALS} decimals.`,
    );
  }
  return { step, decimals: scale, unit: Number(digits) };
}
