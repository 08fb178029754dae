/**
 * A class of messages over several brokers: the first of them carries it, and while that one is down the next. Traffic
 * moves there and back without loss, and without reordering a key. This is the rule, and why it holds.
 *
 * **Lanes.** Keys are dealt to 64 lanes. A producer numbers what it sends in each lane, and a lane lies in one partition of
 * each broker. Order is kept in a lane, and so in every key.
 *
 * **Routes.** A producer sends over one broker at a time, one batch after the other, each confirmed before the next. When the
 * circuit breaker of that broker opens, its route is over and a new one begins on the first broker that is well; the same
 * when a better one is well again, which probes find out. A route that is over is never taken up again: whoever comes back
 * comes with a new one, of a higher number, and not before what hung in that broker has been answered.
 *
 * **What is in doubt goes again.** A new route begins with the batch that was not confirmed, and before it with the latest
 * letters that were (a window of letters and bytes, and all from what still hangs in a broker on). Hence of everything that was published, either a new route brings it,
 * or it is kept by an earlier broker and lies below the new route's beginning.
 *
 * **The mark.** Every letter says its producer, lane and sequence, the number of its route, and with which sequence that
 * route begins in its lane (mark.ts). So no reader needs to have seen a hand-over happen.
 *
 * **The reader** reads all brokers at once, each partition in its order, and hands a letter out (progress.ts) when
 *   - it is not the first of its lane on its route: the broker's order is the lane's, and its route's beginning was handed
 *     out before it, here or by another member of the group; or
 *   - it is, and nothing before that beginning is missing: by what was handed out here, or because no other broker has a
 *     letter of its lane from before that beginning which the group has not committed, looked at after the letter had come
 *     (evidence.ts).
 * What is below the next sequence has been dealt with and is dropped. Anything else waits, with its whole partition, so that
 * no commit passes over it. Which of two routes is the newer says nothing: one that ended in the middle of what it had to
 * send again has less than the one before.
 *
 * **Hence:** nothing is lost and no key reordered, whoever fails when. What an outage costs is time: a reader that was
 * further behind than the window waits for the rest until the failed broker is back; so does one that does not know what its
 * group has done (it began anew, or another member did it) until that broker can be asked. Keep `progress` with the effects,
 * as the Deduplicator's state, and a restarted reader knows.
 *
 * **Not deadlocked:** a letter waits only for what was published before it, and what is oldest of all that is unread stands
 * at the head of its partition and waits for nothing.
 *
 * **Refusals.** A letter that is given up (nobody answered in time, or too large) is told to its publisher, and what comes
 * after it begins a new route: a beginning that never came would be taken for one that was dealt with. It may have been kept
 * all the same; then it comes in its place, or not at all, or, to a reader that begins anew without `progress`, late.
 *
 * **Classes that go everywhere** (control, kill) use no routes: each letter goes to all brokers at once, the first copy
 * counts, by (producer, sequence), and between letters no order is promised.
 */
import type { Broker } from "../broker.ts";

/** The part of a circuit breaker (supervision/breaker.ts) that routes need; time in microseconds. */
export interface RouteBreaker {
  readonly state: "closed" | "open" | "half-open";
  admit(now: number): RouteAdmission | null;
  settle(admission: RouteAdmission, ok: boolean, now: number): void;
}

export interface RouteAdmission {
  readonly period: number;
  readonly since: number;
}

/** One of the brokers that may carry a class. */
export interface Route {
  readonly name: string;
  readonly broker: Broker;
  readonly breaker: RouteBreaker;
}

/** Where a topic is carried now. */
export interface RouteChange {
  readonly topic: string;
  /** Null: it is the first. */
  readonly from: string | null;
  readonly to: string;
  /** Whether that is the first of its class. */
  readonly preferred: boolean;
  /** Number of the route. */
  readonly route: number;
  /** Letters that are sent again. */
  readonly again: number;
}

/** How long a broker may take to confirm a batch before that counts as a failure, milliseconds. */
export const DEFAULT_ANSWER_MS = 1_000;
/** Confirmed letters that are sent again by a new route: what a reader may be behind without waiting for the old broker. */
export const DEFAULT_WINDOW_LETTERS = 4_096;
/** And no more bytes than this, about. */
export const DEFAULT_WINDOW_BYTES = 8 * 1024 * 1024;

export interface RouteOptions {
  readonly answerMs?: number;
  readonly windowLetters?: number;
  readonly windowBytes?: number;
  /** How long a letter is tried while no broker is well; default DEFAULT_RETRY_MS. */
  readonly retryMs?: number;
  readonly onRoute?: (change: RouteChange) => void;
}
