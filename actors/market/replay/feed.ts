/**
 * Plays a recording to the replay exchange: every message at its local receive time in virtual time, so that the pace is
 * the driver's (as recorded, ×N, or as fast as possible) and the order of events is the same at each.
 *
 * The file is read ahead in the background. Should the messages run out before the file has answered, the actor stays
 * busy until it has, and holds the clock meanwhile. Should the disk hang for longer than the clock is patient, what is
 * played after its time is counted as late. A message is never played out of its order.
 */
import { type ActorDef, type ActorRef, type Micros, MICROS_PER_MS } from "../../../runtime/mod.ts";
import { VENUE, type VenueMessage } from "../../protocol/mod.ts";
import type { Recording } from "./recording.ts";

export interface ReplayFeedArgs {
  readonly recording: Recording;
}

/** Play what is due. */
type Play = { readonly kind: "Play" };
const PLAY: Play = { kind: "Play" };

/** When the exchange's mailbox is full, nothing is dropped: the message is offered again. */
const RETRY: Micros = MICROS_PER_MS;

export const replayFeed: ActorDef<Play, ReplayFeedArgs> = {
  type: "replay-feed",
  holdsTime: true,
  init(context, { recording }) {
    const venue: ActorRef<VenueMessage> = context.registry.get(VENUE);
    let alive = true;
    let background: { readonly error: unknown } | null = null;

    const arm = (delay: Micros) => context.timers.once("play", Math.max(0, delay), PLAY);

    /** Reads ahead while messages are played; a failure is thrown at the next message. */
    const readAhead = () => {
      recording.fill().catch((error: unknown) => {
        background = { error };
      });
    };

    /** Plays what is due, then waits for the next message, or for the file. */
    const play = (): void | Promise<void> => {
      if (background !== null) throw background.error;
      for (;;) {
        if (recording.starved) {
          return recording.fill().then(() => {
            if (alive) return play();
          });
        }
        const next = recording.next;
        if (next === undefined) return;
        const wait = next.time - context.clock.now();
        if (wait > 0) {
          arm(wait);
          break;
        }
        if (venue.tell(next) !== "enqueued") {
          arm(RETRY);
          break;
        }
        recording.shift(context.clock.now());
      }
      if (recording.low) readAhead();
    };

    arm(0);
    return {
      receive: play,
      stopped() {
        alive = false;
      },
      inspect: () => ({
        delivered: recording.delivered,
        late: recording.late,
        ended: recording.ended,
        faults: recording.faults.map(({ message }) => message),
        sources: recording.report().map(({ instrument, live, gaps, staleTops, counts }) => ({
          instrument,
          live,
          gaps,
          staleTops,
          messages: counts.messages,
          unknown: Object.fromEntries(counts.unknown),
        })),
      }),
    };
  },
};
