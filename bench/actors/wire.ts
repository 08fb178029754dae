/** Lines to and from the process of an engine. */
import type { Parameters } from "./port.ts";

/** Every reply has these or says why not. */
export interface Reply {
  readonly value?: number;
  readonly leavesOut?: string;
  readonly failed?: string;
  readonly version?: string;
  readonly [figure: string]: number | string | undefined;
}

export function inOrder(like: Parameters, values: readonly number[]): Parameters {
  return Object.fromEntries(Object.keys(like).map((key, i) => [key, values[i]]));
}

export class EngineProcess {
  private readonly child: Deno.ChildProcess;
  private readonly writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  private readonly lines: ReadableStreamDefaultReader<string>;
  private readonly complaints: Promise<string>;
  private buffered: string[] = [];
  private rest = "";

  /** `hint`: what it means when the process does not even greet. */
  constructor(program: string, args: readonly string[], private readonly hint: string) {
    this.child = new Deno.Command(program, { args: [...args], stdin: "piped", stdout: "piped", stderr: "piped" })
      .spawn();
    this.writer = this.child.stdin.getWriter();
    this.complaints = new Response(this.child.stderr).text();
    this.lines = this.child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** The version it greets with. Throws what it said instead. */
  async greeting(): Promise<string> {
    try {
      return (await this.reply()).version!;
    } catch (error) {
      throw new Error(`${this.hint} (${(error as Error).message})`);
    }
  }

  async run(name: string, parameters: Parameters): Promise<Reply> {
    const line = [name, ...Object.values(parameters)].join(" ");
    await this.writer.write(new TextEncoder().encode(`${line}\n`));
    const reply = await this.reply();
    if (reply.failed !== undefined) throw new Error(`${name}: ${reply.failed}`);
    return reply;
  }

  /** Ends it and waits until it is gone. */
  async end(): Promise<void> {
    await this.writer.close().catch(() => {});
    try {
      this.child.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await this.child.status;
    await this.lines.cancel();
    await this.complaints;
  }

  private async reply(): Promise<Reply> {
    for (;;) {
      const line = await this.line();
      if (line.startsWith("{")) return JSON.parse(line);
    }
  }

  private async line(): Promise<string> {
    while (this.buffered.length === 0) {
      const { value, done } = await this.lines.read();
      if (done) {
        throw new Error(
          (await this.complaints).trim().split("\n").slice(-3).join(" ") || "its process ended without a word",
        );
      }
      const lines = (this.rest + value).split("\n");
      this.rest = lines.pop()!;
      this.buffered = lines;
    }
    return this.buffered.shift()!;
  }
}
