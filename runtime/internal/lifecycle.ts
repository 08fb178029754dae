/**
 * Birth, death and rebirth of actors.
 *
 * An incarnation ends in two steps. `end` takes away everything it held and tells the parent; the actor then waits, with
 * its ref, names and mailbox, and its ended children wait with it. `begin` makes the next incarnation out of that, or
 * `finalize` lets it go for good. So a ref survives the restart of its actor and of every supervisor above it.
 */
import { type ActorDef, type ActorRef, type ExitReason, type Handlers, IGNORE, type Init } from "../actor.ts";
import type { MailboxFate } from "../parent.ts";
import {
  ActorCell,
  BUSY,
  cellOf,
  ENDED,
  Envelope,
  IDLE,
  PARKED,
  RUNNING,
  STARTING,
  STOPPED,
  SUSPENDED,
  URGENT,
} from "./cell.ts";
import { asError, Context } from "./context.ts";
import { isAbnormal } from "./exit.ts";
import { finished } from "./finished.ts";
import { CRASHES_KEPT, crashRecord, tellExit } from "./forensics.ts";
import { replaceNever } from "./hold.ts";
import type { Kernel } from "./kernel.ts";
import { Latency } from "./latency.ts";

const PARENT_ENDED: ExitReason = { kind: "shutdown", detail: "its parent ended" };

/** Starts an actor, or restarts one that ended and was not released. Throws what its `init` throws. */
export function start(
  kernel: Kernel,
  parent: ActorCell | null,
  name: string,
  def: ActorDef<never, unknown>,
  args: unknown,
  fate: MailboxFate,
): ActorCell {
  if (name === "" || name.includes("/")) {
    throw new Error(`"${name}" cannot name an actor: a name is one step of a path, not empty and without "/".`);
  }
  const known = kernel.cells.below(parent, name);
  if (known !== undefined) {
    if (known.life !== ENDED) throw new Error(`${known.path} is taken by an actor that has not ended.`);
    restart(kernel, known, def, args, fate);
    return known;
  }
  const cell = new ActorCell(kernel, kernel.nextActorId(), name, parent, def, args);
  kernel.cells.add(cell);
  kernel.seam?.born(cell);
  const failure = begin(kernel, cell);
  if (failure !== null) {
    finalize(kernel, cell, cell.lastExit!);
    throw failure;
  }
  if (cell.life === ENDED) finalize(kernel, cell, cell.lastExit!);
  else announce(kernel, cell);
  return cell;
}

/** What came of a start. */
export function standing(cell: ActorCell): "running" | "opening" | "gone" {
  return cell.life >= ENDED ? "gone" : cell.incarnation!.opening ? "opening" : "running";
}

/** A start that took time is over. */
export function opened(kernel: Kernel, context: Context): void {
  if (!context.alive || !context.opening) return;
  context.opening = false;
  const { cell } = context;
  announce(kernel, cell);
  cell.parent?.signal({ kind: "child-started", child: cell });
}

function announce(kernel: Kernel, cell: ActorCell): void {
  if (!kernel.heard || cell.incarnation!.opening) return;
  const { path, restarts, def: { type } } = cell;
  const time = kernel.clock.now();
  kernel.emit(restarts === 0 ? { kind: "started", time, path, type } : { kind: "restarted", time, path, restarts });
}

function restart(
  kernel: Kernel,
  cell: ActorCell,
  def: ActorDef<never, unknown>,
  args: unknown,
  fate: MailboxFate,
): void {
  cell.redefine(def, args);
  if (fate === "dead-letter") emptyMailbox(kernel, cell, "restart");
  // Among its siblings an actor stands where it was started last.
  cell.parent?.children?.delete(cell);
  cell.parent?.children?.add(cell);
  cell.restarts++;
  const failure = begin(kernel, cell);
  if (failure !== null) throw failure;
  if (cell.life < ENDED) announce(kernel, cell);
}

/** Runs `init`. On failure everything it had begun is undone and the error is returned. IGNORE leaves it ended. */
function begin(kernel: Kernel, cell: ActorCell): Error | null {
  if (cell.def.budgetMs !== undefined) cell.latency ??= new Latency(kernel, cell);
  const context = new Context(kernel, cell, cell.restarts);
  cell.incarnation = context;
  cell.life = STARTING;
  cell.suspended = false;
  const actor = kernel.causes.sender;
  kernel.causes.sender = cell.id;
  let returned: Init<never>;
  try {
    returned = cell.def.init(context, cell.args);
    if (returned !== IGNORE && (typeof returned !== "object" || returned === null)) {
      throw new TypeError(`init of ${cell.def.type} must return its handlers or IGNORE.`);
    }
  } catch (thrown) {
    const error = asError(thrown);
    end(kernel, cell, { kind: "init-failed", error }, true);
    return error;
  } finally {
    kernel.causes.sender = actor;
  }
  if (returned === IGNORE) ignore(kernel, cell, true);
  else if ("then" in returned) openLater(kernel, cell, context, returned);
  else install(kernel, cell, returned);
  return null;
}

/** The actor is busy with its start until the promise settles; its parent is then told. */
function openLater(
  kernel: Kernel,
  cell: ActorCell,
  context: Context,
  promise: Promise<Handlers<never> | typeof IGNORE>,
): void {
  context.opening = true;
  cell.life = BUSY;
  kernel.busy.add(cell);
  kernel.debt = true;
  const over = () => {
    kernel.busy.delete(cell);
    cell.patienceSpent = false;
    kernel.wake();
  };
  promise.then((handlers) => {
    if (!context.alive) return;
    over();
    if (handlers === IGNORE) ignore(kernel, cell, false);
    else {
      install(kernel, cell, handlers);
      opened(kernel, context);
    }
  }, (thrown) => {
    if (!context.alive) return;
    over();
    end(kernel, cell, { kind: "init-failed", error: asError(thrown) });
  });
}

/** It ends without having run. */
function ignore(kernel: Kernel, cell: ActorCell, quietly: boolean): void {
  kernel.emit({ kind: "ignored", time: kernel.clock.now(), path: cell.path });
  end(kernel, cell, { kind: "normal" }, quietly);
}

function install(kernel: Kernel, cell: ActorCell, handlers: Handlers<never>): void {
  cell.handlers = handlers;
  cell.receive = handlers.receive === undefined
    ? null
    : cell.def.keepsState
    ? keepingState(cell, handlers)
    : handlers.receive;
  cell.receiveBatch = handlers.receiveBatch ?? null;
  cell.life = cell.suspended ? SUSPENDED : RUNNING;
  cell.standing = IDLE;
  // Children of an earlier incarnation that this one did not start again.
  if (cell.children !== null) {
    for (const child of cell.children.reversed()) {
      if (child.life === ENDED) finalize(kernel, child, child.lastExit ?? PARENT_ENDED);
    }
  }
  cell.unpark();
}

/** Shows the state before every message: for crash records of actors that ask for it. */
function keepingState(cell: ActorCell, handlers: Handlers<never>): (message: never) => void | Promise<void> {
  return (message) => {
    try {
      // As it is: a copy would cost more than most messages.
      cell.stateBefore = handlers.inspect?.();
    } catch {
      cell.stateBefore = null;
    }
    return handlers.receive!(message);
  };
}

/** Ends the current incarnation. `quietly`: the parent learns of it in another way. */
export function end(kernel: Kernel, cell: ActorCell, reason: ExitReason, quietly = false): void {
  if (cell.life >= ENDED) return;
  if (cell.life === BUSY) {
    kernel.busy.delete(cell);
    cell.latency?.settles();
  }
  if (cell.replacement !== null) replaceNever(kernel, cell);
  const lived = cell.handlers !== null;
  const { handlers, parent } = cell;
  const interrupted = cell.life === BUSY || (kernel.causes.sender === cell.id && kernel.causes.current !== 0);
  const crash = isAbnormal(reason) ? crashRecord(kernel, cell, reason, handlers) : null;
  cell.life = ENDED;
  cell.standing = PARKED;
  cell.handlers = cell.receive = cell.receiveBatch = null;
  cell.pendingKill = cell.pendingStop = cell.pendingEnd = null;
  cell.signals = null;
  cell.batch = null;
  if (interrupted) finished(cell, false);
  cell.question = null;
  cell.lane = null;
  cell.putBack();
  cell.patienceSpent = false;
  cell.attention = cell.urgentLane !== null && cell.urgentLane.count > 0 ? URGENT : 0;
  cell.incarnation!.retire();
  if (cell.children !== null) {
    for (const child of cell.children.reversed()) end(kernel, child, PARENT_ENDED, true);
  }
  if (handlers?.stopped !== undefined) {
    try {
      handlers.stopped(reason);
    } catch (thrown) {
      // A clean end that fails is not clean; a failure that fails again keeps its first cause.
      if (!isAbnormal(reason)) reason = { kind: "error", error: asError(thrown) };
    }
  }
  cell.lastExit = reason;
  if (isAbnormal(reason)) {
    const record = crash ?? crashRecord(kernel, cell, reason, null);
    if (kernel.crashes.count === CRASHES_KEPT) kernel.crashes.shift();
    kernel.crashes.push(record);
    if (kernel.heard) {
      const { time, path, reason } = record;
      kernel.emit({ kind: "crashed", time, path, reason, restarts: cell.restarts, record });
    }
  }
  if (lived && kernel.heard) {
    const time = kernel.clock.now();
    kernel.emit({ kind: "ended", time, path: cell.path, exit: reason.kind, reason: tellExit(cell, reason) });
  }
  if (quietly) return;
  if (parent === null || parent.handlers?.signal === undefined) finalize(kernel, cell, reason);
  else parent.signal({ kind: "child-exit", child: cell, reason });
}

/** Lets an ended actor go for good, its children before it. */
export function finalize(kernel: Kernel, cell: ActorCell, reason: ExitReason): void {
  if (cell.children !== null) {
    for (const child of cell.children.reversed()) finalize(kernel, child, child.lastExit ?? PARENT_ENDED);
  }
  cell.life = STOPPED;
  cell.limit = 0;
  cell.attention = 0;
  emptyMailbox(kernel, cell, "left-behind");
  if (cell.names !== null) kernel.directory.leaveAll(cell);
  kernel.cells.delete(cell);
  retireCounts(kernel, cell);
  if (cell.watchers !== null) {
    for (const [monitor, watcher] of cell.watchers) {
      watcher.cell.signal({ kind: "down", monitor, path: cell.path, reason });
    }
    cell.watchers = null;
  }
  if (kernel.heard) {
    kernel.emit({ kind: "stopped", time: kernel.clock.now(), path: cell.path, reason: tellExit(cell, reason) });
  }
}

/** For a parent: lets an ended child go. */
export function release(kernel: Kernel, ref: ActorRef<never>): void {
  const cell = cellOf(ref);
  if (cell.life === STOPPED) return;
  if (cell.life !== ENDED) throw new Error(`${cell.path} has not ended; stop it before releasing it.`);
  finalize(kernel, cell, cell.lastExit!);
}

function emptyMailbox(kernel: Kernel, cell: ActorCell, reason: "left-behind" | "restart"): void {
  for (const lane of [cell.urgentLane, cell.mailbox]) {
    while (lane !== null && lane.count > 0) {
      const message = lane.discard();
      if (message instanceof Envelope) {
        cell.envelopes--;
        if (!message.open()) {
          cell.expired++;
          continue;
        }
      }
      kernel.dead(cell, cell, message, reason);
    }
    lane?.clear();
  }
  cell.attention &= ~URGENT;
}

function retireCounts(kernel: Kernel, cell: ActorCell): void {
  const totals = kernel.totals;
  totals.offered += cell.offered;
  totals.handled += cell.handled;
  totals.rejected += cell.rejected;
  totals.dropped += cell.dropped;
  totals.expired += cell.expired;
  totals.dead += cell.dead;
  cell.offered =
    cell.handled =
    cell.rejected =
    cell.dropped =
    cell.expired =
    cell.dead =
      0;
}
