/** Tries again what the server did not answer, for as long as the broker was opened to. */
import { Sleep, wallMs } from "../internal/wall.ts";
import { passes } from "./errors.ts";

const PAUSE_MS = 50;

export async function insist<T>(call: () => Promise<T>, retryMs: number): Promise<T> {
  const begun = wallMs();
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!passes(error) || wallMs() - begun > retryMs) throw error;
    }
    await new Sleep(PAUSE_MS).done;
  }
}
