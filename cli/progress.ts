/** Signs of life for long work: a line that rewrites itself on a terminal, else a line every few seconds. */
import type { CliIo } from "./io.ts";

const TERMINAL_MS = 100;
const LOG_MS = 5_000;

export class Progress {
  readonly #io: CliIo;
  readonly #started = performance.now();
  #last: number;
  #shown = false;

  constructor(io: CliIo) {
    this.#io = io;
    // A log hears nothing of work that is over before the first line is due.
    this.#last = io.terminal ? -Infinity : this.#started;
  }

  /** Seconds since the work began. */
  get seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  show(text: string): void {
    const now = performance.now();
    if (now - this.#last < (this.#io.terminal ? TERMINAL_MS : LOG_MS)) return;
    this.#last = now;
    if (this.#io.terminal) {
      this.#io.errRaw(`\r\x1b[K${text}`);
      this.#shown = true;
    } else {
      this.#io.err(text);
    }
  }

  /** Clears the line, so that results stand alone. */
  end(): void {
    if (this.#shown) this.#io.errRaw("\r\x1b[K");
    this.#shown = false;
  }
}
