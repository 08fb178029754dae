/**
 * One process of a sandbox: started with no permissions and with limits of the operating system, spoken to over its pipes,
 * watched, and ended by SIGKILL.
 */
import { Sleep } from "../internal/wall.ts";
import { decodeBody, encodeFrame, HEADER, isReply, type Numbered, type Reply, type Request } from "./protocol.ts";
import { SandboxError, type SandboxImage } from "./image.ts";

export interface SandboxLimits {
  /** Wall milliseconds for one answer; then it counts as stuck. */
  readonly answerMs: number;
  /** Wall milliseconds from the start to the first answer. */
  readonly startMs: number;
  /** MiB of the JavaScript heap. */
  readonly heapMiB: number;
  /** MiB of resident memory, array buffers and all. */
  readonly memoryMiB: number;
  /** Threads of the process; Deno itself needs a dozen. */
  readonly threads: number;
  /** Bytes of one frame in either direction. */
  readonly frameBytes: number;
  /** Effects of one answer. */
  readonly effects: number;
}

export const DEFAULT_LIMITS: SandboxLimits = {
  answerMs: 250,
  startMs: 5000,
  heapMiB: 64,
  memoryMiB: 256,
  threads: 48,
  frameBytes: 4 * 1024 * 1024,
  effects: 4096,
};

/** Between two looks at what a process uses, wall milliseconds. */
const WATCH_MS = 20;
/** Address space is cheap and V8 reserves much; data is what counts. */
const DATA_FACTOR = 4;
/** Last words of a process that are kept. */
const LAST_WORDS = 2000;

export class SandboxProcess {
  private readonly child: Deno.ChildProcess;
  private readonly writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  private readonly reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  private pending: Uint8Array = new Uint8Array(0);
  private asked = 0;
  private lastWords = "";
  private ended: string | null = null;
  private readonly watch: Promise<void>;
  private readonly heard: Promise<void>;
  private stopWatching: (() => void) | null = null;

  constructor(image: SandboxImage, private readonly limits: SandboxLimits) {
    const { heapMiB, memoryMiB } = limits;
    const deno = [
      Deno.execPath(),
      "run",
      "--quiet",
      "--no-remote",
      "--no-npm",
      "--cached-only",
      "--no-prompt",
      "--no-config",
      "--no-lock",
      `--v8-flags=--max-old-space-size=${heapMiB},--single-threaded-gc`,
      image.entry,
    ];
    const script = `ulimit -c 0; ulimit -f 65536; ulimit -d ${memoryMiB * 1024 * DATA_FACTOR}; exec "$@"`;
    this.child = new Deno.Command("/bin/sh", {
      args: ["-c", script, "sandbox", ...deno],
      cwd: image.folder,
      clearEnv: true,
      // Its own cache, in its own folder: nothing of the machine's is read or written.
      env: { DENO_DIR: `${image.folder}/cache`, NO_COLOR: "1" },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.writer = this.child.stdin.getWriter();
    this.reader = this.child.stdout.getReader();
    this.watch = this.watchOver();
    this.heard = this.listen();
  }

  get pid(): number {
    return this.child.pid;
  }

  /** Asks and waits for the answer. Rejects with SandboxError when the process ended, broke the rules or is stuck. */
  async exchange(request: Request, answerMs: number): Promise<Reply> {
    const n = ++this.asked;
    const frame = encodeFrame({ n, request } satisfies Numbered<Request>);
    if (frame.length > this.limits.frameBytes) {
      throw new SandboxError(
        "SANDBOX_FRAME",
        `a request of ${frame.length} bytes is above the limit of ${this.limits.frameBytes}.`,
      );
    }
    const patience = new Sleep(answerMs);
    let late = false;
    const timeout = patience.done.then(() => {
      if (answered) return;
      late = true;
      this.kill(`did not answer within ${answerMs} ms`);
    });
    let answered = false;
    try {
      // Not awaited before the answer: a guest that does not read must not hold up more than the clock above allows.
      const written = this.writer.write(frame);
      written.catch(() => {});
      const reply = await this.read(n);
      answered = true;
      return reply;
    } catch (error) {
      answered = true;
      if (late || this.ended !== null) throw new SandboxError("SANDBOX_ENDED", await this.epitaph());
      throw error;
    } finally {
      patience.end();
      await timeout;
    }
  }

  /** Ends it now; `why` is for people. */
  kill(why: string): void {
    this.ended ??= why;
    this.stopWatching?.();
    try {
      this.child.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }

  /** Resolves when it is gone and its pipes are closed. */
  async gone(): Promise<void> {
    await this.child.status;
    await this.watch;
    await this.heard;
    await this.reader.cancel().catch(() => {});
    await this.writer.abort().catch(() => {});
  }

  private async epitaph(): Promise<string> {
    const status = await this.child.status;
    const how = status.signal === null ? `exited with code ${status.code}` : `was ended by ${status.signal}`;
    const words = this.lastWords.trim().split("\n").at(-1) ?? "";
    return [`the sandbox ${this.ended ?? how}`, words].filter((part) => part !== "").join(": ");
  }

  private async read(n: number): Promise<Reply> {
    const header = await this.take(HEADER);
    const length = new DataView(header.buffer, header.byteOffset).getUint32(0, true);
    if (length > this.limits.frameBytes) throw this.broken(`a frame of ${length} bytes`);
    const body = await this.take(length);
    if (this.pending.length > 0) throw this.broken("more than one answer");
    let reply: unknown;
    try {
      reply = decodeBody(body);
    } catch {
      throw this.broken("a frame that is not JSON");
    }
    if (!isReply(reply)) throw this.broken("a frame that is no answer");
    if (reply.n !== n) throw this.broken("an answer to another question");
    if (reply.effects.length > this.limits.effects) throw this.broken(`${reply.effects.length} effects at once`);
    return reply;
  }

  private broken(what: string): SandboxError {
    this.kill(`sent ${what}`);
    return new SandboxError("SANDBOX_PROTOCOL", `the sandbox sent ${what} and was ended.`);
  }

  private async take(length: number): Promise<Uint8Array> {
    while (this.pending.length < length) {
      const { value, done } = await this.reader.read();
      if (done) {
        this.ended ??= null;
        throw new SandboxError("SANDBOX_ENDED", await this.epitaph());
      }
      if (this.pending.length + value.length > this.limits.frameBytes + HEADER) {
        throw this.broken("more than a frame holds");
      }
      if (this.pending.length === 0) this.pending = value;
      else {
        const joined = new Uint8Array(this.pending.length + value.length);
        joined.set(this.pending);
        joined.set(value, this.pending.length);
        this.pending = joined;
      }
    }
    const taken = this.pending.subarray(0, length);
    this.pending = this.pending.subarray(length);
    return taken;
  }

  /** What it says on standard error is for its crash record. */
  private async listen(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.child.stderr) {
      this.lastWords = (this.lastWords + decoder.decode(chunk, { stream: true })).slice(-LAST_WORDS);
    }
  }

  /** Ends it when it takes more memory or threads than it may. Where /proc is missing the limits above stand alone. */
  private async watchOver(): Promise<void> {
    let over = false;
    void this.child.status.then(() => {
      over = true;
      this.stopWatching?.();
    });
    const { memoryMiB, threads } = this.limits;
    while (!over && this.ended === null) {
      const used = usage(this.pid);
      if (used !== null && used.memoryMiB > memoryMiB) {
        this.kill(`took ${Math.round(used.memoryMiB)} MiB of memory, more than ${memoryMiB}`);
      } else if (used !== null && used.threads > threads) {
        this.kill(`started ${used.threads} threads, more than ${threads}`);
      }
      const pause = new Sleep(WATCH_MS);
      this.stopWatching = () => pause.end();
      await pause.done;
    }
  }
}

function usage(pid: number): { readonly memoryMiB: number; readonly threads: number } | null {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
    return { memoryMiB: field("VmRSS") / 1024, threads: field("Threads") };
  } catch {
    return null;
  }
}
