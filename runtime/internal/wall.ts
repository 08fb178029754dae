/**
 * The machine's clock, event loop and timers: the only place of the runtime that touches them.
 *
 * Actors live in virtual time; the driver needs the wall to pace it, to let input and output through, and to sleep.
 */
// deno-lint-ignore cwts/no-ambient -- the driver, and it alone, lets the event loop run and sleeps
import { clearTimeout, setImmediate, setTimeout } from "node:timers";
import type { Stopwatch } from "../time.ts";

/** Milliseconds from an arbitrary origin. */
export function wallMs(): number {
  // deno-lint-ignore cwts/no-ambient -- the driver maps virtual time onto the machine's clock here
  return performance.now();
}

/** When this process began, in a form that tells it from others that bore its name. */
export const processMark: string = Math.round(performance.timeOrigin).toString(36);

export const machineStopwatch: Stopwatch = { now: () => wallMs() * 1e6 };

/** Lets the event loop run once. Every microtask waiting before the call has run when it resolves. */
export function yieldToLoop(): Promise<void> {
  return new Promise((resolve) => {
    // deno-lint-ignore cwts/no-ambient -- the driver lets the event loop run here
    setImmediate(resolve);
  });
}

/** Runs `task` as the next microtask, after those that are queued already. */
export function soon(task: () => void): void {
  // deno-lint-ignore cwts/no-ambient -- continuations of asks are put in their place here; the order is the program's own
  queueMicrotask(task);
}

/** A wait that can be cut short. */
export interface Waiting {
  readonly done: Promise<void>;
  end(): void;
}

/**
 * The time that a node lives in beside its actors' own: what its broker and its letters wait by. The machine's everywhere but
 * in a simulation of several nodes, see testkit/network.
 */
export interface Wall {
  /** Milliseconds from an arbitrary origin. */
  now(): number;
  sleep(ms: number): Waiting;
  /** Another word at every call, and in every process. */
  word(): string;
}

/** One sleep that can be cut short. Keeps the process alive while it lasts. */
export class Sleep implements Waiting {
  readonly done: Promise<void>;
  private readonly timer: ReturnType<typeof setTimeout>;
  private resolve!: () => void;

  constructor(ms: number) {
    this.done = new Promise((resolve) => {
      this.resolve = resolve;
    });
    // deno-lint-ignore cwts/no-ambient -- an idle driver waits for the machine's clock here
    this.timer = setTimeout(this.resolve, ms);
  }

  end(): void {
    clearTimeout(this.timer);
    this.resolve();
  }
}

export const machineWall: Wall = {
  now: wallMs,
  sleep: (ms) => new Sleep(ms),
  // deno-lint-ignore cwts/no-ambient -- tells apart two processes of one name that ask for one lease; decides nothing
  word: () => crypto.randomUUID(),
};
