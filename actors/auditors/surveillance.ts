/**
 * Surveillance receives every execution report as soon as gate and log have it, and keeps the feed that people and
 * machines with that role read. A gap in the numbers, or a start after a crash, makes it ask the guardian again; what the
 * guardian keeps no longer is counted as lost and put on record, never passed over.
 */
import { ExecutionView } from "../../ffi/layout.gen.ts";
import type { ActorDef } from "../../runtime/mod.ts";
import { GUARDIAN, SURVEILLANCE, type SurveillanceMessage } from "../protocol/mod.ts";
import type { AlertBook } from "./alerts.ts";
import type { ExecutionFeed } from "./execution_feed.ts";
import type { LayeringWatch } from "./layering.ts";

export interface SurveillanceArgs {
  readonly feed: ExecutionFeed;
  readonly alerts: AlertBook;
  /** Looks for a pattern in what is delivered; absent: nobody does. */
  readonly layering?: LayeringWatch;
}

type LookAgain = { readonly kind: "LookAgain" };

export const surveillance: ActorDef<SurveillanceMessage | LookAgain, SurveillanceArgs> = {
  type: "surveillance",
  mailbox: { capacity: 65_536, overflow: "reject" },
  init(context, { feed, alerts, layering }) {
    context.register(SURVEILLANCE);
    const ask = (after: number): void => {
      context.registry.find(GUARDIAN)?.tell({ kind: "ResendRecorded", after, replyTo: context.self });
    };
    const askAnew = () => {
      feed.stream.restarted();
      ask(feed.stream.taken);
    };
    /** What was seen is decided after its time, also when nothing follows. */
    const lookLater = () => {
      if (layering?.pending) context.timers.once("patterns", layering.settleAfter, { kind: "LookAgain" });
    };
    if (context.incarnation > 0) {
      askAnew();
      lookLater();
    }
    return {
      receive(message) {
        if (message.kind === "CatchUp") return askAnew();
        if (message.kind === "LookAgain") {
          layering?.look(context.clock.now());
          return lookLater();
        }
        if (message.kind === "RecordedForgotten") return feed.stream.skip(message.through);
        const gap = (after: number) => {
          feed.gaps++;
          ask(after);
        };
        if (!feed.stream.takes(message, gap)) return;
        const before = feed.lost;
        feed.take(message, context.stopwatch.now());
        if (feed.lost > before) layering?.forget();
        layering?.take(new ExecutionView(message.records), message.count);
        lookLater();
        if (feed.lost === before) return;
        const lost = feed.lost - before;
        alerts.raise("surveillance-lost", `${lost} execution reports never reached the feed: the audit log has them`, {
          lost,
          next: message.first,
        });
      },
      show: (message) => message,
      // Crash records hold this, and must not differ from run to run: nothing of the stopwatch here.
      inspect: () => ({ delivered: feed.delivered, newest: feed.newest, gaps: feed.gaps, lost: feed.lost }),
    };
  },
};
