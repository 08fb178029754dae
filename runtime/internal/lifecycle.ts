/**
 * Birth, death and rebirth of actors.
 *
 * An incarnation ends in two steps. `end` takes away everything it held and tells the parent; the actor then waits, with
 * its ref, names and mailbox, and its ended children wait with it. `begin` makes the next incarnation out of that, or
 * `finalize` lets it go for good. So a ref survives the restart of its actor and of every supervisor above it.
 */
import type { ActorDef, ActorRef, ExitReason, Handlers } from "../actor.ts";
import type { MailboxFate } from "../parent.ts";
import { ActorCell, BUSY, cellOf, ENDED, Envelope, IDLE, PARKED, RUNNING, STARTING, STOPPED, URGENT } from "./cell.ts";
import { asError, Context } from "./context.ts";
import { isAbnormal } from "./exit.ts";
import { CRASHES_KEPT, crashRecord, tellExit } from "./forensics.ts";
import type { Kernel } from "./kernel.ts";

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
  const path = `${parent === null ? "" : parent.path}/${name}`;
  const known = kernel.cells.get(path);
  if (known !== undefined) {
    if (known.life !== ENDED) throw new Error(`${path} is taken by an actor that has not ended.`);
    restart(kernel, known, def, args, fate);
    return known;
  }
  const cell = new ActorCell(kernel, kernel.nextActorId(), path, name, parent, def, args);
  kernel.cells.set(path, cell);
  kernel.byId.set(cell.id, cell);
  if (parent === null) kernel.roots.push(cell);
  else (parent.children ??= new Set()).add(cell);
  const failure = begin(kernel, cell);
  if (failure !== null) {
    finalize(kernel, cell, cell.lastExit!);
    throw failure;
  }
  kernel.emit({ kind: "started", time: kernel.clock.now(), path, type: def.type });
  return cell;
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
  kernel.emit({ kind: "restarted", time: kernel.clock.now(), path: cell.path, restarts: cell.restarts });
}

/** Runs `init`. On failure everything it had begun is undone and the error is returned. */
function begin(kernel: Kernel, cell: ActorCell): Error | null {
  const context = new Context(kernel, cell, cell.restarts);
  cell.incarnation = context;
  cell.life = STARTING;
  cell.suspended = false;
  const actor = kernel.causes.sender;
  kernel.causes.sender = cell.id;
  let handlers: Handlers<never>;
  try {
    handlers = cell.def.init(context, cell.args);
    if (typeof handlers !== "object" || handlers === null || "then" in handlers) {
      throw new TypeError(`init of ${cell.def.type} must return its handlers; it may not be async.`);
    }
  } catch (thrown) {
    const error = asError(thrown);
    end(kernel, cell, { kind: "init-failed", error }, true);
    return error;
  } finally {
    kernel.causes.sender = actor;
  }
  cell.handlers = handlers;
  cell.receive = handlers.receive === undefined
    ? null
    : cell.def.keepsState
    ? keepingState(cell, handlers)
    : handlers.receive;
  cell.receiveBatch = handlers.receiveBatch ?? null;
  cell.life = RUNNING;
  cell.standing = IDLE;
  // Children of an earlier incarnation that this one did not start again.
  if (cell.children !== null) {
    for (const child of reversed(cell.children)) {
      if (child.life === ENDED) finalize(kernel, child, child.lastExit ?? PARENT_ENDED);
    }
  }
  cell.unpark();
  return null;
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
  if (cell.life === BUSY) kernel.busy.delete(cell);
  const { handlers, parent } = cell;
  const crash = isAbnormal(reason) ? crashRecord(kernel, cell, reason, handlers) : null;
  cell.life = ENDED;
  cell.standing = PARKED;
  cell.handlers = cell.receive = cell.receiveBatch = null;
  cell.pendingKill = cell.pendingStop = cell.pendingEnd = null;
  cell.signals = null;
  cell.batch = null;
  cell.question = null;
  cell.lane = null;
  cell.putBack();
  cell.patienceSpent = false;
  cell.attention = cell.urgentLane !== null && cell.urgentLane.count > 0 ? URGENT : 0;
  cell.incarnation!.retire();
  if (cell.children !== null) {
    for (const child of reversed(cell.children)) end(kernel, child, PARENT_ENDED, true);
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
    kernel.emit({
      kind: "crashed",
      time: record.time,
      path: cell.path,
      reason: record.reason,
      restarts: cell.restarts,
      record,
    });
  }
  if (quietly) return;
  if (parent === null || parent.handlers?.signal === undefined) finalize(kernel, cell, reason);
  else parent.signal({ kind: "child-exit", child: cell, reason });
}

/** Lets an ended actor go for good, its children before it. */
export function finalize(kernel: Kernel, cell: ActorCell, reason: ExitReason): void {
  if (cell.children !== null) {
    for (const child of reversed(cell.children)) finalize(kernel, child, child.lastExit ?? PARENT_ENDED);
  }
  cell.life = STOPPED;
  cell.limit = 0;
  cell.attention = 0;
  emptyMailbox(kernel, cell, "left-behind");
  if (cell.names !== null) kernel.directory.leaveAll(cell);
  kernel.cells.delete(cell.path);
  kernel.byId.delete(cell.id);
  if (cell.parent === null) kernel.roots.splice(kernel.roots.indexOf(cell), 1);
  else cell.parent.children?.delete(cell);
  retireCounts(kernel, cell);
  if (cell.watchers !== null) {
    for (const [monitor, watcher] of cell.watchers) {
      watcher.cell.signal({ kind: "down", monitor, path: cell.path, reason });
    }
    cell.watchers = null;
  }
  kernel.emit({ kind: "stopped", time: kernel.clock.now(), path: cell.path, reason: tellExit(cell, reason) });
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

function reversed(cells: Set<ActorCell>): ActorCell[] {
  return [...cells].reverse();
}
