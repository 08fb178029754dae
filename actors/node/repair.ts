/**
 * Cutting a log that a crash left in a state that opening it does not mend: a loss of power may keep later pages of the last,
 * unfinished group and lose earlier ones. Nothing of such a group was acknowledged where the log was durable, but only a person
 * can know that this is what happened. So a person says where to cut, and the rules see to it that no more than one group goes,
 * that it is the last, and that no signed checkpoint covers it. The bytes are kept beside the log.
 */
import { join } from "node:path";
import { UserError } from "../../config/mod.ts";
import { verifyAudit } from "../../ffi/mod.ts";
import { readCheckpointFile } from "./checkpoint_file.ts";

export interface Cut {
  /** Records that stay. */
  readonly index: number;
  readonly segment: number;
  /** Where in the segment it was cut, bytes, how many went, and the file that has them. */
  readonly offset: number;
  readonly bytes: number;
  readonly kept: string;
  /** Root of the tree over what stays, hexadecimal. */
  readonly root: string;
}

const RECORD_HEADER = 48;
const LEAF = 32;
const SEAL = 96;
const RECORD_MAGIC = magic("CWAR");
const SEAL_MAGIC = magic("CWSE");

/** Cuts behind record `index` − 1. Throws UserError CUT_REFUSED with why not; the log is then as it was. */
export function cutLog(directory: string, index: number): Cut {
  // Before the lock, under which an unfinished end counts as a write under way.
  if (verifyAudit(directory).damage === "torn tail") {
    refuse("its end is an unfinished group, which the next start cuts off by rule: nobody has to");
  }
  using _lock = lockLog(directory);
  const verdict = verifyAudit(directory);
  if (verdict.ok) refuse("the log is whole: there is nothing to cut");
  const numbers = [...Deno.readDirSync(directory)].flatMap(({ name }) => /^audit-(\d{10})\.log$/.exec(name)?.[1] ?? []);
  const segment = Math.max(...numbers.map(Number));
  if (verdict.badSegment !== segment) {
    refuse(
      `the damage is in segment ${verdict.badSegment}, and ${segment} is the last: acknowledged records lie behind it`,
    );
  }
  const path = join(directory, `audit-${String(segment).padStart(10, "0")}.log`);
  const bytes = Deno.readFileSync(path);
  const offset = endOf(bytes, index, verdict.records);
  const behind = sealsBehind(bytes, offset, index);
  if (behind !== null) {
    refuse(`a group behind the damage is sealed (up to record ${behind}), so records that were acknowledged would go`);
  }
  const signed = Number(readCheckpointFile(directory)?.split("\n")[1] ?? 0);
  if (signed > index) {
    refuse(`a signed checkpoint covers ${signed} records: a cut at ${index} would take back what was signed`);
  }
  const kept = join(directory, `torn-${String(segment).padStart(10, "0")}-${offset}.bin`);
  const copy = Deno.openSync(kept, { write: true, createNew: true, mode: 0o600 });
  writeAll(copy, bytes.subarray(offset));
  const log = Deno.openSync(path, { write: true });
  log.truncateSync(offset);
  log.syncSync();
  log.close();
  const after = verifyAudit(directory);
  if (after.records !== index) throw new Error(`after the cut the log has ${after.records} records, and not ${index}`);
  return { index, segment, offset, bytes: bytes.length - offset, kept, root: after.root };
}

function refuse(why: string): never {
  throw new UserError("CUT_REFUSED", `nothing is cut: ${why}`);
}

/** Byte behind the seal of record `index` − 1, of which `good` are known to be. */
function endOf(bytes: Uint8Array, index: number, good: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = view.getUint32(12, true);
  let best = { size: Number(view.getBigUint64(32, true)), at };
  while (at + RECORD_HEADER <= bytes.length && best.size <= good) {
    const word = view.getUint32(at, true);
    if (word === RECORD_MAGIC) {
      at += RECORD_HEADER + ((view.getUint32(at + 4, true) + 7) & ~7) + LEAF;
    } else if (word === SEAL_MAGIC && at + SEAL <= bytes.length) {
      const size = Number(view.getBigUint64(at + 8, true));
      if (size > good) break;
      at += SEAL;
      best = { size, at };
    } else break;
  }
  if (best.size !== index) {
    refuse(`its good part ends with ${best.size} records, at the end of a sealed group: say --cut ${best.size}`);
  }
  return best.at;
}

/** Size in a seal of any group but the first behind the cut; null when there is none. */
function sealsBehind(bytes: Uint8Array, offset: number, index: number): number | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = offset; at + SEAL <= bytes.length; at += 8) {
    if (view.getUint32(at, true) !== SEAL_MAGIC) continue;
    const [records, size] = [view.getUint32(at + 4, true), view.getBigUint64(at + 8, true)];
    if (Number(size) - records !== index) return Number(size);
  }
  return null;
}

/** No node writes the log meanwhile. */
function lockLog(directory: string): Disposable {
  const file = Deno.openSync(join(directory, "LOCK"), { create: true, read: true, write: true, mode: 0o600 });
  if (!file.tryLockSync(true)) {
    file.close();
    refuse("a node writes this log: stop it first");
  }
  return {
    [Symbol.dispose]() {
      file.unlockSync();
      file.close();
    },
  };
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
  file.syncSync();
  file.close();
}

function magic(text: string): number {
  return new DataView(new TextEncoder().encode(text).buffer).getUint32(0, true);
}
