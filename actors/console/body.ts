/** What every request with a body must keep to. */
import type { Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { Problem } from "./problem.ts";

/** A command is a few words; nothing larger is read. */
const MAX_BODY_BYTES = 4096;

/** JSON only: a foreign page can send a form without asking, and JSON it cannot. */
export async function jsonOnly(c: Context, next: () => Promise<void>): Promise<void> {
  const type = (c.req.header("content-type") ?? "").split(";")[0].trim().toLowerCase();
  if (type !== "application/json") {
    throw new Problem(415, "UNSUPPORTED_MEDIA_TYPE", "send the command as application/json");
  }
  await next();
}

export const limited = bodyLimit({
  maxSize: MAX_BODY_BYTES,
  onError: () => {
    throw new Problem(413, "BODY_TOO_LARGE", `a command is at most ${MAX_BODY_BYTES} bytes`);
  },
});
