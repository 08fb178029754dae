/**
 * One lane of waiting messages, each with its place in the chain of causes, and the latest ones already taken.
 *
 * A ring over two arrays: the messages, and four numbers per message (see `Causes`), flat in an array of doubles, so that a
 * message costs no object of its own. What has been taken stays readable for a while: the slots just behind the head are
 * forgotten only when their turn comes. So the last messages of every actor, with their causes, are at hand when it
 * crashes, and keeping them costs nothing.
 */
import type { Causes } from "./causes.ts";

/** Most taken messages kept per lane; a small lane keeps half its slots. */
export const KEPT = 16;

/** Numbers per message: id, cause, root, sender. */
const STRIDE = 4;

// Every idle actor owns a lane; all of them share these arrays until their first message.
const NOTHING: never[] = [];

/** What a message kept in a lane says about itself, without its content. */
export interface Trace {
  readonly message: unknown;
  readonly id: number;
  readonly cause: number;
  readonly root: number;
  readonly sender: number;
}

export class Mailbox {
  /** Messages waiting. */
  count = 0;
  /** Messages taken so far, less those put back: the position of the oldest that waits. */
  private taken = 0;
  private head = 0;
  /** Taken messages that are still there. */
  private kept = 0;
  private items: unknown[] = NOTHING;
  private numbers: number[] = NOTHING;

  /** Appends a message, numbered and placed in the chain of causes by `causes`. */
  push(message: unknown, causes: Causes): void {
    if (this.count + this.keep >= this.items.length) this.grow();
    const at = (this.head + this.count) & (this.items.length - 1);
    this.items[at] = message;
    causes.stamp(this.numbers, at * STRIDE);
    this.count++;
  }

  /** The oldest message; only valid while `count` is above 0. From now on `causes` speaks of it. */
  take(causes: Causes): unknown {
    const mask = this.items.length - 1;
    const at = this.head;
    causes.enter(this.numbers, at * STRIDE);
    if (this.kept < this.keep) this.kept++;
    else this.items[(at - this.keep) & mask] = undefined;
    this.head = (at + 1) & mask;
    this.taken++;
    this.count--;
    return this.items[at];
  }

  /** As `take`, for a message that will not be handled: nothing speaks of it, and it is not kept. */
  discard(): unknown {
    const at = this.head;
    const item = this.items[at];
    this.items[at] = undefined;
    this.head = (at + 1) & (this.items.length - 1);
    this.kept = 0;
    this.taken++;
    this.count--;
    return item;
  }

  /** Position of the next message to be appended; positions rise by one and stay while a message waits. */
  get next(): number {
    return this.taken + this.count;
  }

  /** Puts `message` in the place of the waiting one at `position`, which is returned; undefined when none waits there. */
  replace(position: number, message: unknown, causes: Causes): { readonly replaced: unknown } | undefined {
    const offset = position - this.taken;
    if (offset < 0 || offset >= this.count) return undefined;
    const at = (this.head + offset) & (this.items.length - 1);
    const replaced = this.items[at];
    this.items[at] = message;
    causes.stamp(this.numbers, at * STRIDE);
    return { replaced };
  }

  /** Puts a message that had been taken before all that wait, with the numbers it had. */
  restore(message: unknown, numbers: readonly number[]): void {
    if (this.count + this.keep >= this.items.length) this.grow();
    const mask = this.items.length - 1;
    this.head = (this.head - 1) & mask;
    this.items[this.head] = message;
    for (let i = 0; i < STRIDE; i++) this.numbers[this.head * STRIDE + i] = numbers[i];
    this.taken--;
    this.count++;
    // It stands where the latest kept one was.
    if (this.kept > 0) this.kept--;
  }

  /** The message taken latest. */
  latest(): unknown {
    return this.items[(this.head - 1) & (this.items.length - 1)];
  }

  /** The numbers of the message taken `back` takes ago. */
  numbersOf(back: number): number[] {
    const at = ((this.head - 1 - back) & (this.items.length - 1)) * STRIDE;
    return this.numbers.slice(at, at + STRIDE);
  }

  /** Lets `causes` speak of the message taken `back` takes ago; of none when newer ones stand in its place. */
  recall(back: number, causes: Causes): void {
    if (back >= this.items.length - this.count) return causes.forget();
    causes.enter(this.numbers, ((this.head - 1 - back) & (this.items.length - 1)) * STRIDE);
  }

  /** Every message still here, oldest first: the taken ones, then the waiting ones. */
  *traces(): Generator<Trace & { readonly waiting: boolean }> {
    const mask = this.items.length - 1;
    for (let i = -this.kept; i < this.count; i++) {
      const at = (this.head + i) & mask;
      const n = at * STRIDE;
      const [id, cause, root, sender] = this.numbers.slice(n, n + STRIDE);
      yield { message: this.items[at], id, cause, root, sender, waiting: i >= 0 };
    }
  }

  /** The messages that wait, oldest first. */
  *waiting(): Generator<unknown> {
    for (let i = 0; i < this.count; i++) yield this.items[(this.head + i) & (this.items.length - 1)];
  }

  /** Taken messages that may be there at most. */
  private get keep(): number {
    const half = this.items.length >> 1;
    return half < KEPT ? half : KEPT;
  }

  /** Forgets everything and gives the arrays back. */
  clear(): void {
    this.items = this.numbers = NOTHING;
    this.taken += this.count;
    this.head = this.count = this.kept = 0;
  }

  private grow(): void {
    const { items, numbers, head, kept, count } = this;
    const size = items.length;
    if (size === 0) {
      this.items = [undefined, undefined, undefined, undefined];
      // Fractions make it an array of doubles from the start: later ids do not fit small integers.
      this.numbers = [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5];
      return;
    }
    // The ring twice over: each message stands where it is looked for, whichever lap that is. Its other place is cleared.
    const bigger = items.concat(items);
    for (let i = head + count; i < head - kept + 2 * size; i++) bigger[i & (2 * size - 1)] = undefined;
    this.items = bigger;
    this.numbers = numbers.concat(numbers);
  }
}
