/** Taking hold of an actor from outside: suspend, resume, replace its state. Works on busy and suspended actors. */
import { waitFor } from "./busy.ts";
import { type ActorCell, BUSY, ENDED, IDLE, PARKED, RUNNING, SUSPENDED } from "./cell.ts";
import { type Kernel, messageOf } from "./kernel.ts";

export function suspend(kernel: Kernel, cell: ActorCell, by: string): void {
  if (cell.suspended || cell.life >= ENDED) return;
  cell.suspended = true;
  if (cell.life === RUNNING) cell.life = SUSPENDED;
  kernel.emit({ kind: "suspended", time: kernel.clock.now(), path: cell.path, by });
}

export function resume(kernel: Kernel, cell: ActorCell, by: string): void {
  if (!cell.suspended) return;
  cell.suspended = false;
  if (cell.life === SUSPENDED) {
    cell.life = RUNNING;
    cell.unpark();
  }
  kernel.emit({ kind: "resumed", time: kernel.clock.now(), path: cell.path, by });
}

/** "later": when the message that a busy actor handles is done, or when the replacement itself is, if that takes time. */
export function replace(kernel: Kernel, cell: ActorCell, state: unknown, by: string): "now" | "later" {
  if (cell.handlers?.replace === undefined) {
    throw new Error(`The state of ${cell.path} cannot be replaced: it has no replace handler.`);
  }
  if (cell.life === BUSY) {
    if (cell.replacement !== null) throw new Error(`The state of ${cell.path} is to be replaced already.`);
    cell.replacement = { state, by };
    return "later";
  }
  return apply(kernel, cell, state, by);
}

/** The message is done that a replacement waited for. */
export function replaceNow(kernel: Kernel, cell: ActorCell): void {
  const { replacement } = cell;
  if (replacement === null) return;
  cell.replacement = null;
  try {
    apply(kernel, cell, replacement.state, replacement.by);
  } catch (error) {
    notReplaced(kernel, cell, replacement.by, messageOf(error));
  }
}

/** The actor ends before. */
export function replaceNever(kernel: Kernel, cell: ActorCell): void {
  const { replacement } = cell;
  if (replacement === null) return;
  cell.replacement = null;
  notReplaced(kernel, cell, replacement.by, "the actor ended before its message was done");
}

function apply(kernel: Kernel, cell: ActorCell, state: unknown, by: string): "now" | "later" {
  const handlers = cell.handlers!;
  const before = handlers.inspect?.();
  const replaced = () => {
    const after = handlers.inspect?.();
    kernel.emit({ kind: "state-replaced", time: kernel.clock.now(), path: cell.path, by, before, after });
  };
  const taking = handlers.replace!(state);
  if (taking === undefined) {
    replaced();
    // What the new state lets come again has to be looked at.
    if (cell.standing === IDLE) cell.unpark();
    return "now";
  }
  cell.lane = null;
  if (cell.standing === IDLE) cell.standing = PARKED;
  const { incarnation } = cell;
  const lives = () => cell.incarnation === incarnation && cell.life < ENDED;
  const told = taking.then(() => {
    if (lives()) replaced();
    else notReplaced(kernel, cell, by, "the actor ended before it was done");
  }, (error) => {
    notReplaced(kernel, cell, by, messageOf(error));
    throw error;
  });
  // First said, then gone on from.
  waitFor(kernel, cell, told);
  return "later";
}

function notReplaced(kernel: Kernel, cell: ActorCell, by: string, reason: string): void {
  kernel.emit({ kind: "state-not-replaced", time: kernel.clock.now(), path: cell.path, by, reason });
}
