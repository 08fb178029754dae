/**
 * Drop copy: an independent record of positions, trades and open orders, kept from the execution reports alone. It drives
 * what is done with it: credit after trade with every batch, reconciliation soon after, a statement at the end of a day,
 * and a look at whether surveillance keeps up.
 */
import { type ActorDef, MICROS_PER_SECOND } from "../../runtime/mod.ts";
import {
  type Concern,
  concern,
  concernId,
  DROP_COPY,
  type ExecutionBatch,
  MODE,
  SURVEILLANCE,
  VENUE,
} from "../protocol/mod.ts";
import type { CreditWatch } from "./credit.ts";
import type { DropCopyBook } from "./drop_copy_book.ts";
import type { Reconciliation } from "./reconciliation.ts";

export interface DropCopyArgs {
  readonly book: DropCopyBook;
  readonly credit: CreditWatch;
  readonly reconciliation: Reconciliation;
  /** Reports that the gate has taken. */
  readonly taken: () => number;
  /** The feed of surveillance: batches told to it, and taken by it. */
  readonly feed: () => { readonly told: number; readonly taken: number };
  /** Whether the mode knows of a concern. */
  readonly isActive: (id: string) => boolean;
}

/** A comparison follows the first report within this time. */
const COMPARE_AFTER = MICROS_PER_SECOND;
const MICROS_PER_DAY = 86_400 * MICROS_PER_SECOND;

type Compare = { readonly kind: "Compare" };

export const dropCopy: ActorDef<ExecutionBatch | Compare, DropCopyArgs> = {
  type: "drop-copy",
  mailbox: { capacity: 65_536, overflow: "reject" },
  init(context, { book, credit, reconciliation, taken, feed, isActive }) {
    context.register(DROP_COPY);
    let comparing = false;
    let day = Math.floor(context.clock.now() / MICROS_PER_DAY);

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
      const now = context.clock.now();
      const counted = taken();
      const counts = `${book.reports}/${counted}`;
      // One of the two is ahead by a batch that is on its way: unless nothing moves any more, they are compared later.
      const waits = book.reports !== counted && counts !== seen;
      seen = counts;
      if (waits) {
        book.stream.restarted();
        ask(book.stream.taken);
      } else {
        const today = Math.floor(now / MICROS_PER_DAY);
        if (today !== day) reconciliation.statement("end-of-day", "node", now, true);
        day = today;
      }
      const unsure = reconciliation.compare(now, !waits);
      if (watchFeed() || waits || unsure) compareLater();
    };

    /** What surveillance had taken when it was last seen behind. */
    let stuckAt = -1;
    /** Whether surveillance is behind what it was told. */
    const watchFeed = (): boolean => {
      const { told, taken: delivered } = feed();
      const tell = (active: boolean, detail: string) => {
        const said: Concern = concern({ kind: "surveillance-gap", active, detail, time: context.clock.now() });
        context.registry.find(MODE)?.tell(said);
      };
      const active = isActive(concernId("surveillance-gap"));
      if (told === delivered) {
        stuckAt = -1;
        if (active) tell(false, "surveillance has every execution report");
        return active;
      }
      context.registry.find(SURVEILLANCE)?.tell({ kind: "CatchUp" });
      if (stuckAt === delivered && !active) {
        tell(true, `surveillance lacks ${told - delivered} batches of execution reports, from ${delivered + 1} on`);
      }
      stuckAt = delivered;
      return true;
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
        credit.look();
        compareLater();
      },
      show: (message) => message,
      inspect: () => ({
        reports: book.reports,
        gaps: book.gaps,
        mismatches: reconciliation.view().open.map(({ id }) => id),
        positions: [...book.entries()],
        credit: credit.view(),
      }),
    };
  },
};
