/**
 * Others who vouch for the log, asked by the node itself: a time stamping authority, and a witness. Each hears the latest
 * checkpoint when the run has one, again after a time, and at its end.
 *
 * Nothing waits for them: a question is on its way while everything else goes on, and one that is not answered in time is
 * given up and asked again, later each time. What is wrong is told, on record and in the view, and takes nobody's trading away.
 */
import { createHash } from "node:crypto";
import { type Config, UserError } from "../../config/mod.ts";
import { proveBeginning } from "../../ffi/mod.ts";
import type { Stopwatch } from "../../runtime/mod.ts";
import { askWitness, HttpWitness, WitnessRefusal } from "../auditors/checkpoints/witness.ts";
import { askForTimestamp } from "../auditors/timestamps/request.ts";
import type { AttestationView } from "../protocol/mod.ts";
import { keepTimestamp, keepWitnessed } from "./attestation_files.ts";
import { readCheckpointFile } from "./checkpoint_file.ts";
import { randomBytes } from "./wall.ts";

const SECOND = 1e9;
/** A question that has no answer after this long is given up. */
const ANSWER_MS = 10_000;
/** Between a failure and the next question: twice as long each time, up to an hour. */
const FIRST_RETRY_NANOS = 2 * SECOND;
const LAST_RETRY_NANOS = 3_600 * SECOND;

export interface AttestationsOptions {
  readonly config: Config;
  /** Of the log. */
  readonly directory: string;
  readonly stopwatch: Stopwatch;
  /** Puts on record what is wrong, and that it is over. */
  readonly note: (event: Readonly<Record<string, unknown>>) => void;
  readonly err: (line: string) => void;
  /** Milliseconds after which a question is given up; default 10 s. */
  readonly answerMs?: number;
}

interface Plan {
  readonly by: AttestationView["by"];
  readonly url: string;
  readonly everyS: number;
  /** Asks about a checkpoint and keeps the answer beside the log. */
  readonly ask: (note: string, size: number, signal: AbortSignal) => Promise<void>;
}

export class Attestations {
  readonly #options: AttestationsOptions;
  readonly #askers: readonly Asker[];

  constructor(options: AttestationsOptions) {
    this.#options = options;
    this.#askers = plans(options).map((plan) => new Asker(plan, options, (view) => this.#changed(view)));
  }

  #ended = false;

  /** Asks whoever is due. Returns at once. */
  poll(): void {
    for (const asker of this.#askers) asker.poll();
  }

  views(): readonly AttestationView[] {
    return this.#askers.map((asker) => asker.view());
  }

  /** After the log was closed: asks once more about its last checkpoint, for as long as one question may take. */
  async finish(): Promise<void> {
    this.#ended = true;
    const late = AbortSignal.timeout(this.#options.answerMs ?? ANSWER_MS);
    await Promise.all(this.#askers.map((asker) => asker.finish(late)));
  }

  /** Gives up what is on its way. */
  close(): void {
    for (const asker of this.#askers) asker.close();
  }

  #changed({ by, where, fault }: AttestationView): void {
    const detail = fault?.sentence ?? `${where} answers again`;
    this.#options.err(fault === null ? detail : `${fault.code}: ${detail}`);
    if (!this.#ended) {
      this.#options.note({ attestation: by, where, active: fault !== null, code: fault?.code ?? null, detail });
    }
  }
}

type Fault = NonNullable<AttestationView["fault"]>;

class Asker {
  readonly #plan: Plan;
  readonly #options: AttestationsOptions;
  readonly #changed: (view: AttestationView) => void;
  readonly #answerMs: number;
  #due = 0;
  #retry = FIRST_RETRY_NANOS;
  #records = 0;
  #fault: Fault | null = null;
  #underWay: { readonly done: Promise<void>; readonly abort: AbortController } | null = null;

  constructor(plan: Plan, options: AttestationsOptions, changed: (view: AttestationView) => void) {
    this.#plan = plan;
    this.#options = options;
    this.#changed = changed;
    this.#answerMs = options.answerMs ?? ANSWER_MS;
  }

  view(): AttestationView {
    return { by: this.#plan.by, where: this.#plan.url, records: this.#records, fault: this.#fault };
  }

  poll(): void {
    if (this.#underWay === null && this.#options.stopwatch.now() >= this.#due) void this.#begin();
  }

  async finish(late: AbortSignal): Promise<void> {
    late.addEventListener("abort", () => this.close(), { once: true });
    await this.#underWay?.done;
    if (!late.aborted) await this.#begin();
  }

  close(): void {
    this.#underWay?.abort.abort();
  }

  #begin(): Promise<void> {
    const note = readCheckpointFile(this.#options.directory);
    const size = note === null ? 0 : Number(note.split("\n")[1]);
    if (note === null || size <= this.#records) return Promise.resolve();
    const abort = new AbortController();
    const done = this.#ask(note, size, AbortSignal.any([abort.signal, AbortSignal.timeout(this.#answerMs)]));
    this.#underWay = { done, abort };
    return done;
  }

  async #ask(note: string, size: number, signal: AbortSignal): Promise<void> {
    const { ask, everyS } = this.#plan;
    const { stopwatch } = this.#options;
    try {
      await ask(note, size, signal);
      this.#records = size;
      this.#retry = FIRST_RETRY_NANOS;
      this.#due = stopwatch.now() + everyS * SECOND;
      this.#judge(null);
    } catch (error) {
      this.#due = stopwatch.now() + this.#retry;
      this.#retry = Math.min(LAST_RETRY_NANOS, 2 * this.#retry);
      this.#judge(faultOf(this.#plan, error, this.#answerMs));
    } finally {
      this.#underWay = null;
    }
  }

  #judge(fault: Fault | null): void {
    if (fault?.code === this.#fault?.code) return;
    this.#fault = fault;
    this.#changed(this.view());
  }
}

function plans({ config: { audit }, directory }: AttestationsOptions): Plan[] {
  const found: Plan[] = [];
  const { tsa, tsaEvery, witness, witnessEvery } = audit;
  if (tsa !== undefined) {
    found.push({
      ...{ by: "tsa", url: tsa, everyS: tsaEvery },
      async ask(note, _size, signal) {
        const hash = createHash("sha256").update(note).digest();
        keepTimestamp(directory, note, (await askForTimestamp(tsa, hash, randomBytes(8), signal)).bytes);
      },
    });
  }
  if (witness !== undefined) {
    found.push({
      ...{ by: "witness", url: witness, everyS: witnessEvery },
      async ask(note, size, signal) {
        const prove = (from: number, to: number) => proveBeginning(directory, from, to).path;
        keepWitnessed(directory, `${note}${await askWitness(new HttpWitness(witness, signal), note, size, prove)}`);
      },
    });
  }
  return found;
}

function faultOf({ by, url }: Plan, error: unknown, answerMs: number): Fault {
  const [code, whom] = by === "tsa" ? ["TIMESTAMP", "time stamp from"] : ["WITNESS", "signature of the witness"];
  if (error instanceof WitnessRefusal) {
    return {
      code: "WITNESS_REFUSES",
      sentence:
        `no ${whom} ${url}: ${error.message}: compare the log with an earlier copy by audit verify --checkpoint`,
    };
  }
  const why = (error as Error).name === "TimeoutError" ? `no answer in ${answerMs / 1000} s` : (error as Error).message;
  return { code: `${code}_UNREACHABLE`, sentence: `no ${whom} ${url}: ${why}; asked again by itself` };
}

/** Before anything is made on disk. Throws ATTESTATION_ADDRESS. */
export function refuseWrongAttestations({ audit: { tsa, witness } }: Config): void {
  for (const [name, url] of [["tsa", tsa], ["witness", witness]]) {
    if (url === undefined || (/^https?:\/\/[^/]/.test(url) && URL.canParse(url))) continue;
    throw new UserError(
      "ATTESTATION_ADDRESS",
      `audit.${name} ${url} is no address: it begins with http:// or https://`,
    );
  }
}
