/**
 * Drop copy: an independent record of positions, kept from the execution reports alone and compared with the gate's.
 *
 * A difference means that somebody's books are wrong; it is put on record and is a reason to reduce only.
 */
import { ExecType, ExecutionView, RecordType } from "../../ffi/layout.gen.ts";
import type { AuditLog, OrderGate } from "../../ffi/mod.ts";
import { type ActorDef, MICROS_PER_SECOND } from "../../runtime/mod.ts";
import { DROP_COPY, type ExecutionBatch, Inbox, MODE, VENUE } from "../protocol/mod.ts";

/** Positions by strategy and instrument; belongs to the node so that a restart keeps them. */
export class DropCopyBook {
  readonly #positions = new Map<number, number>();
  /** The venue's stream as far as it was taken. */
  readonly stream = new Inbox();
  reports = 0;
  /** Breaks in the venue's report numbering. */
  gaps = 0;
  #venueSequence = 0;

  apply(batch: ExecutionBatch): void {
    const view = new ExecutionView(batch.records);
    for (let i = 0; i < batch.count; i++) {
      view.at(i);
      this.reports++;
      // Numbers rise; other participants' reports lie between ours, so only a step back is a fault.
      if (view.venueSequence <= this.#venueSequence) this.gaps++;
      this.#venueSequence = view.venueSequence;
      if (view.execType !== ExecType.Trade) continue;
      const key = view.owner * 1024 + view.instrument;
      this.#positions.set(key, (this.#positions.get(key) ?? 0) + (view.side === 0 ? view.quantity : -view.quantity));
    }
  }

  /** [strategy, instrument, lots], in the order first traded. */
  *entries(): Generator<readonly [strategy: number, instrument: number, lots: number]> {
    for (const [key, lots] of this.#positions) yield [Math.floor(key / 1024), key % 1024, lots];
  }
}

export interface DropCopyArgs {
  readonly book: DropCopyBook;
  readonly gate: OrderGate;
  readonly audit: AuditLog;
}

/** A comparison follows the first report within this time. */
const COMPARE_AFTER = MICROS_PER_SECOND;

type Compare = { readonly kind: "Compare" };

export const dropCopy: ActorDef<ExecutionBatch | Compare, DropCopyArgs> = {
  type: "drop-copy",
  mailbox: { capacity: 65_536, overflow: "reject" },
  init(context, { book, gate, audit }) {
    context.register(DROP_COPY);
    let comparing = false;
    const broken = new Set<string>();

    const ask = (after: number): void => {
      context.registry.find(VENUE)?.tell({ kind: "ResendReports", after, replyTo: context.self });
    };
    const compareLater = () => {
      if (comparing) return;
      comparing = true;
      context.timers.once("compare", COMPARE_AFTER, { kind: "Compare" });
    };
    if (context.incarnation > 0) {
      // A crash may have cost a batch, and the comparison that was due.
      book.stream.restarted();
      ask(book.stream.taken);
      compareLater();
    }

    /** Reports that the gate and the drop copy had when they were last compared. */
    let seen = "";
    const compare = () => {
      const taken = gate.counters().executions;
      const now = `${book.reports}/${taken}`;
      // One of the two is ahead by a batch that is on its way: unless nothing moves any more, they are compared later.
      if (book.reports !== taken && now !== seen) {
        seen = now;
        book.stream.restarted();
        ask(book.stream.taken);
        return compareLater();
      }
      for (const [strategy, instrument, lots] of book.entries()) {
        const held = gate.exposure(strategy, instrument).position;
        const name = `${strategy}/${instrument}`;
        if (held === lots || broken.has(name)) continue;
        broken.add(name);
        const detail =
          `strategy ${strategy} holds ${lots} lots of instrument ${instrument} by drop copy, ${held} by the gate`;
        audit.appendJson(RecordType.Reconciled, context.clock.now(), {
          strategy,
          instrument,
          dropCopy: lots,
          gate: held,
        });
        context.registry.find(MODE)?.tell({
          kind: "Concern",
          id: `position-mismatch:${name}`,
          active: true,
          demands: "SafeMode",
          detail,
          time: context.clock.now(),
        });
      }
    };

    return {
      receive(message) {
        if (message.kind === "Compare") {
          comparing = false;
          compare();
          return;
        }
        if (!book.stream.takes(message, ask)) return;
        book.apply(message);
        compareLater();
      },
      show: (message) => message,
      inspect: () => ({
        reports: book.reports,
        gaps: book.gaps,
        mismatches: [...broken],
        positions: [...book.entries()],
      }),
    };
  },
};
