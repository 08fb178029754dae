/**
 * A second directory with the logs of a data directory: `<replica>/runs/000001/…`, as the data directory has them, so that
 * every command that reads a log reads a replica too. Segments and checkpoints are copied; tiles, snapshots and keys are not.
 *
 * The run that is being written comes first; what an earlier start left behind is caught up afterwards, a piece at a time.
 * A run that has ended and was compared and verified whole is marked, so that a later start looks at its sizes alone.
 */
import { basename, join } from "node:path";
import { type AuditVerdict, verifyAuditAgainstInBackground } from "../../../ffi/mod.ts";
import { readCheckpoint, toHex } from "../verifier/mod.ts";
import { SinkFault, unwritable } from "./fault.ts";
import { LogCopy, segmentsOf, syncDirectory } from "./log_copy.ts";
import { FileLock } from "./lock.ts";
import type { LookOptions, ReplicaPlaces, RunFault, Sink, SinkReport, VerifiedUpTo } from "./report.ts";

const CHECKPOINT = "checkpoint";
/** In the replica of a run that has ended and is whole. */
const COMPLETE = "complete.json";
/** Bytes that are compared and copied between two reports. */
const STEP = 32 * 1024 * 1024;
const RUN = /^\d{6}$/;

interface Run {
  readonly number: number;
  readonly copy: LogCopy;
  note: string | null;
  verified: VerifiedUpTo | null;
}

export class Replica implements Sink {
  readonly #places: ReplicaPlaces;
  readonly #current: Run;
  readonly #waiting: Run[];
  readonly #faults = new Map<number, RunFault>();
  #lock: FileLock | null = null;
  /** Verifying goes on beside the copying; one at a time. */
  #checking: Promise<void> | null = null;

  constructor(places: ReplicaPlaces) {
    this.#places = places;
    this.#current = this.#run(places.run);
    this.#waiting = runsIn(places.dataDir).filter((run) => run < places.run).map((run) => this.#run(run));
  }

  /** One round of comparing and copying. `verify` begins a verification; `settle` waits for the one under way. */
  async look({ verify, settle }: LookOptions): Promise<SinkReport> {
    let caughtUp = false;
    try {
      this.#hold();
      caughtUp = this.#advance(this.#current);
      this.#pass(this.#current);
      if (caughtUp) this.#catchUp();
      if (caughtUp && verify) this.#check(this.#current);
      if (settle) await this.#checking;
    } catch (error) {
      this.#fail(this.#current, error);
    }
    const { copy: { records, bytes }, verified } = this.#current;
    const faults = [...this.#faults.values()];
    const checking = this.#checking !== null;
    return { records, bytes, caughtUp, verified, checking, waiting: this.#waiting.length, faults };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#checking;
    for (const { copy } of [this.#current, ...this.#waiting]) copy[Symbol.dispose]();
    this.#lock?.[Symbol.dispose]();
  }

  #run(number: number): Run {
    const place = (directory: string) => join(directory, "runs", String(number).padStart(6, "0"));
    const { dataDir, replicaDir } = this.#places;
    return { number, copy: new LogCopy(place(dataDir), place(replicaDir)), note: null, verified: null };
  }

  #hold(): void {
    if (this.#lock !== null) return;
    const { replicaDir } = this.#places;
    try {
      Deno.mkdirSync(replicaDir, { recursive: true, mode: 0o700 });
      this.#lock = FileLock.take(join(replicaDir, "LOCK"));
    } catch (error) {
      throw unwritable(`take ${replicaDir}`, error);
    }
  }

  /** True when the copy of the run has everything that is sealed. Throws SinkFault. */
  #advance(run: Run): boolean {
    if (this.#faults.get(run.number)?.lasting) return false;
    const { caughtUp } = run.copy.step(STEP);
    this.#keepCheckpoint(run);
    return caughtUp;
  }

  /** The checkpoint of the log, once everything that it speaks of is there. */
  #keepCheckpoint(run: Run): void {
    const note = readText(join(run.copy.from, CHECKPOINT));
    if (note === null || note === run.note || sizeOf(note) > run.copy.records) return;
    replaceFile(join(run.copy.to, CHECKPOINT), note);
    run.note = note;
  }

  /** Holds the copy against its checkpoint, unless another is being verified. */
  #check(run: Run): void {
    const { copy, note } = run;
    if (this.#checking !== null || note === null) return;
    this.#checking = verified(copy, note)
      .then((upTo) => void (run.verified = upTo), (error) => this.#fail(run, error))
      .finally(() => this.#checking = null);
  }

  /** One piece of what earlier starts left. */
  #catchUp(): void {
    const run = this.#waiting[0];
    if (run === undefined) return;
    try {
      if (!isComplete(run.copy)) {
        if (!this.#advance(run)) return this.#leaveIfFaulty(run);
        if (run.note !== null && run.verified === null) return this.#check(run);
        if (segmentsOf(run.copy.from).length > 0) markComplete(run.copy);
      }
      this.#pass(run);
      this.#leave(run);
    } catch (error) {
      this.#fail(run, error);
      this.#leaveIfFaulty(run);
    }
  }

  #leaveIfFaulty(run: Run): void {
    if (this.#faults.get(run.number)?.lasting) this.#leave(run);
  }

  #leave(run: Run): void {
    run.copy[Symbol.dispose]();
    this.#waiting.shift();
  }

  #pass(run: Run): void {
    if (!this.#faults.get(run.number)?.lasting) this.#faults.delete(run.number);
  }

  #fail({ number, copy: { from } }: Run, error: unknown): void {
    const { code, message, lasting } = error instanceof SinkFault
      ? error
      : new SinkFault("LOG_UNREADABLE", `${from} cannot be copied: ${(error as Error).message}`, false);
    if (this.#faults.get(number)?.lasting) return;
    this.#faults.set(number, { run: number, code, sentence: message, lasting });
  }
}

/** What the checkpoint says of the copy. Throws SinkFault when it is not so, naming which of the two is wrong. */
async function verified({ from, to }: LogCopy, note: string): Promise<VerifiedUpTo> {
  const { size, root } = readCheckpoint(note);
  const signed = { records: size, root: toHex(root) };
  const verdict = await verifyAuditAgainstInBackground(to, signed);
  if (verdict.ok) return signed;
  const primary = await verifyAuditAgainstInBackground(from, signed);
  if (primary.ok) {
    throw new SinkFault(
      "REPLICA_DIFFERS",
      `the replica ${to} is not what the checkpoint of ${size} records says (${place(verdict)}), and the log is: ` +
        `move the replica away, and the next start copies anew`,
      true,
    );
  }
  throw new SinkFault(
    "LOG_UNREADABLE",
    `neither the log ${from} (${place(primary)}) nor its replica is what the checkpoint of ${size} records says: ` +
      `stop the node and compare both with a copy elsewhere`,
    true,
  );
}

const place = ({ damage, badIndex }: AuditVerdict): string => `${damage} at record ${badIndex}`;

const sizeOf = (note: string): number => Number(note.split("\n")[1]);

function isComplete({ from, to }: LogCopy): boolean {
  const text = readText(join(to, COMPLETE));
  return text !== null && text === sizes(from) && text === sizes(to);
}

const markComplete = ({ from, to }: LogCopy): void => replaceFile(join(to, COMPLETE), sizes(from));

/** Segments of a log and their lengths. */
function sizes(directory: string): string {
  const of = (segment: number) => Deno.statSync(join(directory, `audit-${String(segment).padStart(10, "0")}.log`)).size;
  return `${JSON.stringify({ segments: segmentsOf(directory).map(of) })}\n`;
}

function readText(path: string): string | null {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw unwritable(`read ${basename(path)}`, error);
  }
}

/** The text is there whole, or what was there before is. Throws SinkFault. */
function replaceFile(path: string, text: string): void {
  try {
    {
      using file = Deno.openSync(`${path}.new`, { write: true, create: true, truncate: true, mode: 0o600 });
      const bytes = new TextEncoder().encode(text);
      for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
      file.syncDataSync();
    }
    Deno.renameSync(`${path}.new`, path);
    syncDirectory(join(path, ".."));
  } catch (error) {
    throw unwritable(`write ${basename(path)}`, error);
  }
}

function runsIn(dataDir: string): readonly number[] {
  return [...Deno.readDirSync(join(dataDir, "runs"))]
    .filter(({ name, isDirectory }) => isDirectory && RUN.test(name))
    .map(({ name }) => Number(name))
    .sort((a, b) => a - b);
}
