/**
 * The logs of a data directory on a topic of a broker, in order, as they grow. What was sent is noted in a file after it was
 * kept; a node that is killed in between sends it again, and whoever follows knows it by its index.
 */
import { join } from "node:path";
import { AuditReader, NativeError } from "../../../ffi/mod.ts";
import { type Broker, BrokerError, passes, type Publication } from "../../../runtime/transport/mod.ts";
import { readCheckpoint, toHex } from "../verifier/mod.ts";
import { SinkFault } from "./fault.ts";
import { checkpointLetter, keyOf, type LogName, partLetters, recordsLetter } from "./letters.ts";
import { segmentsOf } from "./log_copy.ts";
import type { RunFault, Sink, SinkReport, TopicPlaces, VerifiedUpTo } from "./report.ts";

/** Beside the logs: how far each is on the topic. */
export const TOPIC_FILE = "topic.json";
/** Bytes of records in a letter: with base64 well below what every broker takes. */
const LETTER_BYTES = 192 * 1024;
/** A broker that takes less than this takes no log. */
const LEAST_LETTER_BYTES = 4 * 1024;
/** Letters between two reports. */
const LETTERS = 32;

interface Sent {
  readonly broker: string;
  readonly topic: string;
  /** Records of each run that are on the topic. */
  readonly runs: Record<string, number>;
}

interface Run extends LogName {
  readonly directory: string;
  reader: AuditReader | null;
  /** Read already, and begins the next letter. */
  ahead: Uint8Array | null;
  /** Index of the next record to send. */
  next: number;
  bytes: number;
  /** Size of the last checkpoint that was sent. */
  signed: VerifiedUpTo | null;
}

export class TopicSink implements Sink {
  readonly #places: TopicPlaces;
  readonly #open: () => Promise<Broker>;
  readonly #sent: Sent;
  readonly #current: Run;
  readonly #waiting: Run[];
  #broker: Broker | null = null;
  /** Bytes of records in a letter: less where the broker has said that it takes less. */
  #most = LETTER_BYTES;
  #fault: RunFault | null = null;

  /** `open` opens the broker; it is called again after it failed. */
  constructor(places: TopicPlaces, open: () => Promise<Broker>) {
    this.#places = places;
    this.#open = open;
    this.#sent = readSent(places);
    this.#current = this.#run(places.run);
    this.#waiting = [...Deno.readDirSync(join(places.dataDir, "runs"))]
      .filter(({ name, isDirectory }) => isDirectory && /^\d{6}$/.test(name) && Number(name) < places.run)
      .map(({ name }) => this.#run(Number(name)))
      .sort((a, b) => a.run - b.run);
  }

  async look(): Promise<SinkReport> {
    let caughtUp = false;
    if (!this.#fault?.lasting) {
      try {
        this.#broker ??= await this.#open();
        caughtUp = await this.#publish(this.#current);
        const earlier = this.#waiting[0];
        if (caughtUp && earlier !== undefined && await this.#publish(earlier)) {
          earlier.reader?.close();
          this.#waiting.shift();
        }
        this.#fault = null;
      } catch (error) {
        const tooLarge = error instanceof BrokerError && error.code === "MESSAGE_TOO_LARGE";
        if (tooLarge && this.#most > LEAST_LETTER_BYTES) this.#most /= 2;
        else this.#fail(error);
      }
    }
    return {
      records: this.#current.next,
      bytes: this.#current.bytes,
      caughtUp,
      verified: this.#current.signed,
      waiting: this.#waiting.length,
      checking: false,
      faults: this.#fault === null ? [] : [this.#fault],
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { reader } of [this.#current, ...this.#waiting]) reader?.close();
    await this.#broker?.close();
  }

  #run(run: number): Run {
    const directory = join(this.#places.dataDir, "runs", String(run).padStart(6, "0"));
    const next = this.#sent.runs[run] ?? 0;
    return { node: this.#places.node, run, directory, reader: null, ahead: null, next, bytes: 0, signed: null };
  }

  /** A bounded piece of a log; true when everything sealed is sent. */
  async #publish(run: Run): Promise<boolean> {
    if (segmentsOf(run.directory).length === 0) return true;
    const note = noteOf(run.directory);
    const size = note === null ? 0 : Number(note.split("\n")[1]);
    const letters: Publication[] = [];
    const key = keyOf(run);
    run.reader ??= new AuditReader(run.directory, run.next);
    let { next, bytes } = run;
    let signed: VerifiedUpTo | null = null;
    let caughtUp = false;
    while (letters.length < LETTERS && !caughtUp) {
      const records: Uint8Array[] = run.ahead === null ? [] : [run.ahead];
      let held = run.ahead?.length ?? 0;
      run.ahead = null;
      while (held < this.#most && (records.length === 0 || next + records.length !== size)) {
        if (run.reader.next() === null) {
          caughtUp = true;
          break;
        }
        const record = run.reader.bytes();
        // One that has no room in this letter begins the next.
        if (records.length > 0 && held + record.length > this.#most) {
          run.ahead = record;
          break;
        }
        records.push(record);
        held += record.length;
      }
      const parts = held > this.#most ? partLetters(run, next, records[0], this.#most) : null;
      for (const letter of parts ?? (records.length > 0 ? [recordsLetter(run, next, records)] : [])) {
        letters.push({ key, letter });
      }
      next += records.length;
      bytes += held;
      if (note !== null && next === size && size > (run.signed?.records ?? 0)) {
        letters.push({ key, letter: checkpointLetter(run, size, note) });
        signed = { records: size, root: toHex(readCheckpoint(note).root) };
      }
    }
    if (letters.length > 0) {
      try {
        await this.#broker!.publishBatch(this.#places.topic, letters);
      } catch (error) {
        // What was read and not sent is read again.
        run.reader.close();
        run.reader = run.ahead = null;
        throw error;
      }
      Object.assign(run, { next, bytes, signed: signed ?? run.signed });
      this.#note(run);
    }
    return caughtUp;
  }

  #note({ run, next }: Run): void {
    this.#sent.runs[run] = next;
    const path = join(this.#places.dataDir, TOPIC_FILE);
    Deno.writeTextFileSync(`${path}.new`, `${JSON.stringify(this.#sent)}\n`, { mode: 0o600 });
    Deno.renameSync(`${path}.new`, path);
  }

  #fail(error: unknown): void {
    const { broker, topic, run } = this.#places;
    const why = error instanceof Error ? error.message : String(error);
    const outside = error instanceof BrokerError;
    const lasting = outside && !passes(error);
    const fault = outside
      ? new SinkFault(
        "TOPIC_UNREACHABLE",
        `the topic ${topic} of ${broker} does not take the log: ${why}`,
        lasting,
      )
      : new SinkFault(
        "LOG_UNREADABLE",
        `the log cannot be sent to the topic ${topic}: ${why}: check it with cwts audit verify`,
        error instanceof NativeError,
      );
    this.#fault = { run, code: fault.code, sentence: fault.message, lasting: fault.lasting };
  }
}

function readSent({ dataDir, broker, topic }: TopicPlaces): Sent {
  try {
    const sent = JSON.parse(Deno.readTextFileSync(join(dataDir, TOPIC_FILE))) as Sent;
    if (sent.broker === broker && sent.topic === topic) return sent;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound || error instanceof SyntaxError)) throw error;
  }
  return { broker, topic, runs: {} };
}

function noteOf(directory: string): string | null {
  try {
    return Deno.readTextFileSync(join(directory, "checkpoint"));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
