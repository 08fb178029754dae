/** One process at a time: a lock that lasts as long as its file is open, with the number of its holder for people. */
import { SinkFault } from "./fault.ts";

export class FileLock implements Disposable {
  readonly #file: Deno.FsFile;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /** Throws SinkFault REPLICA_HELD, and what opening a file throws. */
  static take(path: string): FileLock {
    const file = Deno.openSync(path, { create: true, read: true, write: true, mode: 0o600 });
    if (!file.tryLockSync(true)) {
      file.close();
      const holder = Deno.readTextFileSync(path).trim();
      throw new SinkFault(
        "REPLICA_HELD",
        `another node${holder ? ` (process ${holder})` : ""} holds ${path}: stop it, or name another replica directory`,
        false,
      );
    }
    file.truncateSync(0);
    file.writeSync(new TextEncoder().encode(`${Deno.pid}\n`));
    return new FileLock(file);
  }

  [Symbol.dispose](): void {
    this.#file.unlockSync();
    this.#file.close();
  }
}
