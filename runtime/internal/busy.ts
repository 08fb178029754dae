/** An actor that waits for a promise of its own takes no messages until that settles. */
import { type ActorCell, BUSY } from "./cell.ts";
import type { Kernel } from "./kernel.ts";
import { Latency } from "./latency.ts";

/** What a handler returned; if it is a promise, the actor is busy until it settles. */
export function waitFor(kernel: Kernel, cell: ActorCell, result: unknown): void {
  if (typeof result !== "object" || result === null || !("then" in result)) return;
  cell.life = BUSY;
  kernel.busy.add(cell);
  kernel.debt = true;
  if (cell.latency === null && kernel.stuckMs !== Infinity) cell.latency = new Latency(kernel, cell);
  if (cell.latency !== null) cell.latency.waits();
  const incarnation = cell.incarnation!;
  (result as Promise<void>).then(incarnation.settled, incarnation.failed);
}
