/**
 * A small file of the data directory that must never be half written and never read by others: written beside its place,
 * forced to the disk, and renamed into it, mode 0600. Changes of several processes wait for one another.
 */
import { join } from "node:path";
import { UserError } from "../../config/mod.ts";

export class StateFile {
  readonly #path: string;

  constructor(directory: string, name: string) {
    this.#path = join(directory, name);
  }

  /** Null when there is none. */
  read(): string | null {
    try {
      return Deno.readTextFileSync(this.#path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return null;
      throw error;
    }
  }

  /** Another text whenever the content may have changed: every write makes a new file. */
  stamp(): string {
    try {
      const { ino, mtime, size } = Deno.statSync(this.#path);
      return `${ino} ${mtime?.getTime()} ${size}`;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return "";
      throw error;
    }
  }

  write(text: string): void {
    Deno.renameSync(this.#writeBeside(text), this.#path);
  }

  /** Finds out whether it can be written, and changes nothing in it. Throws what a write throws. */
  probe(): void {
    this.locked(() => {
      const text = this.read();
      if (text === null) Deno.removeSync(this.#writeBeside(""));
      else this.write(text);
    });
  }

  /** Where it was written. */
  #writeBeside(text: string): string {
    const beside = `${this.#path}.new`;
    const file = Deno.openSync(beside, { create: true, truncate: true, write: true, mode: 0o600 });
    try {
      let bytes = new TextEncoder().encode(text);
      while (bytes.length > 0) bytes = bytes.subarray(file.writeSync(bytes));
      file.syncDataSync();
    } finally {
      file.close();
    }
    // A file that was there keeps its mode when it is opened, whatever is asked for.
    if (Deno.build.os !== "windows") Deno.chmodSync(beside, 0o600);
    return beside;
  }

  /** Runs while no other process changes the file. Throws ACCESS_BUSY: nobody waits here, least of all a node. */
  locked<T>(body: () => T): T {
    const lock = Deno.openSync(`${this.#path}.lock`, { create: true, read: true, write: true, mode: 0o600 });
    try {
      if (!lock.tryLockSync(true)) {
        throw new UserError("ACCESS_BUSY", `another command is changing ${this.#path}: try again in a moment`);
      }
      try {
        return body();
      } finally {
        lock.unlockSync();
      }
    } finally {
      lock.close();
    }
  }
}
