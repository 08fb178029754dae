/** What stands on a topic, as a subscriber is told of it. */
import type { Delivered } from "./broker.ts";
import { FrameError } from "./errors.ts";
import { decodeFrame } from "./frame.ts";
import type { RawRecord } from "./log.ts";

export function deliver({ partition, offset, frame }: RawRecord): Delivered {
  if (frame === null) {
    return { kind: "bad", code: "FRAME_BAD", partition, offset, why: "an entry without a frame.", frame: "" };
  }
  try {
    const { key, letter } = decodeFrame(frame);
    return { kind: "letter", partition, offset, key, letter, frame };
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    return { kind: "bad", code: error.code, partition, offset, why: error.message, frame };
  }
}
