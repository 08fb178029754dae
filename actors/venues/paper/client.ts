/**
 * A node's line to the paper exchange. Every answer is checked before anybody acts on it, and has to come in time; a line that
 * says what it may not say is closed, and is not believed again.
 */
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../../../config/mod.ts";
import { type Answer, type AnswerOf, answerSchema, type Ask, linesOf } from "./words.ts";

type Question = Ask extends infer A ? A extends { id: number } ? Omit<A, "id"> : never : never;

/** The venue did not answer, or answered what cannot be true. */
export class VenueFault extends Error {
  override readonly name = "VenueFault";
  /** `code`: VENUE_SILENT, VENUE_GONE, VENUE_REFUSED or VENUE_LIES. */
  constructor(readonly code: string, message: string) {
    super(message);
  }
}

export interface PaperLineOptions {
  /** Of the exchange: `venue.json` and `venue.token` are in it. */
  readonly directory: string;
  readonly deadlineMs: number;
  /** What it tells unasked. */
  readonly onTold: (told: AnswerOf<"told"> | AnswerOf<"market">) => void;
  /** Once, when the line is over. */
  readonly onEnd: (why: VenueFault) => void;
}

interface Waiting {
  readonly answer: Answer["answer"];
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

const ANSWERS = {
  hello: "hello",
  enter: "entered",
  withdraw: "withdrawn",
  open: "open",
  executions: "executions",
  positions: "positions",
  seen: "seen",
} as const;
const addressSchema = z.object({ port: z.int().min(1).max(65_535) });
const encoder = new TextEncoder();

export class PaperLine {
  readonly #options: PaperLineOptions;
  readonly #socket: Deno.TcpConn;
  readonly #waiting = new Map<number, Waiting>();
  readonly #reading: Promise<void>;
  #writing: Promise<void> = Promise.resolve();
  #last = 0;
  #fault: VenueFault | null = null;

  private constructor(options: PaperLineOptions, socket: Deno.TcpConn) {
    this.#options = options;
    this.#socket = socket;
    this.#reading = this.#read();
  }

  /** Connects. Throws VenueFault VENUE_GONE when nobody is there. */
  static async open(options: PaperLineOptions): Promise<PaperLine> {
    const { directory } = options;
    try {
      const { port } = addressSchema.parse(JSON.parse(Deno.readTextFileSync(join(directory, "venue.json"))));
      return new PaperLine(options, await Deno.connect({ hostname: "127.0.0.1", port }));
    } catch (error) {
      const why = error instanceof z.ZodError ? "venue.json names no port" : (error as Error).message;
      throw new VenueFault(
        "VENUE_GONE",
        `no paper exchange answers for ${directory} (${why}): start it with deno task cwts venue --dir ${directory}`,
      );
    }
  }

  /** Why the line is over; null while it is not. */
  get fault(): VenueFault | null {
    return this.#fault;
  }

  /** Asks, and resolves with the answer. Rejects with a VenueFault. */
  ask<Q extends Question>(question: Q): Promise<AnswerOf<(typeof ANSWERS)[Q["ask"]]>> {
    if (this.#fault !== null) return Promise.reject(this.#fault);
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      const { deadlineMs } = this.#options;
      // deno-lint-ignore cwts/no-ambient -- the patience of a real connection; what comes of it is on record
      const timer = setTimeout(
        () => this.#end(new VenueFault("VENUE_SILENT", `the venue did not answer within ${deadlineMs} ms: see to it`)),
        deadlineMs,
      );
      const answer = ANSWERS[question.ask];
      this.#waiting.set(id, { answer, resolve: resolve as (answer: Answer) => void, reject, timer });
      const bytes = encoder.encode(`${JSON.stringify({ ...question, id })}\n`);
      this.#writing = this.#writing.then(async () => {
        for (let at = 0; at < bytes.length;) at += await this.#socket.write(bytes.subarray(at));
      }).catch((error) => this.#end(new VenueFault("VENUE_GONE", `the venue is gone: ${(error as Error).message}`)));
    });
  }

  /** Ends the line because of what was said on it. */
  distrust(sentence: string): VenueFault {
    const fault = new VenueFault(
      "VENUE_LIES",
      `the venue said what cannot be: ${sentence}; nothing of it was believed`,
    );
    this.#end(fault);
    return fault;
  }

  async close(): Promise<void> {
    this.#end(new VenueFault("VENUE_GONE", "the line was closed"));
    await this.#reading;
    await this.#writing;
  }

  #end(fault: VenueFault): void {
    if (this.#fault !== null) return;
    this.#fault = fault;
    try {
      this.#socket.close();
    } catch {
      // It was closed before.
    }
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(fault);
    }
    this.#waiting.clear();
    this.#options.onEnd(fault);
  }

  async #read(): Promise<void> {
    try {
      for await (const line of linesOf(this.#socket.readable)) {
        if (this.#fault !== null) return;
        const answer = parse(line);
        if (answer === null) return void this.distrust("a line that is none of the protocol");
        this.#hear(answer);
      }
      this.#end(new VenueFault("VENUE_GONE", "the venue closed the line"));
    } catch (error) {
      if (error instanceof RangeError) this.distrust(error.message);
      else this.#end(new VenueFault("VENUE_GONE", `the venue is gone: ${(error as Error).message}`));
    }
  }

  #hear(answer: Answer): void {
    if (answer.answer === "told" || answer.answer === "market") return this.#options.onTold(answer);
    const waiting = this.#waiting.get(answer.id);
    if (answer.answer === "refused") {
      return this.#end(new VenueFault("VENUE_REFUSED", `the venue refused (${answer.code}): ${answer.sentence}`));
    }
    if (waiting === undefined || waiting.answer !== answer.answer) {
      return void this.distrust(`an answer ${answer.answer} to a question that was not asked`);
    }
    this.#waiting.delete(answer.id);
    clearTimeout(waiting.timer);
    waiting.resolve(answer);
  }
}

/** Reads the token of an exchange. Throws UserError VENUE_TOKEN when there is none, or when others can read it. */
export function readToken(directory: string): string {
  const path = join(directory, "venue.token");
  try {
    const { mode } = Deno.statSync(path);
    if (mode !== null && (mode & 0o077) !== 0) {
      throw new UserError("VENUE_TOKEN", `others can read ${path}: chmod 600 it, and restart the paper exchange`);
    }
    return Deno.readTextFileSync(path).trim();
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      "VENUE_TOKEN",
      `cannot read ${path} (${
        (error as Error).message
      }): start the exchange with deno task cwts venue --dir ${directory}`,
    );
  }
}

function parse(line: string): Answer | null {
  try {
    return answerSchema.parse(JSON.parse(line));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return null;
    throw error;
  }
}
