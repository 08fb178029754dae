/**
 * Where a recording is kept: lines of JSON, the first of which says what the run began with.
 *
 * A port with two adapters: memory, and a file that is written between turns and may be read after a crash up to its last
 * whole line.
 */
import type { WireEnvelope } from "../message.ts";
import type { Micros } from "../time.ts";

export const RECORDING_VERSION = 1;

export interface RunEntry {
  readonly kind: "run";
  readonly version: number;
  readonly seed: number;
  readonly start: Micros;
  readonly epoch: number;
  /** Null: nobody is ever stuck. */
  readonly stuckMs: number | null;
  readonly facts: Readonly<Record<string, string>>;
}

/** When something entered: after how many turns and timers, and the virtual time it was given. */
export interface When {
  readonly turns: number;
  readonly timers: number;
  readonly now: Micros;
}

/** Messages, states and values are texts of the codec. `to`: id of an actor. */
export type InputEntry =
  & When
  & (
    | { readonly kind: "tell" | "urgent"; readonly to: number; readonly message: string }
    | { readonly kind: "deliver"; readonly to: number; readonly message: string; readonly origin: WireEnvelope }
    | { readonly kind: "ask"; readonly to: number; readonly timeout: Micros; readonly question: string }
    | { readonly kind: "stop" | "kill"; readonly to: number }
    | {
      readonly kind: "crash";
      readonly to: number;
      readonly error: { readonly name: string; readonly message: string };
    }
    | { readonly kind: "suspend" | "resume"; readonly to: number; readonly by: string }
    | { readonly kind: "replace"; readonly to: number; readonly by: string; readonly state: string }
    | { readonly kind: "result"; readonly promise: number; readonly ok: boolean; readonly value: string }
    /** The run was interrupted here, and what was under way came to rest. */
    | { readonly kind: "rest" }
    /** What cannot be given again happened; a replay stops here with this sentence. */
    | { readonly kind: "lost"; readonly sentence: string }
    /** The recording ends; `state` is the hash that a replay has to come to. */
    | { readonly kind: "end"; readonly state: string; readonly schedule: string }
  );

/** A value of the outer world that was there at once, in the order of the questions. */
export interface ValueEntry {
  readonly kind: "value";
  readonly value: string;
}

/** Hash over all turns so far: who had it, how long it was, when. */
export interface CheckEntry {
  readonly kind: "check";
  readonly turns: number;
  readonly schedule: string;
}

export type RecordingEntry = RunEntry | InputEntry | ValueEntry | CheckEntry;

export interface RecordingLog {
  append(entry: RecordingEntry): void;
}

export class MemoryRecording implements RecordingLog {
  readonly entries: RecordingEntry[] = [];

  append(entry: RecordingEntry): void {
    this.entries.push(entry);
  }
}

/** Makes or overwrites the file at `path`. */
export class FileRecording implements RecordingLog {
  private readonly file: Deno.FsFile;
  private readonly encoder = new TextEncoder();

  constructor(path: string) {
    this.file = Deno.openSync(path, { write: true, create: true, truncate: true });
  }

  append(entry: RecordingEntry): void {
    const bytes = this.encoder.encode(`${JSON.stringify(entry)}\n`);
    for (let at = 0; at < bytes.length;) at += this.file.writeSync(bytes.subarray(at));
  }

  [Symbol.dispose](): void {
    this.file.close();
  }
}

/** The entries of a file; a last line that was cut off is left out. */
export function readRecording(path: string): RecordingEntry[] {
  const lines = Deno.readTextFileSync(path).split("\n");
  lines.pop();
  return lines.map((line) => JSON.parse(line) as RecordingEntry);
}
