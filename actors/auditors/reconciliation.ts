/**
 * Reconciliation: holds gate, books and drop copy against each other, again and again and on demand. Every difference is a
 * `Reconciled` record with what was done; one above what is tolerated raises a concern and an alert, and both end when the
 * difference is gone. Belongs to the node, so that a crash of the actor before it forgets no difference.
 */
import type { Micros } from "../../runtime/mod.ts";
import { type Concern, concern, concernId, type ReconciliationView } from "../protocol/mod.ts";
import type { AlertBook } from "./alerts.ts";
import type { DropCopyBook } from "./drop_copy_book.ts";
import {
  type ComparedBooks,
  type Difference,
  type GateLine,
  openDifferences,
  settledDifferences,
} from "./differences.ts";

export interface ReconciliationOptions {
  readonly copy: DropCopyBook;
  readonly gateOf: (strategy: number, instrument: number) => GateLine;
  readonly books: ComparedBooks;
  /** Lots, or orders, by which the three may differ without a concern. */
  readonly tolerance: number;
  /** Further differences: credit after trade. */
  readonly more?: () => readonly Difference[];
  /** Appends a `Reconciled` record. */
  readonly record: (value: Readonly<Record<string, unknown>>) => void;
  /** Tells the mode. */
  readonly raise: (concern: Concern) => void;
  /** Whether the mode knows of a concern. */
  readonly isActive: (id: string) => boolean;
  readonly alerts: AlertBook;
}

/** Comparisons in a row that must show the same open orders differing: what is on its way is not a difference. */
const CONFIRMED_BY = 3;

interface Finding {
  readonly difference: Difference;
  readonly since: Micros;
  readonly tolerated: boolean;
}

export class Reconciliation {
  readonly #options: ReconciliationOptions;
  readonly #open = new Map<string, Finding>();
  /** Differences of open orders that wait to be confirmed: what they said, and how often in a row. */
  #suspected = new Map<string, { readonly said: string; readonly times: number }>();
  #compared = 0;
  #last: Micros = 0;
  #found = 0;
  #repeatedOnRecord = 0;

  constructor(options: ReconciliationOptions) {
    this.#options = options;
  }

  /**
   * Compares. `level`: all three have the same reports, so that positions and trades must agree. `still`: nothing is on its
   * way any more. Returns whether something waits to be confirmed by another comparison.
   */
  compare(now: Micros, level: boolean, still = false): boolean {
    const { copy, gateOf, books, more } = this.#options;
    this.#compared++;
    this.#last = now;
    this.#noteOddities(now);
    const seen = openDifferences(copy, gateOf, books);
    const orders = still ? seen : this.#confirmed(seen);
    if (level) {
      const rest = [...settledDifferences(copy, gateOf, books), ...more?.() ?? []];
      this.#settle([...rest, ...orders], () => true, now);
    } else {
      this.#settle(orders, ({ kind }) => kind === "order-mismatch", now);
    }
    return this.#suspected.size > 0;
  }

  /** Compares, and puts the outcome on record whatever it is: at the end of a day or a run, and for whoever asks. */
  statement(cause: "end-of-day" | "end-of-run" | "on-demand", who: string, now: Micros, level: boolean): void {
    this.compare(now, level, level && cause === "end-of-run");
    const { copy, record } = this.#options;
    const { reports, trades } = copy;
    record({ statement: cause, who, level, reports, trades, repeated: copy.gaps, open: this.#view() });
  }

  view(): ReconciliationView {
    return {
      compared: this.#compared,
      last: this.#last,
      found: this.#found,
      open: this.#view(),
      repeated: this.#options.copy.gaps,
    };
  }

  #view() {
    return [...this.#open].map(([id, { difference, since, tolerated }]) => ({
      id,
      detail: difference.detail,
      since,
      tolerated,
    }));
  }

  /** Reports that do not fit are differences that no comparison can take back. */
  #noteOddities(now: Micros): void {
    const { copy, record } = this.#options;
    if (copy.gaps > this.#repeatedOnRecord) {
      record({
        repeated: copy.gaps - this.#repeatedOnRecord,
        done: "told before: left out by gate, books and drop copy",
      });
      this.#repeatedOnRecord = copy.gaps;
    }
    for (const { difference } of this.#open.values()) {
      if (difference.kind === "report-mismatch") this.#find(difference, now);
    }
    for (const { order, strategy, instrument, venueSequence, detail } of copy.takeOddities()) {
      const told = `the venue left out or repeated a report: ${detail}`;
      const facts = { strategy, instrument, gate: null, books: null, dropCopy: order, size: Infinity, detail: told };
      const difference: Difference = { kind: "report-mismatch", subject: `${order}`, ...facts };
      this.#find(difference, now, { order, venueSequence });
    }
  }

  #confirmed(found: readonly Difference[]): readonly Difference[] {
    const before = this.#suspected;
    this.#suspected = new Map();
    return found.filter((difference) => {
      const id = idOf(difference);
      if (this.#open.has(id)) return true;
      const seen = before.get(id);
      const times = seen?.said === difference.detail ? seen.times + 1 : 1;
      if (times >= CONFIRMED_BY) return true;
      this.#suspected.set(id, { said: difference.detail, times });
      return false;
    });
  }

  /** Finds what is new, and ends what is gone; `looked` says which kinds this comparison could see. */
  #settle(found: readonly Difference[], looked: (difference: Difference) => boolean, now: Micros): void {
    const still = new Set(found.map(idOf));
    for (const difference of found) this.#find(difference, now);
    for (const [id, { difference, tolerated }] of [...this.#open]) {
      if (still.has(id) || difference.kind === "report-mismatch" || !looked(difference)) continue;
      this.#open.delete(id);
      this.#options.record({ ended: id, done: tolerated ? "nothing was to be done" : "the concern is over" });
      if (!tolerated) this.#raise(difference, false, `${difference.detail}: no longer`, now);
    }
  }

  #find(difference: Difference, now: Micros, facts: Readonly<Record<string, unknown>> = {}): void {
    const { record, tolerance, alerts, isActive } = this.#options;
    const id = idOf(difference);
    const { kind, strategy, instrument, gate, books, dropCopy, size, detail } = difference;
    const known = this.#open.get(id);
    const tolerated = size <= tolerance;
    if (known !== undefined && known.tolerated === tolerated) {
      // What the mode believes, not what was said: a message may be lost with whoever had it in its hands.
      if (!tolerated && !isActive(id)) this.#raise(difference, true, detail, now);
      return;
    }
    this.#found++;
    this.#open.set(id, { difference, since: known?.since ?? now, tolerated });
    const done = tolerated
      ? "within what is tolerated"
      : "told the mode, which lets only reducing orders pass, and the firm";
    record({ difference: kind, strategy, instrument, gate, books, dropCopy, detail, done, ...facts });
    if (tolerated) return;
    this.#raise(difference, true, detail, now);
    alerts.raise(kind, detail, { id });
  }

  #raise({ kind, subject }: Difference, active: boolean, detail: string, time: Micros): void {
    this.#options.raise(concern({ kind, subject, active, detail, time }));
  }
}

const idOf = ({ kind, subject }: Difference): string => concernId(kind, subject);
