/** One number for all that a system shows of itself: equal runs come to equal hashes. */
import { createHash } from "node:crypto";
import { CodecError, encode } from "../codec.ts";
import type { ActorSystem } from "../system.ts";

/**
 * SHA-256 over the clock, the counters and every actor: path, kind, state, restarts, books and what its `inspect` shows.
 * What an actor shows that is no plain data counts as its own sentence about that.
 */
export function stateHash(system: ActorSystem): string {
  const hash = createHash("sha256");
  hash.update(encode([system.clock.now(), system.counters()]));
  for (const { path, type, state, restarts } of system.actors()) {
    const { offered, handled, rejected, dropped, expired, dead, waiting, stashed } = system.debug.statistics(path);
    const books = [offered, handled, rejected, dropped, expired, dead, waiting, stashed];
    hash.update(encode([path, type, state, restarts, books, shown(system, path)]));
  }
  return hash.digest("hex");
}

function shown(system: ActorSystem, path: string): string {
  try {
    return encode(system.inspect(path));
  } catch (error) {
    if (error instanceof CodecError) return error.message;
    throw error;
  }
}
