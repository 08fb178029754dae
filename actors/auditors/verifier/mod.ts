/**
 * A second verifier of audit logs, proofs and checkpoints, in one file. It follows `docs/audit.md`, shares no code with the
 * native core and imports nothing, so that it can be read in one sitting, copied anywhere, and run in a browser as it is.
 * From its surroundings it takes SHA-256 and Ed25519 as WebCrypto has them.
 *
 * Read from the top: bytes, the tree, paths through it, logs, checkpoints and keys, and what a whole proof shows.
 */

export type Hash = Uint8Array<ArrayBuffer>;

// Bytes

export const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Throws RangeError when `text` is not pairs of hexadecimal digits. */
export function fromHex(text: string): Hash {
  if (!/^([0-9a-f]{2})*$/.test(text)) throw new RangeError("hexadecimal digits come in pairs");
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

export const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

/** Throws RangeError when `text` is not base 64 (RFC 4648, section 4) as an encoder writes it. */
export function fromBase64(text: string): Hash {
  const valid = /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text);
  const bytes = Uint8Array.from(valid ? atob(text) : "", (character) => character.charCodeAt(0));
  if (toBase64(bytes) !== text) throw new RangeError("what ought to be base 64 is not");
  return bytes;
}

const utf8 = (characters: string): Hash => new TextEncoder().encode(characters);
const equal = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, i) => byte === other[i]);

function joined(parts: readonly Uint8Array[]): Hash {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Of the concatenation of `parts`. */
export const sha256 = async (...parts: readonly Uint8Array[]): Promise<Hash> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", joined(parts)));

// The Merkle tree of RFC 6962, section 2.1

export const leafHash = (record: Uint8Array): Promise<Hash> => sha256(Uint8Array.of(0), record);
export const nodeHash = (left: Uint8Array, right: Uint8Array): Promise<Hash> => sha256(Uint8Array.of(1), left, right);

/** The right edge of a tree: at place k the perfect subtree of 2^k leaves, where the size has that bit. */
export class Tree {
  constructor(readonly size = 0, readonly peaks: readonly (Hash | undefined)[] = []) {}

  /** The tree with these leaves in addition; this one stays as it is. */
  async with(leaves: readonly Hash[]): Promise<Tree> {
    const peaks = [...this.peaks];
    let row = [...leaves];
    for (let level = 0; row.length > 0; level++) {
      const peak = peaks[level];
      if (peak !== undefined) row.unshift(peak);
      peaks[level] = row.length % 2 === 1 ? row.pop() : undefined;
      row = await Promise.all(
        Array.from({ length: row.length / 2 }, (_, pair) => nodeHash(row[2 * pair], row[2 * pair + 1])),
      );
    }
    return new Tree(this.size + leaves.length, peaks);
  }

  async root(): Promise<Hash> {
    let root: Hash | undefined;
    for (const peak of this.peaks) {
      if (peak !== undefined) {
        root = root === undefined ? peak : await nodeHash(peak, root);
      }
    }
    return root ?? sha256();
  }
}

/** Whether `path`, lowest first, leads from `leaf` at place `index` to `root` in a tree of `size` leaves (RFC 9162, 2.1.3.2). */
export async function verifyInclusion(
  leaf: Hash,
  index: number,
  size: number,
  path: readonly Hash[],
  root: Hash,
): Promise<boolean> {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false;
  let [place, last, hash] = [BigInt(index), BigInt(size - 1), leaf];
  for (const beside of path) {
    if (last === 0n) return false;
    if (place % 2n === 1n || place === last) {
      hash = await nodeHash(beside, hash);
      while (place % 2n === 0n && place !== 0n) [place, last] = [place / 2n, last / 2n];
    } else {
      hash = await nodeHash(hash, beside);
    }
    [place, last] = [place / 2n, last / 2n];
  }
  return last === 0n && equal(hash, root);
}

/** Whether `path` shows that the tree of `earlier` leaves is the beginning of the one of `later` leaves (RFC 9162, 2.1.4.2). */
export async function verifyConsistency(
  earlier: number,
  later: number,
  first: Hash,
  second: Hash,
  path: readonly Hash[],
): Promise<boolean> {
  if (!Number.isSafeInteger(earlier) || !Number.isSafeInteger(later) || earlier < 0 || earlier > later) return false;
  if (earlier === later) return path.length === 0 && equal(first, second);
  if (earlier === 0) return path.length === 0;
  let [place, last] = [BigInt(earlier - 1), BigInt(later - 1)];
  // A perfect tree is its own first step.
  const perfect = (BigInt(earlier) & place) === 0n;
  const [begin, ...rest] = perfect ? [first, ...path] : path;
  if (begin === undefined || path.length === 0) return false;
  while (place % 2n === 1n) [place, last] = [place / 2n, last / 2n];
  let [old, now] = [begin, begin];
  for (const beside of rest) {
    if (last === 0n) return false;
    if (place % 2n === 1n || place === last) {
      [old, now] = [await nodeHash(beside, old), await nodeHash(beside, now)];
      while (place % 2n === 0n && place !== 0n) [place, last] = [place / 2n, last / 2n];
    } else {
      now = await nodeHash(now, beside);
    }
    [place, last] = [place / 2n, last / 2n];
  }
  return last === 0n && equal(old, first) && equal(now, second);
}

// Logs

const MAGIC = utf8("CWTSAUD3");
const OTHER_MAGIC = utf8("CWTSAUD");
const RECORD = utf8("CWAR");
const SEAL = utf8("CWSE");
const GENESIS = "CWTS audit log 3: sha256(0x02 || previous || magic, records, size, sha256(0x03 || leaves))";
const [HASH, HEADER, SEAL_BYTES, LARGEST] = [32, 48, 96, 256 * 1024];

/** A number of records and their root, as noted while the log was written. */
export interface Noted {
  readonly size: number;
  readonly root: Hash;
}

export interface LogVerdict {
  readonly ok: boolean;
  /** Records in groups that are good. */
  readonly records: number;
  readonly segments: number;
  /** Root of the tree over them, and chain head behind them. */
  readonly root: Hash;
  readonly chain: Hash;
  /** Where the first bad group or segment header begins, and what is wrong with it; null when nothing is. */
  readonly bad: { readonly segment: number; readonly offset: number; readonly why: string } | null;
}

interface Group {
  readonly end: number;
  readonly leaves: readonly Hash[];
  readonly chain: Hash;
}

/**
 * Verifies the segments of a log, given in order as their whole bytes, and whether its first records have the root that was
 * noted. Stops at the first group that is not as it was written and says where that begins, not what was done to it; the
 * native verifier does that.
 */
export async function verifyLog(segments: Iterable<Uint8Array>, noted?: Noted): Promise<LogVerdict> {
  let [tree, chain, number, end] = [new Tree(), await sha256(utf8(GENESIS)), 0, 0];
  let bad: LogVerdict["bad"] = null;
  for (const bytes of segments) {
    const fault = await headerFault(bytes, number, tree, chain);
    if (fault !== null) bad = { segment: number, offset: 0, why: fault };
    end = headerBytes(tree);
    const [groups, before]: [Group[], Tree] = [[], tree];
    let size = tree.size;
    while (bad === null && end < bytes.length) {
      const group = await readGroup(bytes, end, size, chain);
      if (typeof group === "string") bad = { segment: number, offset: end, why: group };
      else {
        [end, chain, size] = [group.end, group.chain, size + group.leaves.length];
        groups.push(group);
      }
    }
    const leaves = groups.flatMap((group) => group.leaves);
    tree = await before.with(leaves);
    const ahead = (noted?.size ?? 0) - before.size;
    if (noted !== undefined && ahead > 0 && ahead <= leaves.length) {
      const root = await (await before.with(leaves.slice(0, ahead))).root();
      if (!equal(root, noted.root)) {
        // Which of the records is another nothing tells, so none of this segment is believed.
        [tree, chain] = [before, chainBefore(bytes)];
        bad = { segment: number, offset: headerBytes(before), why: "these are not the records whose root was noted" };
      }
    }
    if (bad !== null) break;
    number++;
  }
  if (number === 0 && bad === null) bad = { segment: 0, offset: 0, why: "there is no segment" };
  if (bad === null && tree.size < (noted?.size ?? 0)) {
    bad = { segment: number - 1, offset: end, why: "records are missing that were there when the root was noted" };
  }
  return { ok: bad === null, records: tree.size, segments: number, root: await tree.root(), chain, bad };
}

const starts = (bytes: Uint8Array, at: number, magic: Uint8Array): boolean =>
  equal(bytes.subarray(at, at + magic.length), magic);
const zero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);
const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
const largestFirst = ({ peaks }: Tree): Hash[] => peaks.filter((peak) => peak !== undefined).reverse();
const headerBytes = (tree: Tree): number => 128 + HASH * largestFirst(tree).length;
const chainBefore = (bytes: Uint8Array): Hash => {
  const size = viewOf(bytes).getUint32(12, true);
  return bytes.slice(size - HASH, size);
};

/** What is wrong with the header of a segment that follows `tree` and `chain`. */
async function headerFault(bytes: Uint8Array, number: number, tree: Tree, chain: Hash): Promise<string | null> {
  const size = headerBytes(tree);
  if (bytes.length < 128) return "the segment header is cut off";
  if (!starts(bytes, 0, MAGIC)) {
    return starts(bytes, 0, OTHER_MAGIC) ? "this is a log of another format version" : "this is no segment";
  }
  if (bytes.length < size) return "the segment header is cut off";
  const view = viewOf(bytes);
  const checksum = await sha256(bytes.subarray(0, 64), bytes.subarray(96, size));
  if (view.getUint32(8, true) !== 3 || view.getUint32(12, true) !== size) return "the segment header has another size";
  if (!zero(bytes.subarray(48, 64)) || !equal(bytes.subarray(64, 96), checksum)) {
    return "the segment header was changed";
  }
  if (view.getBigUint64(24, true) !== BigInt(number)) return "the segment has another number";
  if (view.getBigUint64(32, true) !== BigInt(tree.size)) return "the segment begins with another record";
  return starts(bytes, 96, joined([...largestFirst(tree), chain])) ? null : "the segment follows another log";
}

/** The group at `begin`, behind `size` records and `chain`; or what is wrong with it. */
async function readGroup(bytes: Uint8Array, begin: number, size: number, chain: Hash): Promise<Group | string> {
  const view = viewOf(bytes);
  const records: Uint8Array[] = [];
  let at = begin;
  while (!starts(bytes, at, SEAL)) {
    if (at + HEADER > bytes.length) return "the group has no seal";
    const length = view.getUint32(at + 4, true);
    if (!starts(bytes, at, RECORD) || length > LARGEST || !zero(bytes.subarray(at + 40, at + 48))) {
      return "there is neither a record nor a seal";
    }
    if (view.getBigUint64(at + 16, true) !== BigInt(size + records.length)) return "the record has another number";
    const end = at + HEADER + Math.ceil(length / 8) * 8;
    if (end + HASH > bytes.length) return "the record is cut off";
    records.push(bytes.subarray(at, end));
    at = end + HASH;
  }
  const leaves = await Promise.all(records.map(leafHash));
  const changed = records.some((record, i) =>
    !starts(bytes, record.byteOffset - bytes.byteOffset + record.length, leaves[i])
  );
  if (changed) return "a record was changed";
  if (at + SEAL_BYTES > bytes.length) return "the seal is cut off";
  if (leaves.length === 0 || view.getUint32(at + 4, true) !== leaves.length) return "the seal is of another group";
  if (view.getBigUint64(at + 8, true) !== BigInt(size + leaves.length)) return "the seal is of another place";
  const link = await sha256(Uint8Array.of(2), chain, bytes.subarray(at, at + 64));
  if (!zero(bytes.subarray(at + 16, at + 32)) || !starts(bytes, at + 64, link)) return "the seal was changed";
  const sealed = await sha256(Uint8Array.of(3), ...leaves);
  if (!starts(bytes, at + 32, sealed)) return "the records are not those that were sealed";
  return { end: at + SEAL_BYTES, leaves, chain: link };
}

// Checkpoints (C2SP tlog-checkpoint, signed-note, tlog-cosignature)

export interface Checkpoint extends Noted {
  /** Names the log, and so its keys. */
  readonly origin: string;
  /** Seconds since the Unix epoch by the clock of whoever signed; null when it does not say. */
  readonly time: number | null;
  /** What the signatures cover. */
  readonly text: string;
  readonly signatures: readonly { readonly name: string; readonly id: Hash; readonly bytes: Hash }[];
}

/** Throws RangeError with a sentence when `note` is no checkpoint. */
export function readCheckpoint(note: string): Checkpoint {
  const middle = note.indexOf("\n\n");
  const [origin, size, root, ...more] = note.slice(0, middle).split("\n");
  const whole = /^(0|[1-9]\d{0,14})$/.test(size ?? "");
  if (middle < 0 || !note.endsWith("\n") || origin === "" || !whole || root === undefined) {
    throw new RangeError("this is no checkpoint: it has origin, size and root, a line each, and below them signatures");
  }
  const signatures = note.slice(middle + 2, -1).split("\n").map((line) => {
    const [, name, blob] = /^\u2014 ([^ +]+) (\S+)$/.exec(line) ?? [];
    if (name === undefined) throw new RangeError("a line below the checkpoint is no signature");
    const bytes = fromBase64(blob);
    return { name, id: bytes.slice(0, 4), bytes: bytes.slice(4) };
  });
  const hash = fromBase64(root);
  if (hash.length !== HASH) throw new RangeError("the root of a checkpoint has 32 bytes");
  const time = more.flatMap((line) => /^time (\d{1,12})$/.exec(line)?.slice(1).map(Number) ?? [])[0] ?? null;
  return { origin, size: Number(size), root: hash, time, text: note.slice(0, middle + 1), signatures };
}

/** A public key, and when it was in use: seconds since the Unix epoch, null without bound. */
export interface PublicKey {
  /** Null for a key that signs under any name. */
  readonly name: string | null;
  readonly bytes: Hash;
  readonly from: number | null;
  readonly until: number | null;
}

/**
 * The keys in a text, one a line: `ed25519 BASE64 [from TIME] [until TIME]`, or `NAME+ID+BASE64` as C2SP has it. Throws
 * RangeError with a sentence when a line is neither.
 */
export function readKeys(text: string): PublicKey[] {
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
  return lines.map((line) => {
    const [, own, from, until] = /^ed25519 (\S+)(?: from (\S+))?(?: until (\S+))?$/.exec(line) ?? [];
    const [, name, general] = /^([^ +]+)\+[0-9a-f]{8}\+(\S+)$/.exec(line) ?? [];
    const bytes = own === undefined ? fromBase64(general ?? "").slice(1) : fromBase64(own);
    const [begin, end] = [from, until].map((time) => time === undefined ? null : Date.parse(time) / 1000);
    if (bytes.length === 32 && !Number.isNaN(begin) && !Number.isNaN(end)) {
      return { name: name ?? null, bytes, from: begin, until: end };
    }
    throw new RangeError(`"${line.slice(0, 40)}" is no public key: write "ed25519", a space and 32 bytes in base 64`);
  });
}

/** What a signature names its key by. `kind` is 1 for the signature of a log, 4 for that of a witness. */
export const keyId = async (name: string, kind: number, key: Uint8Array): Promise<Hash> =>
  (await sha256(utf8(`${name}\n`), Uint8Array.of(kind), key)).slice(0, 4);

async function signed(key: Hash, signature: Hash, text: string): Promise<boolean> {
  try {
    const imported = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", imported, signature, utf8(text));
  } catch {
    return false;
  }
}

/** Null when one of the keys signed the checkpoint while it was in use; otherwise why that is not so. */
export async function checkpointFault(checkpoint: Checkpoint, keys: readonly PublicKey[]): Promise<string | null> {
  const { origin, text, time } = checkpoint;
  let fault = "none of its signatures is by a key that was given";
  for (const { name, bytes, from, until } of keys.filter(({ name }) => name === null || name === origin)) {
    const id = await keyId(name ?? origin, 1, bytes);
    for (const signature of checkpoint.signatures.filter((one) => one.name === origin && equal(one.id, id))) {
      if (!await signed(bytes, signature.bytes, text)) return "it is not what was signed";
      const early = from !== null && (time === null || time < from);
      const late = until !== null && (time === null || time > until);
      if (!early && !late) return null;
      fault = "the key that signed it was not in use at the time it bears";
    }
  }
  return fault;
}

/** When the witness saw the checkpoint, in seconds since the Unix epoch; null when it did not sign it. */
export async function cosigned(checkpoint: Checkpoint, witness: PublicKey): Promise<number | null> {
  const id = await keyId(witness.name ?? "", 4, witness.bytes);
  for (const { name, id: named, bytes } of checkpoint.signatures) {
    if (name !== witness.name || !equal(named, id) || bytes.length !== 72) continue;
    const time = Number(viewOf(bytes).getBigUint64(0));
    if (await signed(witness.bytes, bytes.slice(8), `cosignature/v1\ntime ${time}\n${checkpoint.text}`)) return time;
  }
  return null;
}

// What a whole proof shows

export interface Proof extends Noted {
  readonly index: number;
  readonly leaf: Hash;
  readonly path: readonly Hash[];
  /** Header and padded payload; null when the proof does not bring them. */
  readonly record: Hash | null;
}

/** Null when the record is in the log of that size and root, and those are what was noted; otherwise what is wrong. */
export async function proofFault(proof: Proof, noted: Noted | null): Promise<string | null> {
  const { index, size, leaf, path, root, record } = proof;
  const own = record === null || (record.length >= HEADER && equal(await leafHash(record), leaf));
  if (!own || (record !== null && viewOf(record).getBigUint64(16, true) !== BigInt(index))) {
    return "the record is not the one that the proof is about";
  }
  if (!await verifyInclusion(leaf, index, size, path, root)) {
    return "the path does not lead from the record to the root";
  }
  const same = noted === null || (noted.size === size && equal(noted.root, root));
  return same ? null : "it is about another size or root than the checkpoint";
}
