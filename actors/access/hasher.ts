/**
 * Password hashes, made in a thread of their own: one takes about a tenth of a second, which the loop that trades does
 * not have.
 *
 * There are two lanes. Whoever wants to kill goes before whoever wants to log in, so a flood of log-ins cannot make the
 * kill wait for more than the hash that is being made; both lanes are bounded, which bounds guessing too.
 */
import { UserError } from "../../config/errors.ts";

export type HashJob =
  | { readonly kind: "hash"; readonly password: string; readonly salt: Uint8Array }
  | { readonly kind: "verify"; readonly password: string; readonly hash: string };
export type HashAnswer =
  | { readonly ok: true; readonly value: string | boolean }
  | { readonly ok: false; readonly detail: string };

export type Lane = "kill" | "rest";

/** Jobs that may wait. */
const MOST_WAITING: Readonly<Record<Lane, number>> = { kill: 32, rest: 16 };

interface Waiting {
  readonly job: HashJob;
  readonly resolve: (value: string | boolean) => void;
  readonly reject: (error: Error) => void;
}

export class Hasher {
  readonly #random: (bytes: number) => Uint8Array;
  readonly #lanes: Readonly<Record<Lane, Waiting[]>> = { kill: [], rest: [] };
  #worker: Worker | null = null;
  #running: Waiting | null = null;

  constructor(random: (bytes: number) => Uint8Array) {
    this.#random = random;
  }

  /** In PHC string format. Throws ACCESS_BUSY. */
  hash(password: string): Promise<string> {
    return this.#queue({ kind: "hash", password, salt: this.#random(16) }, "rest") as Promise<string>;
  }

  /** Throws ACCESS_BUSY. */
  verify(password: string, hash: string, lane: Lane): Promise<boolean> {
    return this.#queue({ kind: "verify", password, hash }, lane) as Promise<boolean>;
  }

  close(): void {
    this.#fail(new UserError("ACCESS_BUSY", "the node is stopping"));
  }

  #queue(job: HashJob, lane: Lane): Promise<string | boolean> {
    if (this.#lanes[lane].length >= MOST_WAITING[lane]) {
      const fix = lane === "kill" ? "kill with a session, a key, or the kill command in a terminal" : "wait a second";
      throw new UserError("ACCESS_BUSY", `too many passwords are being checked: ${fix}`);
    }
    return new Promise((resolve, reject) => {
      this.#lanes[lane].push({ job, resolve, reject });
      this.#next();
    });
  }

  #next(): void {
    if (this.#running !== null) return;
    const next = this.#lanes.kill.shift() ?? this.#lanes.rest.shift();
    if (next === undefined) return;
    this.#running = next;
    (this.#worker ??= this.#start()).postMessage(next.job);
  }

  #start(): Worker {
    const worker = new Worker(new URL("./hash_worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<HashAnswer>) => {
      const done = this.#running;
      this.#running = null;
      if (data.ok) done?.resolve(data.value);
      else done?.reject(new Error(`the password could not be checked: ${data.detail}`));
      this.#next();
    };
    worker.onerror = (event) => {
      // Nobody else handles it, and an unhandled error of a worker ends the process.
      event.preventDefault();
      this.#fail(new Error(`the password could not be checked: ${event.message}`));
    };
    return worker;
  }

  /** Everybody who waits hears of it; the next job starts a new thread. */
  #fail(error: Error): void {
    this.#worker?.terminate();
    this.#worker = null;
    const all = [...(this.#running === null ? [] : [this.#running]), ...this.#lanes.kill, ...this.#lanes.rest];
    this.#running = null;
    this.#lanes.kill.length = this.#lanes.rest.length = 0;
    for (const waiting of all) waiting.reject(error);
  }
}
