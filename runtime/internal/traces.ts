/** The messages that mailboxes still keep, with their causes. */
import type { TracedMessage } from "../trace.ts";
import { type ActorCell, Envelope } from "./cell.ts";
import { type Kernel, nameOf } from "./kernel.ts";

/** Everything one actor has or had: the latest it took, then what waits; by id within each. */
export function tracesOf(kernel: Kernel, cell: ActorCell): TracedMessage[] {
  const all: TracedMessage[] = [];
  const add = (message: unknown, id: number, cause: number, root: number, sender: number, waiting: boolean) =>
    all.push({
      id,
      message: nameOf(message),
      cause,
      root,
      sender: kernel.pathOf(sender),
      receiver: cell.path,
      waiting,
      ...(message instanceof Envelope && message.origin !== null ? { origin: message.origin } : null),
    });
  for (const lane of [cell.urgentLane, cell.mailbox]) {
    for (const { message, id, cause, root, sender, waiting } of lane?.traces() ?? []) {
      add(message, id, cause, root, sender, waiting);
    }
  }
  for (const { message, numbers: [id, cause, root, sender] } of cell.stash ?? []) {
    add(message, id, cause, root, sender, true);
  }
  return all.sort((a, b) => Number(a.waiting) - Number(b.waiting) || a.id - b.id);
}

/**
 * A message that `receiver` has or had, its cause, the cause of that, and so on. A cause was handled by whoever sent its
 * effect, so each step looks at one actor.
 */
export function why(kernel: Kernel, receiver: ActorCell, message: number): TracedMessage[] {
  const chain: TracedMessage[] = [];
  let holder: ActorCell | undefined = receiver;
  for (let id = message; holder !== undefined && id !== 0;) {
    const traced: TracedMessage | undefined = tracesOf(kernel, holder).find((one) => one.id === id);
    if (traced === undefined) break;
    chain.push(traced);
    id = traced.cause;
    holder = traced.sender === null ? undefined : kernel.cells.get(traced.sender);
  }
  return chain;
}
