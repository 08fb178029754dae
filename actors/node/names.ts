/**
 * Names of people in a data directory: the keys in `people.keys`, what a node puts on record and into its files, and the log
 * as somebody reads it who has the keys.
 */
import { dirname, join } from "node:path";
import { AuditReader, type AuditRecord, exactContent, type ExactRecord } from "../../ffi/mod.ts";
import { RecordType } from "../../ffi/layout.gen.ts";
import { KeyRing, KEYS_FILE, sealValue } from "../access/names/mod.ts";
import { StateFile } from "./state_file.ts";
import { randomBytes } from "./wall.ts";

/** Kinds of record that are the machine's alone: they name nobody, and are the same in every run of a seed. */
const NAMELESS: ReadonlySet<number> = new Set([RecordType.NodeStarted, RecordType.NodeStopped]);

/** The keys of a data directory. Throws PEOPLE_KEYS for a damaged file. */
export function openNames(dataDir: string, complain: (line: string) => void = () => {}): KeyRing {
  return new KeyRing({ file: new KeyFile(dataDir), random: randomBytes, complain });
}

/**
 * What a node's log does to each JSON value before it is written. A person who is met for the first time gets a key at once;
 * it is kept on the disk before an act of people counts, and with the next poll where something must not wait for a disk: a
 * kill above all. A record is never lost for its names.
 */
export function sealingOf(names: KeyRing, complain: (line: string) => void): (type: number, value: unknown) => unknown {
  return (type, value) => {
    if (NAMELESS.has(type)) return value;
    try {
      const sealed = sealValue(names, value);
      if (type === RecordType.OperatorAction) names.poll();
      return sealed;
    } catch (error) {
      complain(`names are recorded in clear, because they cannot be encrypted: ${(error as Error).message}`);
      return value;
    }
  };
}

/** A file of the data directory in which people stand as on the log. */
export class SealedFile extends StateFile {
  readonly #names: KeyRing;

  constructor(directory: string, name: string, names: KeyRing) {
    super(directory, name);
    this.#names = names;
  }

  override read(): string | null {
    const text = super.read();
    return text === null ? null : this.#names.openJson(text);
  }

  override write(text: string): void {
    const sealed = sealValue(this.#names, JSON.parse(text));
    this.#names.poll();
    super.write(`${JSON.stringify(sealed, null, 2)}\n`);
  }
}

/** The names that stand beside the log of a run; of a log that was copied elsewhere nobody's. */
export const namesBeside = (log: string): KeyRing => openNames(dirname(dirname(log.replace(/\/+$/, ""))));

/** A reader of a log that puts names where the keys are there. Throws as `AuditReader` does, and PEOPLE_KEYS. */
export function namedReader(log: string, from: number): AuditReader {
  const names = namesBeside(log);
  return new AuditReader(log, from, (text) => names.openJson(text));
}

/** As `readAudit`, with names where the keys are there. */
export function* readNamed(log: string, from = 0): Generator<AuditRecord, void> {
  using reader = namedReader(log, from);
  for (let record = reader.next(); record !== null; record = reader.next()) yield record;
}

/** Puts names into records that were read as they are written. Throws PEOPLE_KEYS. */
export function withNames(log: string): (record: ExactRecord) => ExactRecord {
  const names = namesBeside(log);
  return (record) =>
    exactContent(record) !== null
      ? record
      : { ...record, payload: new TextEncoder().encode(names.openJson(new TextDecoder().decode(record.payload))) };
}

/** Looks at a file that is overwritten while it is read. */
const LOOKS = 3;

/** A state file whose former bytes are written over when it is written: what was destroyed shall not lie on the disk. */
class KeyFile extends StateFile {
  readonly #directory: string;

  constructor(directory: string) {
    super(directory, KEYS_FILE);
    this.#directory = directory;
  }

  override read(): string | null {
    for (let look = 1;; look++) {
      const text = super.read();
      // Whoever wrote it has put another in its place by now.
      if (text === null || look === LOOKS || !text.includes("\0")) return text;
    }
  }

  override write(text: string): void {
    const former = open(join(this.#directory, KEYS_FILE));
    try {
      super.write(text);
      syncDirectory(this.#directory);
      if (former !== null) wipe(former);
    } finally {
      former?.close();
    }
  }
}

function open(path: string): Deno.FsFile | null {
  try {
    return Deno.openSync(path, { read: true, write: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

function wipe(file: Deno.FsFile): void {
  let zeros = new Uint8Array(file.statSync().size);
  file.seekSync(0, Deno.SeekMode.Start);
  while (zeros.length > 0) zeros = zeros.subarray(file.writeSync(zeros));
  file.syncSync();
}

/** So that a name that was given a key is there after a loss of power. Windows has no such call, and needs none. */
function syncDirectory(path: string): void {
  if (Deno.build.os === "windows") return;
  using directory = Deno.openSync(path, { read: true });
  directory.syncSync();
}
