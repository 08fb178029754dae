/** What stands on a topic, as a subscriber is told of it. */
import { type Delivered, FRAME_SHOWN } from "./broker.ts";
import { decodeFrame, FrameError } from "./frame.ts";
import type { RawRecord } from "./log.ts";

export function deliver({ partition, offset, frame }: RawRecord): Delivered {
  if (frame === null) return { kind: "bad", partition, offset, why: "an entry without a frame.", frame: "" };
  try {
    const { key, letter } = decodeFrame(frame);
    return { kind: "letter", partition, offset, key, letter };
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    return { kind: "bad", partition, offset, why: error.message, frame: frame.slice(0, FRAME_SHOWN) };
  }
}
