/** Tries again what the server did not answer, for as long as the broker was opened to. */
import { machineWall, type Wall } from "../internal/wall.ts";
import { passes } from "./errors.ts";

const PAUSE_MS = 50;

export async function insist<T>(call: () => Promise<T>, retryMs: number, wall: Wall = machineWall): Promise<T> {
  const begun = wall.now();
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!passes(error) || wall.now() - begun > retryMs) throw error;
    }
    await wall.sleep(PAUSE_MS).done;
  }
}
