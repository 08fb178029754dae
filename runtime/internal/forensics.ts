/** Gathers a crash record at the moment an incarnation ends, before what it held is taken away. */
import type { ExitReason, Handlers } from "../actor.ts";
import type { CrashRecord } from "../crash.ts";
import type { ActorCell } from "./cell.ts";
import { describeExit } from "./exit.ts";
import { type Kernel, messageOf, nameOf } from "./kernel.ts";
import { latestOf, waitingKinds, why } from "./traces.ts";

/** Crash records kept: enough for a storm of restarts to be read afterwards. */
export const CRASHES_KEPT = 64;
/** Longest stack kept, lines. */
const STACK_LINES = 24;

/** To be called while the incarnation still holds its timers, monitors and asks. */
export function crashRecord(
  kernel: Kernel,
  cell: ActorCell,
  reason: ExitReason,
  handlers: Handlers<never> | null,
): CrashRecord {
  const error = "error" in reason ? reason.error : null;
  const latest = latestOf(kernel, cell);
  const current = kernel.causes.sender === cell.id ? kernel.causes.current : 0;
  return {
    id: kernel.nextCrash(),
    time: kernel.clock.now(),
    path: cell.path,
    type: cell.def.type,
    incarnation: cell.restarts,
    reason: describeExit(reason),
    causes: causesOf(error),
    stack: error?.stack === undefined ? null : error.stack.split("\n").slice(0, STACK_LINES).join("\n"),
    message: latest.find(({ id }) => id === current) ?? null,
    why: current === 0 ? [] : why(kernel, cell, current),
    latest,
    mailbox: mailboxOf(cell),
    timers: cell.incarnation?.timersDue() ?? [],
    awaited: awaitedBy(cell),
    watchers: [...cell.watchers?.values() ?? []].map((watcher) => watcher.cell.path),
    children: [...cell.children ?? []].map(({ path }) => path),
    names: [...cell.names ?? []],
    supervision: attempt(() => cell.supervision?.()),
    state: attempt(() => handlers?.inspect?.()),
    stateBefore: cell.stateBefore ?? null,
    facts: kernel.facts,
    replay: { seed: kernel.seed, start: kernel.start, message: current },
  };
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

function mailboxOf(cell: ActorCell): CrashRecord["mailbox"] {
  const kinds: Record<string, number> = {};
  let waiting = 0;
  for (const kind of waitingKinds(cell)) {
    kinds[kind] = (kinds[kind] ?? 0) + 1;
    waiting++;
  }
  return { waiting, stashed: cell.stash?.length ?? 0, kinds };
}

/** What a broken actor cannot say is left out; the record must not fail because the actor did. */
function attempt(show: () => unknown): unknown {
  try {
    return show() ?? null;
  } catch (error) {
    return { unreadable: nameOf(error) === "object" ? messageOf(error) : String(error) };
  }
}
