/** Every small damage to a small log, one after the other: both verifiers find it, and say the same place. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { toHex, verifyLog } from "../../actors/auditors/verifier/mod.ts";
import { type AuditHead, AuditLog, RecordType, verifyAudit, verifyAuditAgainst } from "../../ffi/mod.ts";
import { inDirectory, NOW } from "../ffi/native.ts";

const HASH = 32;
const nameOf = (number: number): string => `audit-${String(number).padStart(10, "0")}.log`;

/** Two segments of two groups each, the last of one record and the others of two. */
function writeLog(directory: string, last = 0): AuditHead {
  const audit = AuditLog.open({ directory, durability: "memory", segmentBytes: 700 });
  for (let i = 0; i < 7; i++) {
    audit.append(RecordType.Note, NOW + i, new Uint8Array(i % 2 === 0 ? 3 : 8).fill(i === 6 ? last : i));
    if (i % 2 === 1) audit.head();
  }
  const head = audit.head();
  audit.close();
  return head;
}

interface Frame {
  readonly begin: number;
  readonly end: number;
  readonly seal: boolean;
  /** Where the group it is in begins. */
  readonly group: number;
}

/** Records and seals of a segment, by magics and lengths alone. */
function frames(bytes: Uint8Array): Frame[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const found: Frame[] = [];
  for (let at = view.getUint32(12, true), group = at; at < bytes.length;) {
    const seal = String.fromCharCode(...bytes.subarray(at, at + 4)) === "CWSE";
    const end = at + (seal ? 96 : 48 + Math.ceil(view.getUint32(at + 4, true) / 8) * 8 + HASH);
    found.push({ begin: at, end, seal, group });
    if (seal) group = end;
    at = end;
  }
  return found;
}

interface Scene {
  readonly head: AuditHead;
  readonly whole: readonly Uint8Array[];
  /** Both verdicts about the log with this in the place of one segment. */
  readonly judge: (segment: number, bytes: Uint8Array) => Promise<void>;
  /** Expects damage at a place. */
  readonly expect: (segment: number, bytes: Uint8Array, group: number, about: string) => Promise<void>;
}

async function withLog(use: (scene: Scene) => Promise<void>): Promise<void> {
  await inDirectory(async (directory) => {
    const head = writeLog(directory);
    const whole: Uint8Array[] = [0, 1].map((number) => Deno.readFileSync(`${directory}/${nameOf(number)}`));
    assert.equal(head.segments, 2);
    const both = async (segment: number, bytes: Uint8Array) => {
      Deno.writeFileSync(`${directory}/${nameOf(segment)}`, bytes);
      const native = verifyAudit(directory);
      Deno.writeFileSync(`${directory}/${nameOf(segment)}`, whole[segment]);
      return { native, second: await verifyLog(whole.with(segment, bytes)) };
    };
    await use({
      head,
      whole,
      judge: async (segment, bytes) => {
        const { native, second } = await both(segment, bytes);
        assert.deepEqual([second.ok, toHex(second.chain)], [native.ok, native.chain]);
      },
      expect: async (segment, bytes, group, about) => {
        const { native, second } = await both(segment, bytes);
        assert.ok(!native.ok && !second.ok, about);
        assert.deepEqual([second.bad!.segment, second.bad!.offset], [segment, group], `${about}: ${second.bad!.why}`);
        assert.ok(native.badSegment === segment && native.badOffset! >= group, `${about}: ${JSON.stringify(native)}`);
        assert.ok(second.records <= native.records && toHex(second.chain) === native.chain, about);
      },
    });
  });
}

const without = (bytes: Uint8Array, begin: number, end: number): Uint8Array =>
  Uint8Array.from([...bytes.subarray(0, begin), ...bytes.subarray(end)]);
const again = (bytes: Uint8Array, begin: number, end: number): Uint8Array =>
  Uint8Array.from([...bytes.subarray(0, end), ...bytes.subarray(begin)]);

Deno.test("every flipped bit is found by both verifiers, in the group or the header it is in", async () => {
  await withLog(async ({ whole, expect }) => {
    for (const [segment, bytes] of whole.entries()) {
      const all = frames(bytes);
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const changed = bytes.with(bit >> 3, bytes[bit >> 3] ^ 1 << (bit & 7));
        const group = all.find(({ begin, end }) => begin <= bit >> 3 && bit >> 3 < end)?.group ?? 0;
        await expect(segment, changed, group, `bit ${bit} of segment ${segment}`);
      }
    }
  });
});

Deno.test("every record and seal that is dropped, repeated or swapped is found by both, where it was", async () => {
  await withLog(async ({ whole, expect }) => {
    for (const [segment, bytes] of whole.entries()) {
      const all = frames(bytes);
      for (const [at, { begin, end, seal, group }] of all.entries()) {
        const about = `${seal ? "seal" : "record"} at ${begin} of segment ${segment}`;
        await expect(segment, without(bytes, begin, end), group, `without the ${about}`);
        await expect(segment, again(bytes, begin, end), seal ? end : group, `twice the ${about}`);
        const next = all[at + 1];
        if (next === undefined) continue;
        const swapped = Uint8Array.from([
          ...bytes.subarray(0, begin),
          ...bytes.subarray(next.begin, next.end),
          ...bytes.subarray(begin, end),
          ...bytes.subarray(next.end),
        ]);
        await expect(segment, swapped, group, `the ${about} behind the next`);
      }
    }
  });
});

Deno.test("every cut through the end is found by both, and behind a seal against what was noted alone", async () => {
  await withLog(async ({ whole, expect, judge, head }) => {
    const [first, last] = whole;
    const all = frames(last);
    const noted = { size: head.records, root: Uint8Array.from(Buffer.from(head.root, "hex")) };
    for (let length = 0; length < last.length; length++) {
      const cut = last.slice(0, length);
      const seal = all.find(({ seal, end }) => seal && end === length);
      if (seal === undefined && length !== all[0].begin) {
        const group = all.find(({ begin, end }) => begin <= length && length < end)?.group ?? 0;
        await expect(1, cut, group, `cut at ${length}`);
      } else {
        await judge(1, cut);
        assert.ok((await verifyLog([first, cut])).ok);
      }
      const against = await verifyLog([first, cut], noted);
      assert.ok(!against.ok, `cut at ${length} against what was noted`);
    }
    assert.ok((await verifyLog(whole, noted)).ok);
  });
});

Deno.test("an end that was written anew with hashes of its own is found by both against what was noted", async () => {
  await inDirectory(async (directory) => {
    const head = writeLog(`${directory}/log`);
    const forged = writeLog(`${directory}/forged`, 99);
    assert.notEqual(head.root, forged.root);
    const segments = [0, 1].map((number) => Deno.readFileSync(`${directory}/forged/${nameOf(number)}`));
    assert.ok(verifyAudit(`${directory}/forged`).ok && (await verifyLog(segments)).ok);
    assert.equal(verifyAuditAgainst(`${directory}/forged`, head).damage, "changed");
    const noted = { size: head.records, root: Uint8Array.from(Buffer.from(head.root, "hex")) };
    const { ok, bad } = await verifyLog(segments, noted);
    assert.deepEqual([ok, bad?.segment, bad?.why], [false, 1, "these are not the records whose root was noted"]);
  });
});

Deno.test("segments that are missing, swapped or repeated are found by both", async () => {
  await inDirectory(async (directory) => {
    writeLog(directory);
    const [first, second] = [0, 1].map((number) => Deno.readFileSync(`${directory}/${nameOf(number)}`));
    for (
      const segments of [[second, first], [first, first], [second], [first, second, second], [first, second, first]]
    ) {
      for (const [number, bytes] of segments.entries()) Deno.writeFileSync(`${directory}/${nameOf(number)}`, bytes);
      if (segments.length === 1) Deno.removeSync(`${directory}/${nameOf(1)}`);
      assert.ok(!verifyAudit(directory).ok);
      assert.ok(!(await verifyLog(segments)).ok);
      for (let number = 2; number < segments.length; number++) Deno.removeSync(`${directory}/${nameOf(number)}`);
    }
  });
});
