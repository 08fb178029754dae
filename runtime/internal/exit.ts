/** Exit reasons as OTP reads them, and in words. */
import type { ExitReason } from "../actor.ts";
import { messageOf } from "./kernel.ts";

/** OTP's notion: everything but normal and shutdown. */
export function isAbnormal(reason: ExitReason): boolean {
  return reason.kind !== "normal" && reason.kind !== "shutdown";
}

export function describeExit(reason: ExitReason): string {
  switch (reason.kind) {
    case "error":
      return messageOf(reason.error);
    case "init-failed":
      return `init failed: ${messageOf(reason.error)}`;
    case "shutdown":
      return reason.detail === undefined ? "shutdown" : `shutdown: ${reason.detail}`;
    default:
      return reason.kind;
  }
}
