/**
 * Logs made anew from a topic: `<out>/<node>/runs/000001/…`, each like the data directory of its node.
 *
 * What comes is appended in order, record for record, so that the root is that of the log that was sent; each checkpoint is
 * held against it. A letter that comes again is held against what is there. What does not fit is refused with a sentence, and
 * nothing that is there is changed.
 */
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { AuditHeaderView, AuditLog, readAuditWhole, verifyAuditAgainst } from "../../../ffi/mod.ts";
import { UserError } from "../../../config/mod.ts";
import { readCheckpoint, toHex } from "../verifier/mod.ts";
import { type CheckpointLetter, keyOf, type LogLetter, type PartLetter, type RecordsLetter } from "./letters.ts";

const HEADER = 48;
/** Of the time in the header of a record. */
const TIME_AT = 24;
const NANOS_PER_MICRO = 1000n;

interface Followed {
  readonly directory: string;
  readonly log: AuditLog;
  records: number;
  /** A record whose parts are coming. */
  joining: Joining | null;
}

interface Joining {
  readonly from: number;
  readonly parts: number;
  readonly size: number;
  readonly bytes: Uint8Array[];
  held: number;
}

/** Largest record there is: header and payload. */
const LARGEST_RECORD = 48 + 256 * 1024;

export class LogFollower implements Disposable {
  readonly #out: string;
  readonly #logs = new Map<string, Followed>();

  constructor(out: string) {
    this.#out = out;
  }

  /** Records of every log that is followed, by "node/run". */
  sizes(): ReadonlyMap<string, number> {
    return new Map([...this.#logs].map(([key, { records }]) => [key, records]));
  }

  /** Throws UserError FOLLOW_GAP, FOLLOW_DIFFERS or FOLLOW_BROKEN. */
  take(letter: LogLetter): void {
    if (letter.kind === "records") this.#append(letter);
    else if (letter.kind === "part") this.#join(letter);
    else this.#compare(letter);
  }

  /** Whether a record has come in part: what came since is not to be committed on the topic, for it is nowhere else yet. */
  get joining(): boolean {
    return [...this.#logs.values()].some(({ joining }) => joining !== null);
  }

  /** Makes what was taken durable; only then may it be committed on the topic. */
  commit(): void {
    for (const { log } of this.#logs.values()) log.commit();
  }

  [Symbol.dispose](): void {
    for (const { log } of this.#logs.values()) log.close();
  }

  #of(letter: LogLetter): Followed {
    const key = keyOf(letter);
    const known = this.#logs.get(key);
    if (known !== undefined) return known;
    const { node, run } = letter;
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(node) || !Number.isInteger(run) || run < 1 || run > 999_999) {
      throw broken(`it is of the log ${key}, which is no name of one`);
    }
    const directory = join(this.#out, node, "runs", String(run).padStart(6, "0"));
    const log = AuditLog.open({ directory });
    const followed: Followed = { directory, log, records: log.records, joining: null };
    this.#logs.set(key, followed);
    return followed;
  }

  /** At most one record of a log is held, and it is no larger than a record may be. */
  #join(letter: PartLetter): void {
    const followed = this.#of(letter);
    const { from, part, parts, size, bytes } = letter;
    if (size > LARGEST_RECORD || parts < 1 || parts > size || part >= parts) {
      throw broken(`it is part ${part + 1} of ${parts} of a record of ${size} bytes, and there is none such`);
    }
    // Of one that is there whole.
    if (from < followed.records) return;
    const begun = followed.joining;
    const again = begun !== null && begun.from === from && begun.parts === parts && begun.size === size;
    // Another first part begins anew: a sender that was told to send less, or has the log of before again.
    if (part === 0 && !again) followed.joining = { from, parts, size, bytes: [], held: 0 };
    const { joining } = followed;
    if (joining === null) throw gap(followed, from + 1, letter);
    const same = joining.from === from && joining.parts === parts && joining.size === size;
    if (!same || part > joining.bytes.length) {
      throw broken(`part ${part + 1} of record ${from} came behind part ${joining.bytes.length} of ${joining.from}`);
    }
    if (part < joining.bytes.length) return;
    joining.bytes.push(bytes);
    joining.held += bytes.length;
    if (bytes.length === 0 || joining.held > size || (part === parts - 1) !== (joining.held === size)) {
      throw broken(`its parts do not come to ${size} bytes`);
    }
    if (part < parts - 1) return;
    followed.joining = null;
    this.#append({ ...letter, kind: "records", count: 1, bytes: new Uint8Array(Buffer.concat(joining.bytes)) });
  }

  #append(letter: RecordsLetter): void {
    const followed = this.#of(letter);
    const { log } = followed;
    const { from, count, bytes } = letter;
    if (from > followed.records) {
      throw gap(followed, from, letter);
    }
    const records = split(bytes);
    if (records.length !== count) throw broken(`it has ${records.length} records and says ${count}`);
    const again = records.slice(0, followed.records - from);
    if (again.length > 0) this.#holdAgainst(followed, from, again, keyOf(letter));
    for (const record of records.slice(again.length)) {
      const view = new AuditHeaderView(record);
      const { index, recordType, version, producer, cause, length } = view;
      if (index !== followed.records) throw broken(`record ${index} stands where ${followed.records} belongs`);
      log.append(recordType, micros(record), record.subarray(HEADER, HEADER + length), cause, version, producer);
      followed.records++;
      // Whole, so what came of it in parts is not needed.
      followed.joining = null;
    }
  }

  #holdAgainst({ directory, log }: Followed, from: number, again: readonly Uint8Array[], key: string): void {
    log.commit();
    let at = from;
    for (const there of readAuditWhole(directory, from)) {
      const came = again[at - from];
      if (came === undefined) return;
      if (came.length !== there.length || came.some((byte, i) => byte !== there[i])) {
        throw differs(`record ${at} of ${key} came again, and is not the one in ${directory}`);
      }
      at++;
    }
  }

  #compare(letter: CheckpointLetter): void {
    const followed = this.#of(letter);
    const { size, root } = readCheckpoint(letter.note);
    if (size > followed.records) throw broken(`a checkpoint of ${size} records came behind ${followed.records}`);
    const { directory, log } = followed;
    const same = size === followed.records
      ? log.head().root === toHex(root)
      : verifyAuditAgainst(directory, { records: size, root: toHex(root) }).ok;
    if (!same) {
      throw differs(`the first ${size} records in ${directory} are not those of the checkpoint of ${keyOf(letter)}`);
    }
    Deno.writeTextFileSync(join(directory, "checkpoint.new"), letter.note, { mode: 0o600 });
    Deno.renameSync(join(directory, "checkpoint.new"), join(directory, "checkpoint"));
  }
}

const gap = ({ records, directory }: Followed, to: number, letter: LogLetter): UserError =>
  new UserError(
    "FOLLOW_GAP",
    `records ${records} to ${to - 1} of ${keyOf(letter)} are not on the topic any more: copy the log ` +
      `from the node or a replica into ${directory}, and follow on`,
  );

const broken = (why: string): UserError =>
  new UserError("FOLLOW_BROKEN", `a letter on the topic is no part of a log (${why}): find out who writes there`);

const differs = (what: string): UserError =>
  new UserError(
    "FOLLOW_DIFFERS",
    `${what}: follow into another directory, and compare both with audit verify --against`,
  );

/** Records of a letter. Throws FOLLOW_BROKEN. */
function split(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
  const records: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < bytes.length;) {
    if (at + HEADER > bytes.length) throw broken("it ends within a header");
    const { length } = new AuditHeaderView(bytes.subarray(at, at + HEADER));
    const end = at + HEADER + Math.ceil(length / 8) * 8;
    if (end > bytes.length) throw broken("it ends within a record");
    records.push(bytes.slice(at, end));
    at = end;
  }
  return records;
}

/** Times on record are whole microseconds. Throws FOLLOW_BROKEN. */
function micros(record: Uint8Array<ArrayBuffer>): number {
  const nanos = new DataView(record.buffer, record.byteOffset).getBigInt64(TIME_AT, true);
  if (nanos % NANOS_PER_MICRO !== 0n) throw broken("its time is no whole microsecond");
  return Number(nanos / NANOS_PER_MICRO);
}
