/** The messages that mailboxes still keep, with their causes. */
import type { WireEnvelope } from "../message.ts";
import type { TracedMessage, TracedOrigin } from "../trace.ts";
import { type ActorCell, Envelope } from "./cell.ts";
import { type Kernel, nameOf } from "./kernel.ts";
import type { Trace } from "./mailbox.ts";

/** Everything one actor has or had: the latest it took, then what waits; by id within each. */
export function tracesOf(kernel: Kernel, cell: ActorCell): TracedMessage[] {
  const all = [...raw(cell)].map((trace) => traced(kernel, cell, trace));
  return all.sort((a, b) => Number(a.waiting) - Number(b.waiting) || a.id - b.id);
}

/** The latest messages that an actor took; what it costs does not depend on how many wait. */
export function latestOf(kernel: Kernel, cell: ActorCell): TracedMessage[] {
  const latest: TracedMessage[] = [];
  for (const lane of [cell.urgentLane, cell.mailbox]) {
    for (const trace of lane?.traces() ?? []) {
      if (trace.waiting) break;
      latest.push(traced(kernel, cell, trace));
    }
  }
  return latest.sort((a, b) => a.id - b.id);
}

/** Kinds of the messages that wait or are set aside. */
export function* waitingKinds(cell: ActorCell): Generator<string> {
  for (const lane of [cell.urgentLane, cell.mailbox]) {
    for (const message of lane?.waiting() ?? []) yield nameOf(message);
  }
  for (const { message } of cell.stash ?? []) yield nameOf(message);
}

/**
 * A message that `receiver` has or had, its cause, the cause of that, and so on. A cause was handled by whoever sent its
 * effect, so each step looks at one actor.
 */
export function why(kernel: Kernel, receiver: ActorCell, message: number): TracedMessage[] {
  const chain: TracedMessage[] = [];
  let holder: ActorCell | undefined = receiver;
  for (let id = message; holder !== undefined && id !== 0;) {
    const found = find(holder, id);
    if (found === undefined) break;
    chain.push(traced(kernel, holder, found));
    id = found.cause;
    holder = kernel.cells.byNumber(found.sender);
  }
  return chain;
}

function find(cell: ActorCell, id: number): Trace & { readonly waiting: boolean } | undefined {
  for (const trace of raw(cell)) if (trace.id === id) return trace;
  return undefined;
}

function* raw(cell: ActorCell): Generator<Trace & { readonly waiting: boolean }> {
  if (cell.urgentLane !== null) yield* cell.urgentLane.traces();
  yield* cell.mailbox.traces();
  for (const { message, numbers: [id, cause, root, sender] } of cell.stash ?? []) {
    yield { message, id, cause, root, sender, waiting: true };
  }
}

function traced(kernel: Kernel, cell: ActorCell, trace: Trace & { readonly waiting: boolean }): TracedMessage {
  const { message, id, cause, root, sender, waiting } = trace;
  return {
    id,
    message: nameOf(message),
    cause,
    root,
    sender: kernel.pathOf(sender),
    receiver: cell.path,
    waiting,
    ...(message instanceof Envelope && message.origin !== null ? { origin: told(message.origin) } : null),
  };
}

function told(origin: WireEnvelope): TracedOrigin {
  return { ...origin, deadline: origin.deadline === Infinity ? "none" : origin.deadline };
}
