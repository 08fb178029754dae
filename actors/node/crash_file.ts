/**
 * The crashes of one run in a file of their own: `<data-dir>/crashes/<run>.jsonl`.
 *
 * The audit log has every crash record too, and there it is beyond doubt. The file is for reading: at once, while the node
 * runs or after it was killed, without going through a log of millions. A line is a crash, or what became of one.
 */
import { join } from "node:path";
import type { CrashRecord, Micros } from "../../runtime/mod.ts";
import type { Breaker } from "../../supervision/mod.ts";
import { type CrashDecision, type CrashView, PENDING, summaryOf } from "../protocol/mod.ts";

/** Crashes kept in full; of later ones only the audit log tells. A crash loop must not fill the disk twice. */
export const CRASHES_IN_FILE = 10_000;

type Line =
  | { readonly crash: CrashRecord; readonly auditIndex: number | null; readonly wall: string }
  | { readonly decided: number; readonly decision: CrashDecision };

export function crashFile(dataDir: string, run: number): string {
  return join(dataDir, "crashes", `${String(run).padStart(6, "0")}.jsonl`);
}

export class CrashFile implements Disposable {
  readonly #path: string;
  readonly #onFailure: (error: Error) => void;
  readonly #seal: (line: unknown) => unknown;
  #file: Deno.FsFile | null = null;
  #closed = false;
  /** Whether people were told of a failure that has not ended. */
  #told = false;
  #breaker: { readonly breaker: Breaker; readonly now: () => Micros } | null = null;
  #crashes = 0;

  /**
   * Makes the file at the first crash. `onFailure` hears when it cannot be written, once until it can again; `seal` is done to
   * each line first.
   */
  constructor(path: string, onFailure: (error: Error) => void, seal = (line: unknown) => line) {
    this.#path = path;
    this.#onFailure = onFailure;
    this.#seal = seal;
  }

  /** From now on writes rest while they keep failing. */
  guardBy(breaker: Breaker, now: () => Micros): void {
    this.#breaker = { breaker, now };
  }

  crashed(crash: CrashRecord, auditIndex: number | null, wall: string): void {
    if (++this.#crashes <= CRASHES_IN_FILE) this.#append({ crash, auditIndex, wall });
  }

  decided(id: number, decision: CrashDecision): void {
    if (id <= CRASHES_IN_FILE) this.#append({ decided: id, decision });
  }

  [Symbol.dispose](): void {
    this.#file?.close();
    this.#file = null;
    this.#closed = true;
  }

  #append(line: Line): void {
    if (this.#closed) return;
    const { breaker, now } = this.#breaker ?? {};
    const admission = breaker?.admit(now!());
    if (admission === null) return;
    try {
      if (this.#file === null) {
        Deno.mkdirSync(join(this.#path, ".."), { recursive: true, mode: 0o700 });
        this.#file = Deno.openSync(this.#path, { create: true, append: true, mode: 0o600 });
      }
      // What a failed write left behind must not run into this line.
      let bytes = new TextEncoder().encode(`${this.#told ? "\n" : ""}${JSON.stringify(this.#seal(line))}\n`);
      while (bytes.length > 0) bytes = bytes.subarray(this.#file.writeSync(bytes));
    } catch (error) {
      if (admission !== undefined) breaker!.settle(admission, false, now!());
      if (!this.#told) this.#onFailure(error as Error);
      this.#told = true;
      return;
    }
    this.#told = false;
    if (admission !== undefined) breaker!.settle(admission, true, now!());
  }
}

/** The crashes in a file, oldest first; null when there is no file. A torn last line is left out. `open` is done to its text. */
export function readCrashFile(path: string, open = (text: string) => text): readonly CrashView[] | null {
  let text: string;
  try {
    text = open(Deno.readTextFileSync(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  const crashes = new Map<number, CrashView>();
  for (const line of text.split("\n")) {
    const read = parse(line);
    if (read === null) continue;
    if ("crash" in read) {
      const { crash: record, auditIndex, wall } = read;
      crashes.set(record.id, { ...summaryOf(record, PENDING), record, auditIndex, wall });
    } else {
      const crash = crashes.get(read.decided);
      if (crash !== undefined) crashes.set(crash.id, { ...crash, decision: read.decision });
    }
  }
  return [...crashes.values()];
}

function parse(line: string): Line | null {
  try {
    const value = JSON.parse(line);
    return value !== null && typeof value === "object" && ("crash" in value || "decided" in value) ? value : null;
  } catch {
    return null;
  }
}
