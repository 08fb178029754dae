/**
 * What led to a command, in the one word that its record has for it (`OrderCommand.cause`, and the head of the record).
 *
 * The bits above 48 say what kind of thing it was, those below which one. A word without a kind is the order whose report
 * was answered, which is all that logs before this table held, so they still read as they did. 0 is not known.
 */

/** In the order of their numbers in the word. */
export const CAUSE_KINDS = ["report", "market", "timer", "notice", "host", "kill", "person"] as const;
export type CauseKind = typeof CAUSE_KINDS[number];

const KIND_SHIFT = 2 ** 48;
/** Of a market event: its number below, its instrument (0 to 127) above. */
const INSTRUMENT_SHIFT = 2 ** 41;

/** Not known. */
export const NO_CAUSE = 0;
/** A timer of the organism. */
export const TIMER_CAUSE: number = causeWord("timer", 0);
/** A change of the market's status or of the organism's trading state. */
export const NOTICE_CAUSE: number = causeWord("notice", 0);
/** The host withdrew what rested, because an incarnation began or ended. */
export const HOST_CAUSE: number = causeWord("host", 0);
/** A person closes positions. */
export const PERSON_CAUSE: number = causeWord("person", 0);

/** A market event of an instrument by its number, from 1, as the venue published it; 0 where nobody counts. */
export const marketCause = (instrument: number, number: number): number =>
  causeWord("market", instrument * INSTRUMENT_SHIFT + number);

/** A kill by the index of the record of its scope; 0 where the scope's own word did not change. */
export const killCause = (record: number): number => causeWord("kill", record);

export type Cause =
  | { readonly kind: "unknown" | "timer" | "notice" | "host" | "person" }
  | { readonly kind: "report"; readonly order: number }
  | { readonly kind: "market"; readonly instrument: number; readonly number: number }
  | { readonly kind: "kill"; readonly record: number };

/** Reads a word; one of a kind that does not exist is unknown. */
export function readCause(word: number): Cause {
  const kind = CAUSE_KINDS[Math.floor(word / KIND_SHIFT)];
  const number = word % KIND_SHIFT;
  switch (kind) {
    case "report":
      return number === 0 ? { kind: "unknown" } : { kind, order: number };
    case "market":
      return { kind, instrument: Math.floor(number / INSTRUMENT_SHIFT), number: number % INSTRUMENT_SHIFT };
    case "kill":
      return { kind, record: number };
    case undefined:
      return { kind: "unknown" };
    default:
      return { kind };
  }
}

function causeWord(kind: CauseKind, number: number): number {
  return CAUSE_KINDS.indexOf(kind) * KIND_SHIFT + number;
}
