/**
 * The audit log: append-only, a Merkle tree of SHA-256 hashes closed group by group, in segments on disk or in memory.
 *
 * One process writes a directory at a time; a second open is refused with `Locked`. Reading and verifying need no lock.
 */
import { NativeError } from "./errors.ts";
import { bytes, check, hex, NativeHandle, NONE, opened, utf8 } from "./handle.ts";
import { AuditHeadView, AuditVerdictView, Code, Durability } from "./layout.gen.ts";
import { type Core, core } from "./library.ts";

/** Default size of a segment file, bytes: large enough that rotation is rare, small enough to copy. */
export const SEGMENT_BYTES = 64 * 1024 * 1024;

/** When an appended record counts as kept: see `Durability` in the layout. */
export type DurabilityName = "memory" | "batch" | "fsync";

const DURABILITY: Readonly<Record<DurabilityName, number>> = {
  memory: Durability.Memory,
  batch: Durability.Batch,
  fsync: Durability.Fsync,
};

export interface AuditOptions {
  readonly directory: string;
  readonly durability?: DurabilityName;
  /** Bytes after which a new segment file begins. */
  readonly segmentBytes?: number;
  /** What is done to a value before it is written as JSON: it takes what must not be read by everybody out. Never throws. */
  readonly seal?: (type: number, value: unknown) => unknown;
}

export interface AuditHead {
  /** Records appended since the log began. */
  readonly records: number;
  /** Of those, records that are as durable as the log was opened to make them. */
  readonly durable: number;
  readonly bytes: number;
  readonly segments: number;
  /** Root of the tree over the records (RFC 6962), hexadecimal; it depends on the records alone. */
  readonly root: string;
  /** Head of the chain of sealed groups, hexadecimal; it also depends on how records were grouped. */
  readonly chain: string;
}

export class AuditLog extends NativeHandle {
  readonly #core: Core;
  readonly #headBytes = new Uint8Array(AuditHeadView.SIZE + 32);
  readonly #headView = new AuditHeadView(this.#headBytes);

  readonly #seal: AuditOptions["seal"];

  private constructor(symbols: Core, handle: bigint, seal?: AuditOptions["seal"]) {
    super(handle, symbols.cwts_audit_close);
    this.#core = symbols;
    this.#seal = seal;
  }

  /** Opens or creates the log of a directory; a last group without its seal is cut off. */
  static open({ directory, durability = "batch", segmentBytes = SEGMENT_BYTES, seal }: AuditOptions): AuditLog {
    const symbols = core();
    const path = utf8(directory);
    return new AuditLog(
      symbols,
      opened(symbols.cwts_audit_open(path, path.length, DURABILITY[durability], segmentBytes)),
      seal,
    );
  }

  /** A log that lives and dies with the process. */
  static memory(): AuditLog {
    const symbols = core();
    return new AuditLog(symbols, opened(symbols.cwts_audit_memory()));
  }

  /** Appends one record and returns its index. `time` in microseconds by the node's clock. */
  append(type: number, time: number, payload: Uint8Array, cause = 0, version = 1, producer = 0): number {
    const view = bytes(payload);
    const index = this.#core.cwts_audit_append(
      this.handle,
      type,
      version,
      producer,
      time,
      cause,
      view,
      view.length,
    );
    return index < 0 ? check(index) : index;
  }

  /** Appends a value as JSON. */
  appendJson(type: number, time: number, value: unknown, cause = 0, version = 1, producer = 0): number {
    const written = this.#seal === undefined ? value : this.#seal(type, value);
    return this.append(type, time, utf8(JSON.stringify(written)), cause, version, producer);
  }

  /** Makes everything appended as durable as the log was opened to make it. */
  commit(): void {
    const status = this.#core.cwts_audit_commit(this.handle);
    if (status < 0) check(status);
  }

  /** Where the log stands; seals what was appended since the last commit. */
  head(): AuditHead {
    check(this.#core.cwts_audit_head(this.handle, this.#headBytes, this.#headBytes.length));
    const { records, durable, bytes, segments } = this.#headView;
    const [root, chain] = [this.#headBytes.subarray(32, 64), this.#headBytes.subarray(64)].map(hex);
    return { records, durable, bytes, segments, root, chain };
  }

  /** Records appended since the log began. Seals nothing, so it may be asked at any time. */
  get records(): number {
    return check(this.#core.cwts_audit_records(this.handle));
  }

  /** Verifies a log in memory; null for one on disk, and for one that has outgrown what it keeps. */
  verifyMemory(): AuditVerdict | null {
    const out = new Uint8Array(VERDICT_BYTES);
    return check(this.#core.cwts_audit_verify_memory(this.handle, out, out.length)) === 1 ? verdict(out) : null;
  }

  /** Byte offset in its segment from which on an unfinished last group was cut off on opening; null when nothing was. */
  get repairedAt(): number | null {
    const offset = this.#core.cwts_audit_repaired(this.handle);
    return offset === NONE ? null : check(offset);
  }

  /** Whether an append or commit failed: the log takes nothing more. */
  get failed(): boolean {
    return check(this.#core.cwts_audit_failed(this.handle)) === 1;
  }
}

export type AuditDamage =
  | "none"
  | "torn tail"
  | "changed"
  | "missing"
  | "reordered"
  | "unreadable"
  | "segment missing"
  | "other format"
  | "wrong tile";

const DAMAGES: readonly AuditDamage[] = [
  "none",
  "torn tail",
  "changed",
  "missing",
  "reordered",
  "unreadable",
  "segment missing",
  "other format",
  "wrong tile",
];

export interface AuditVerdict {
  readonly ok: boolean;
  readonly damage: AuditDamage;
  /** Good records before the damage. */
  readonly records: number;
  /** Where the damage is; null when there is none. */
  readonly badIndex: number | null;
  readonly badSegment: number | null;
  /** Byte offset in that segment. */
  readonly badOffset: number | null;
  /** The tile that says something else than the log; the log itself is whole then. */
  readonly badTile: { readonly level: number; readonly number: number } | null;
  /** Tiles that say what the log says, and tiles that are missing; a log in memory has none. */
  readonly tiles: number;
  readonly missingTiles: number;
  readonly bytes: number;
  readonly segments: number;
  /** Root of the tree over the good records, hexadecimal. */
  readonly root: string;
  /** Chain head behind the last good group, hexadecimal. */
  readonly chain: string;
}

const ROOT_AT = AuditVerdictView.SIZE;
const TILES_AT = ROOT_AT + 64;
const VERDICT_BYTES = TILES_AT + 16;

function verdict(buffer: Uint8Array): AuditVerdict {
  const view = new AuditVerdictView(buffer);
  const ok = view.damage === 0;
  const damage = DAMAGES[view.damage] ?? "unreadable";
  const inLog = !ok && damage !== "wrong tile";
  const counts = new DataView(buffer.buffer, TILES_AT);
  return {
    ok,
    damage,
    records: view.records,
    badIndex: ok ? null : view.badIndex,
    badSegment: inLog ? view.badSegment : null,
    badOffset: inLog ? view.badOffset : null,
    badTile: damage === "wrong tile" ? { level: view.badSegment, number: view.badOffset } : null,
    tiles: Number(counts.getBigUint64(0, true)),
    missingTiles: Number(counts.getBigUint64(8, true)),
    bytes: view.bytes,
    segments: view.segments,
    root: hex(buffer.subarray(ROOT_AT, ROOT_AT + 32)),
    chain: hex(buffer.subarray(ROOT_AT + 32, TILES_AT)),
  };
}

/**
 * Writes the tiles of a log that are absent or wrong and returns how many those were. Reads the whole log. Throws `Locked`
 * while a node writes it, `Io` when it is damaged.
 */
export function mendTiles(directory: string): number {
  const path = utf8(directory);
  return check(core().cwts_audit_mend_tiles(path, path.length));
}

/** Reads a whole log and says whether every record is as it was written, or where the first one is that is not. */
export function verifyAudit(directory: string): AuditVerdict {
  const path = utf8(directory);
  const out = new Uint8Array(VERDICT_BYTES);
  check(core().cwts_audit_verify(path, path.length, out, out.length));
  return verdict(out);
}

/** As `verifyAudit`, and also that its first `records` records have the root a head taken earlier had. */
export function verifyAuditAgainst(directory: string, head: Pick<AuditHead, "records" | "root">): AuditVerdict {
  const path = utf8(directory);
  const root = rootBytes(head.root);
  const out = new Uint8Array(VERDICT_BYTES);
  check(core().cwts_audit_verify_against(path, path.length, head.records, root, root.length, out, out.length));
  return verdict(out);
}

/** As `verifyAuditAgainst`, on another thread. */
export async function verifyAuditAgainstInBackground(
  directory: string,
  head: Pick<AuditHead, "records" | "root">,
): Promise<AuditVerdict> {
  const path = utf8(directory);
  const root = rootBytes(head.root);
  const out = new Uint8Array(VERDICT_BYTES);
  const { cwts_audit_verify_against_background: verify } = core();
  const status = await verify(path, path.length, head.records, root, root.length, out, out.length);
  if (status < 0) throw failureElsewhere(status, directory);
  return verdict(out);
}

function rootBytes(root: string): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.from(root.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  if (bytes.length !== 32) throw NativeError.of(Code.BadArgument, "a root is 64 hexadecimal digits");
  return bytes;
}

/** The sentence belongs to the other thread, so the code's own has to do. */
const failureElsewhere = (status: number, directory: string): NativeError =>
  NativeError.of(-status, `${NativeError.of(-status).message}: ${directory}`);

/**
 * As `verifyAudit`, on another thread, so that the event loop keeps turning; `onProgress` hears the bytes checked so far
 * a few times a second. One at a time per process, or their progress mixes.
 */
export async function verifyAuditInBackground(
  directory: string,
  onProgress?: (bytes: number) => void,
): Promise<AuditVerdict> {
  const path = utf8(directory);
  const out = new Uint8Array(VERDICT_BYTES);
  const symbols = core();
  const ticking = onProgress && setInterval(() => onProgress(symbols.cwts_audit_verify_progress()), 200);
  try {
    const status = await symbols.cwts_audit_verify_background(path, path.length, out, out.length);
    if (status < 0) throw failureElsewhere(status, directory);
    return verdict(out);
  } finally {
    clearInterval(ticking);
  }
}
