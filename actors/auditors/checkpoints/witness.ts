/**
 * A witness: somebody else who has seen a log's earlier checkpoint, convinces themself that the log only grew, and says so
 * by a signature with a time. A log whose operator holds all keys cannot be rewritten past what a witness has signed without
 * showing it. The exchange is that of C2SP tlog-witness; a witness signs for no log that began otherwise.
 */
import type { KeyObject } from "node:crypto";
import {
  checkpointFault,
  fromBase64,
  fromHex,
  type PublicKey,
  readCheckpoint,
  toBase64,
  toHex,
  verifyConsistency,
} from "../verifier/mod.ts";
import { cosignatureLine } from "./note.ts";

/** What a witness answers: an HTTP status, and text: on 200 a line of signature, on 409 the size it knows, else a sentence. */
export interface WitnessAnswer {
  readonly status: number;
  readonly text: string;
}

/** Whoever can be asked. */
export interface Witness {
  add(request: string): Promise<WitnessAnswer>;
}

/** What a witness remembers of a log. */
export interface Seen {
  readonly size: number;
  /** Hexadecimal. */
  readonly root: string;
}

export interface WitnessOptions {
  readonly name: string;
  readonly key: KeyObject;
  /** Keys of the logs it watches. */
  readonly logs: readonly PublicKey[];
  readonly recall: (origin: string) => Seen | null;
  /** Must have it on disk before it returns. */
  readonly remember: (origin: string, seen: Seen) => void;
  /** Seconds since the Unix epoch. */
  readonly time: () => number;
}

/** The body of a request: the size that the witness is believed to know, what joins it to the checkpoint, and that. */
export const witnessRequest = (old: number, path: readonly string[], note: string): string =>
  `old ${old}\n${path.map((hash) => `${toBase64(fromHex(hash))}\n`).join("")}\n${note}`;

export class LocalWitness implements Witness {
  readonly #options: WitnessOptions;
  /** Requests are answered one after the other: two at once could both be told yes. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: WitnessOptions) {
    this.#options = options;
  }

  add(request: string): Promise<WitnessAnswer> {
    const answer = this.#last.then(() => this.#answer(request));
    this.#last = answer.catch(() => {});
    return answer;
  }

  async #answer(request: string): Promise<WitnessAnswer> {
    const { name, key, logs, recall, remember, time } = this.#options;
    const parsed = parse(request);
    if (parsed === null) {
      return { status: 400, text: "this is no request: old size, path, an empty line, a checkpoint\n" };
    }
    const { old, path, checkpoint } = parsed;
    const fault = await checkpointFault(checkpoint, logs);
    if (fault !== null) return { status: 403, text: `${fault}\n` };
    const { origin, size, root, text } = checkpoint;
    const seen = recall(origin) ?? { size: 0, root: "" };
    if (old > size) return { status: 400, text: "the old size is above that of the checkpoint\n" };
    if (old !== seen.size) return { status: 409, text: `${seen.size}\n` };
    const follows = old === 0 ? path.length === 0 : await verifyConsistency(old, size, fromHex(seen.root), root, path);
    if (!follows) return { status: 422, text: "the log does not begin as it did before\n" };
    remember(origin, { size, root: toHex(root) });
    return { status: 200, text: cosignatureLine(name, key, text, time()) };
  }
}

function parse(request: string) {
  try {
    const middle = request.indexOf("\n\n");
    const [first, ...lines] = request.slice(0, middle).split("\n");
    const [, old] = /^old (0|[1-9]\d{0,14})$/.exec(first) ?? [];
    if (middle < 0 || old === undefined || lines.length > 63) return null;
    return { old: Number(old), path: lines.map(fromBase64), checkpoint: readCheckpoint(request.slice(middle + 2)) };
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** A witness behind HTTP. */
export class HttpWitness implements Witness {
  readonly #url: string;
  readonly #signal: AbortSignal | undefined;

  /** `url`: of its `add-checkpoint`. `signal` ends what is on its way. */
  constructor(url: string, signal?: AbortSignal) {
    this.#url = url;
    this.#signal = signal;
  }

  async add(request: string): Promise<WitnessAnswer> {
    const response = await fetch(this.#url, { method: "POST", body: request, signal: this.#signal });
    return { status: response.status, text: await response.text() };
  }
}

const LARGEST_REQUEST = 64 * 1024;

/** Answers HTTP for a witness: `POST …/add-checkpoint`. */
export async function answerHttp(witness: Witness, request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (!pathname.endsWith("/add-checkpoint")) return new Response("ask at /add-checkpoint\n", { status: 404 });
  if (request.method !== "POST") return new Response("post a checkpoint\n", { status: 405 });
  const body = await request.text();
  if (body.length > LARGEST_REQUEST) return new Response("a request has at most 64 KiB\n", { status: 413 });
  const { status, text } = await witness.add(body);
  const type = status === 409 ? "text/x.tlog.size" : "text/plain; charset=utf-8";
  return new Response(text, { status, headers: { "content-type": type } });
}

/** The witness has answered, and does not sign: it may have seen another log of that name. */
export class WitnessRefusal extends Error {
  override readonly name = "WitnessRefusal";
}

/** Asks a witness to sign, proving by `beginning` what it has not seen; returns its line. Throws WitnessRefusal, and what asking throws. */
export async function askWitness(
  witness: Witness,
  note: string,
  size: number,
  beginning: (earlier: number, later: number) => readonly string[],
): Promise<string> {
  let known = 0;
  for (let turn = 0; turn < 2; turn++) {
    const path = known === 0 || known === size ? [] : beginning(known, size);
    const { status, text } = await witness.add(witnessRequest(known, path, note));
    if (status === 200) return text;
    known = status === 409 && turn === 0 ? Number(text.trim()) : NaN;
    if (!(known <= size)) {
      throw new WitnessRefusal(
        Number.isNaN(known)
          ? `the witness does not sign: ${text.trim()}`
          : `the witness has seen a log of ${known} records, and this checkpoint has ${size}`,
      );
    }
  }
  throw new WitnessRefusal("the witness does not know what it has seen");
}
