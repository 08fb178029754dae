/** Both sides of the border see the same bytes. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { core } from "../../ffi/library.ts";
import * as layout from "../../ffi/layout.gen.ts";
import { type Description, layoutHash, outputs } from "../../ffi/layout/generate.ts";
import { getI64, getMicros, setI64, setMicros } from "../../ffi/layout/integers.ts";
import { constants, enums, records } from "../../ffi/layout/records.ts";
import "./native.ts";

Deno.test("the generated files are what the description generates", async () => {
  for (const [file, source] of await outputs()) {
    assert.ok(await Deno.readTextFile(file) === source, `${file.pathname} is out of date: run deno task layout`);
  }
});

Deno.test("the hash follows the description", () => {
  assert.equal(layoutHash(), layout.LAYOUT_HASH);
  assert.ok(Number.isSafeInteger(layout.LAYOUT_HASH));
});

Deno.test("the hash is of what is laid out and not of the words about it", () => {
  const retold: Description = {
    constants: constants.map(([name, value]) => [name, value, "in other words"]),
    enums: enums.map((one) => ({
      ...one,
      doc: "in other words",
      values: one.values.map(([name, value]) => [name, value, "in other words"]),
    })),
    records: records.map((one) => ({
      ...one,
      doc: "in other words",
      fields: one.fields.map(([offset, type, name]) => [offset, type, name, "in other words"]),
    })),
  };
  assert.equal(layoutHash(retold), layoutHash());
  const [record, ...others] = records;
  const [[offset, type, name, doc], ...rest] = record.fields;
  const different: Partial<Description>[] = [
    { constants: constants.with(0, [constants[0][0], constants[0][1] + 1, ""]) },
    { constants: constants.with(0, ["RENAMED", constants[0][1], ""]) },
    { enums: [{ ...enums[0], repr: enums[0].repr === "u8" ? "u16" : "u8" }, ...enums.slice(1)] },
    { enums: [{ ...enums[0], values: enums[0].values.slice(1) }, ...enums.slice(1)] },
    { records: [{ ...record, size: record.size + 8 }, ...others] },
    { records: [{ ...record, fields: [[offset + 8, type, name, doc], ...rest] }, ...others] },
    { records: [{ ...record, fields: [[offset, type === "u64" ? "i64" : "u64", name, doc], ...rest] }, ...others] },
    { records: [{ ...record, fields: [[offset, type, "renamed", doc], ...rest] }, ...others] },
    { records: [{ ...record, aliases: [...record.aliases ?? [], [offset, type, "alias", doc]] }, ...others] },
  ];
  const hashes = different.map((one) => layoutHash({ constants, enums, records, ...one }));
  assert.equal(new Set([...hashes, layoutHash()]).size, different.length + 1);
});

const view = new DataView(new ArrayBuffer(16));
const safe = fc.maxSafeInteger();

Deno.test("64-bit integers come back exactly, and as BigInt reads them", () => {
  fc.assert(fc.property(safe, (value) => {
    setI64(view, 0, value);
    return getI64(view, 0) === value && view.getBigInt64(0, true) === BigInt(value);
  }));
  for (const value of [0, -1, 1, 2 ** 32, -(2 ** 32), 2 ** 32 - 1, 2 ** 53 - 1, -(2 ** 53 - 1)]) {
    setI64(view, 0, value);
    assert.equal(getI64(view, 0), value);
  }
});

Deno.test("microseconds become exact nanoseconds and come back", () => {
  // Every time for which nanoseconds fit in 64 bits: 292 years either side of 1970.
  const micros = fc.integer({ min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
  fc.assert(fc.property(micros, (value) => {
    setMicros(view, 0, value);
    return view.getBigInt64(0, true) === BigInt(value) * 1000n && getMicros(view, 0) === value;
  }));
});

Deno.test("nanoseconds between two microseconds round down", () => {
  fc.assert(fc.property(fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }), (nanos) => {
    view.setBigInt64(0, nanos, true);
    const floored = (nanos - ((nanos % 1000n) + 1000n) % 1000n) / 1000n;
    return getMicros(view, 0) === Number(floored);
  }));
});

const camel = (name: string) => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

for (const { name, size, fields } of records) {
  Deno.test(`every field of ${name} lies where Rust put it`, () => {
    const bytes = new Uint8Array(size);
    const text = new TextEncoder().encode(name);
    assert.equal(core().cwts_test_record(text, text.length, bytes, bytes.length), size);
    const View = layout[`${name}View` as keyof typeof layout] as unknown as new (
      b: Uint8Array,
    ) => Record<string, number>;
    const seen = new View(bytes);
    const back = new View(new Uint8Array(size));
    fields.forEach(([, , field], at) => {
      if (field.startsWith("reserved")) return;
      assert.equal(seen[camel(field)], at + 1, field);
      back[camel(field)] = at + 1;
    });
    // Written from here, the fields give the same bytes.
    const written = (back as unknown as { buffer: Uint8Array }).buffer;
    fields.forEach(([offset, type, field]) => {
      if (field.startsWith("reserved")) return;
      const bytesOfField = { u8: 1, u16: 2, u32: 4, i32: 4, u64: 8, i64: 8, time: 8 }[type];
      assert.deepEqual(written.subarray(offset, offset + bytesOfField), bytes.subarray(offset, offset + bytesOfField));
    });
  });
}

Deno.test("an alias reads and writes its part of a field and leaves the rest alone", () => {
  const bytes = new Uint8Array(128);
  const command = new layout.OrderCommandView(bytes).at(1);
  command.expires = 4_000_000_000;
  command.triggerOffset = -7;
  assert.deepEqual([command.expires, command.triggerOffset], [4_000_000_000, -7]);
  const word = new DataView(bytes.buffer).getBigUint64(64 + 48, true);
  assert.equal(word, 4_000_000_000n + ((2n ** 32n - 7n) << 32n));
  command.expires = 1;
  assert.equal(command.triggerOffset, -7);
  assert.deepEqual(bytes.subarray(0, 64), new Uint8Array(64));
});
