/**
 * One turn of one actor: a bounded run through its lanes, kill before stop before signals before urgent before user.
 */
import type { ExitReason } from "../actor.ts";
import { waitFor } from "./busy.ts";
import {
  type ActorCell,
  BUSY,
  ENDED,
  Envelope,
  KILL,
  PARKED,
  QUEUED,
  RUNNING,
  SIGNAL,
  STOP,
  SUSPENDED,
  URGENT,
} from "./cell.ts";
import { asError } from "./context.ts";
import { carry, finished } from "./finished.ts";
import type { Kernel } from "./kernel.ts";
import { end } from "./lifecycle.ts";
import type { Mailbox } from "./mailbox.ts";

/**
 * Most messages of one turn. Long enough to spread the cost of a turn (about 30 ns) over many messages, short enough that
 * a flooded actor holds the others up for microseconds.
 */
export const TURN_MESSAGES = 64;

/** Gives the actor its turn; returns how many messages and signals it took. */
export function runTurn(kernel: Kernel, cell: ActorCell): number {
  // It may have ended, or had its turn, since it was put in the queue.
  if (cell.standing !== QUEUED || cell.life >= ENDED) return 0;
  let steps = 0;
  let exit: ExitReason | null = null;
  const latency = cell.latency !== null && cell.latency.measured ? cell.latency : null;
  if (latency !== null) latency.turnBegins();
  kernel.causes.sender = cell.id;
  try {
    while (steps < TURN_MESSAGES || (cell.attention & (KILL | STOP)) !== 0) {
      const attention = cell.attention;
      if (attention === 0) {
        if (cell.mailbox.count === 0 || cell.life !== RUNNING) break;
        steps += cell.receiveBatch !== null
          ? handleBatch(kernel, cell, cell.mailbox)
          : handleOne(kernel, cell, cell.mailbox);
        if (latency !== null) latency.handled();
        continue;
      }
      if ((attention & KILL) !== 0) {
        kernel.causes.forget();
        exit = cell.pendingKill!;
        break;
      }
      if (cell.life === BUSY) break;
      if ((attention & STOP) !== 0) {
        kernel.causes.forget();
        exit = stopRequested(cell);
        if (exit !== null) break;
      } else if ((attention & SIGNAL) !== 0) {
        steps++;
        handleSignal(kernel, cell);
      } else if (cell.life === SUSPENDED) {
        break;
      } else {
        const lane = cell.urgentLane!;
        steps += cell.receiveBatch !== null ? handleBatch(kernel, cell, lane) : handleOne(kernel, cell, lane);
        if (lane.count === 0) cell.attention &= ~URGENT;
        if (latency !== null) latency.handled();
      }
    }
  } catch (thrown) {
    exit = { kind: "error", error: asError(thrown) };
  }
  if (latency !== null) latency.turnEnds(steps);
  if (exit !== null) end(kernel, cell, exit);
  else if (cell.life === BUSY) cell.standing = PARKED;
  else cell.unpark();
  kernel.causes.leave();
  return steps;
}

function handleOne(kernel: Kernel, cell: ActorCell, lane: Mailbox): number {
  let message = lane.take(kernel.causes);
  cell.lane = lane;
  cell.question = null;
  let envelope: Envelope | null = null;
  if (cell.envelopes > 0 && message instanceof Envelope) {
    cell.envelopes--;
    if (!message.open()) {
      cell.expired++;
      return 1;
    }
    envelope = message;
  }
  const receive = cell.receive;
  if (receive === null) {
    kernel.dead(cell, cell, message, "unhandled");
    return 1;
  }
  cell.handled++;
  if (envelope !== null) {
    cell.question = envelope;
    // May throw: an adapter's work is done here.
    message = envelope.message;
  }
  const result = receive.call(cell.handlers, message as never);
  if (result !== undefined) waitFor(kernel, cell, result);
  if (envelope !== null && cell.life !== BUSY) finished(cell, true);
  return 1;
}

function handleBatch(kernel: Kernel, cell: ActorCell, lane: Mailbox): number {
  const batch = cell.batch ??= [];
  batch.length = 0;
  const most = cell.batchSize;
  cell.lane = lane;
  cell.trailing = 0;
  let expired = 0;
  let wrapped = false;
  while (lane.count > 0 && batch.length < most) {
    const message = lane.take(kernel.causes);
    if (cell.envelopes > 0 && message instanceof Envelope) {
      cell.envelopes--;
      if (message.open()) {
        batch.push(message);
        wrapped = true;
        continue;
      }
      expired++;
      if (batch.length === 0) continue;
      // So that the batch stays a run without a gap, see `handling`.
      cell.trailing = 1;
      break;
    } else batch.push(message);
  }
  const size = batch.length;
  cell.expired += expired;
  if (size === 0) return expired;
  cell.handled += size;
  if (wrapped) {
    carry(cell, batch.filter((message) => message instanceof Envelope));
    unwrap(batch);
  }
  const result = cell.receiveBatch!.call(cell.handlers, batch as never[]) as unknown;
  if (result !== undefined) waitFor(kernel, cell, result);
  // A busy actor may still read the array.
  if (cell.life !== BUSY) {
    batch.length = 0;
    if (wrapped) finished(cell, true);
  }
  return size + expired;
}

/** After the batch has been counted, because an adapter's work may throw. */
function unwrap(batch: unknown[]): void {
  for (let i = 0; i < batch.length; i++) {
    const message = batch[i];
    if (message instanceof Envelope) batch[i] = message.message;
  }
}

/** The reason to end now, or null if the actor took the request over. */
function stopRequested(cell: ActorCell): ExitReason | null {
  if (cell.pendingEnd !== null) return cell.pendingEnd;
  const reason = cell.pendingStop!;
  const handler = cell.incarnation!.stopHandler;
  if (handler === null) return reason;
  cell.pendingStop = null;
  cell.attention &= ~STOP;
  handler(reason);
  return null;
}

function handleSignal(kernel: Kernel, cell: ActorCell): void {
  const signals = cell.signals!;
  const signal = signals.shift();
  if (signals.count === 0) cell.attention &= ~SIGNAL;
  if (signal.kind === "down" && !cell.incarnation!.takeMonitor(signal.monitor)) return;
  kernel.causes.forget();
  cell.handlers!.signal?.(signal);
}
