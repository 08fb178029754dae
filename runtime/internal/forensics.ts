/** Gathers a crash record at the moment an incarnation ends, before what it held is taken away. */
import type { ExitReason, Handlers } from "../actor.ts";
import type { CrashRecord } from "../crash.ts";
import { type ActorCell, BUSY, Envelope } from "./cell.ts";
import { describeExit } from "./exit.ts";
import { type Kernel, messageOf } from "./kernel.ts";
import { brief, plain, type Redact, redaction } from "./plain.ts";
import { lateStack } from "./stack.ts";
import { latestOf, waitingKinds, why } from "./traces.ts";

/** Crash records kept: enough for a storm of restarts to be read afterwards. */
export const CRASHES_KEPT = 64;

/** Longest reason and stack, characters; most entries of a list. A record fits a record of a log whatever crashed. */
const LONGEST_TEXT = 4_000;
const MOST_ENTRIES = 64;

/** To be called while the incarnation still holds its timers, monitors and asks. */
export function crashRecord(
  kernel: Kernel,
  cell: ActorCell,
  reason: ExitReason,
  handlers: Handlers<never> | null,
): CrashRecord {
  const error = "error" in reason ? reason.error : null;
  const redact = redaction(cell.def.redact, cell.args);
  const text = (said: string) => brief(redact(said), LONGEST_TEXT);
  const shown = (show: () => unknown) => attempt(show, redact);
  const stack = error === null ? null : lateStack(error, text);
  // What redacts may be changed as soon as this returns, and a secret must not come out for that.
  if (cell.def.redact !== undefined) stack?.();
  const latest = latestOf(kernel, cell);
  const current = handling(kernel, cell);
  return {
    id: kernel.nextCrash(),
    time: kernel.clock.now(),
    path: cell.path,
    type: cell.def.type,
    incarnation: cell.restarts,
    reason: text(describeExit(reason)),
    causes: causesOf(error).map(text),
    get stack() {
      return stack === null ? null : stack();
    },
    nativeCall: error === null ? null : witnessed(() => kernel.witness.nativeCall?.(error), null),
    message: latest.find(({ id }) => id === current) ?? null,
    content: shown(() => showMessage(cell, handlers, current)),
    why: current === 0 ? [] : why(kernel, cell, current),
    latest,
    mailbox: mailboxOf(cell),
    timers: (cell.incarnation?.timersDue() ?? []).slice(0, MOST_ENTRIES),
    awaited: some(awaitedBy(cell)),
    watchers: some([...cell.watchers?.values() ?? []].map((watcher) => watcher.cell.path)),
    children: some([...cell.children ?? []].map(({ path }) => path)),
    names: some([...cell.names ?? []]),
    supervision: attempt(() => cell.parent?.supervision?.(cell)),
    state: shown(() => handlers?.inspect?.()),
    stateBefore: shown(() => cell.stateBefore),
    facts: kernel.facts,
    replay: {
      seed: kernel.seed,
      start: kernel.start,
      message: current,
      position: witnessed(() => kernel.witness.position?.(), {}),
    },
  };
}

/** What the owner of the system says; a record must not fail because its owner did. */
function witnessed<T>(say: () => T | undefined, otherwise: T): T {
  try {
    return say() ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** Paths of the actors whose answer an actor awaits. */
export function awaitedBy(cell: ActorCell): string[] {
  const awaited: string[] = [];
  for (let ask = cell.incarnation?.openAsks ?? null; ask !== null; ask = ask.nextOpen) {
    awaited.push(ask.target?.path ?? "outside");
  }
  return awaited;
}

function causesOf(error: Error | null): string[] {
  const causes: string[] = [];
  for (let cause: unknown = error; cause instanceof Error && causes.length < 8; cause = cause.cause) {
    causes.push(messageOf(cause));
  }
  return causes;
}

/** Kinds beyond the first are counted together. */
function mailboxOf(cell: ActorCell): CrashRecord["mailbox"] {
  const kinds = new Map<string, number>();
  let waiting = 0;
  for (const name of waitingKinds(cell)) {
    const kind = kinds.has(name) || kinds.size < MOST_ENTRIES ? name : "(others)";
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    waiting++;
  }
  return { waiting, stashed: cell.stash?.length ?? 0, kinds: Object.fromEntries(kinds) };
}

function some(entries: readonly string[]): readonly string[] {
  const more = entries.length - MOST_ENTRIES;
  return more > 0 ? [...entries.slice(0, MOST_ENTRIES), `(${more} more)`] : entries;
}

/** Why an actor ended, in words that may be shown. */
export function tellExit(cell: ActorCell, reason: ExitReason): string {
  return redaction(cell.def.redact, cell.args)(describeExit(reason));
}

/** Id of the message that was being handled; 0 between messages. */
function handling({ causes }: Kernel, cell: ActorCell): number {
  if (cell.life === BUSY) return cell.lane?.numbersOf(0)[0] ?? 0;
  return causes.sender === cell.id ? causes.current : 0;
}

/** What the actor shows of the message it was handling, while that is still there. */
function showMessage(cell: ActorCell, handlers: Handlers<never> | null, current: number): unknown {
  if (handlers?.show === undefined || current === 0) return null;
  for (const lane of [cell.urgentLane, cell.mailbox]) {
    for (const { message, id } of lane?.traces() ?? []) {
      if (id === current) return handlers.show((message instanceof Envelope ? message.message : message) as never);
    }
  }
  return null;
}

/** A plain copy of what is shown. What a broken actor cannot say is left out; a record must not fail because it did. */
function attempt(show: () => unknown, redact?: Redact): unknown {
  try {
    return plain(show() ?? null, redact);
  } catch (error) {
    return plain({ unreadable: error instanceof Error ? messageOf(error) : String(error) }, redact);
  }
}
