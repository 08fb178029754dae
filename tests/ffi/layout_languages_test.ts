/** The same records and functions from C and Python as from Rust and TypeScript, and nothing exported that none of them knows. */
import assert from "node:assert/strict";
import { ABI_VERSION, LAYOUT_HASH } from "../../ffi/layout.gen.ts";
import { cName } from "../../ffi/layout/c_header.ts";
import { exports, readExports } from "../../ffi/layout/exports.ts";
import { type RecordLayout, records } from "../../ffi/layout/records.ts";
import { snake, undescribed } from "../../ffi/layout/shape.ts";
import { core, libraryPath } from "../../ffi/library.ts";
import { HANDSHAKE, SYMBOLS } from "../../ffi/symbols.ts";
import { exportedNames } from "./elf.ts";
import { inDirectory, ROOT } from "./native.ts";

const HEADER = `${ROOT}ffi/core/include/cwts.h`;

function runs(command: string): boolean {
  try {
    return new Deno.Command(command, { args: ["--version"], stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

/** Defines a test that is skipped, with the reason in its name, where a program is not installed. */
function needing(program: string, name: string, fn: () => Promise<void>): void {
  const there = runs(program);
  Deno.test({ name: there ? name : `${name} [needs ${program}]`, ignore: !there, fn });
}

async function output(command: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args, cwd: ROOT }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** "Name: hexadecimal bytes" of every record, as Rust wrote them. */
function rustRecords(): string[] {
  return records.map(({ name, size }) => {
    const bytes = new Uint8Array(size);
    const text = new TextEncoder().encode(name);
    assert.equal(core().cwts_test_record(text, text.length, bytes, size), size, name);
    return `${name}: ${bytes.toHex()}`;
  });
}

/** Numbers of a record's fields as Rust fills them: 1, 2, 3 …, times in microseconds. */
const numbered = ({ fields }: RecordLayout) =>
  fields.map(([, type, name], at) => ({ name, number: type === "time" ? (at + 1) * 1000 : at + 1 }));

const C_PROGRAM = `#include "cwts.h"
#include <stdio.h>
#include <string.h>

static int failures = 0;

static void show(const char *name, const void *record, size_t size) {
  uint8_t rust[256];
  const uint8_t *bytes = record;
  if (cwts_test_record(name, (uint32_t)strlen(name), rust, sizeof rust) != (int32_t)size || memcmp(rust, record, size) != 0) {
    fprintf(stderr, "%s differs from Rust\\n", name);
    failures++;
  }
  printf("%s: ", name);
  for (size_t i = 0; i < size; i++) printf("%02x", bytes[i]);
  printf("\\n");
}

int main(void) {
  if (cwts_abi_version() != CWTS_ABI_VERSION || cwts_layout_hash() != CWTS_LAYOUT_HASH) return 2;
${
  records.map((record) => {
    const sets = numbered(record).map(({ name, number }) => `    record.${name} = ${number};`);
    const rest = undescribed(record);
    if (rest > 0) sets.push(`    memset(record.head, ${record.fields.length + 1}, ${rest});`);
    return `  {\n    ${cName(record.name)} record;\n    memset(&record, 0, sizeof record);\n${
      sets.join("\n")
    }\n    show("${record.name}", &record, sizeof record);\n  }`;
  }).join("\n")
}
  cwts_order_command_t order = {0};
  cwts_order_command_set_expires(&order, 4000000000u);
  cwts_order_command_set_trigger_offset(&order, -7);
  if (cwts_order_command_expires(&order) != 4000000000u || cwts_order_command_trigger_offset(&order) != -7) return 3;
  if (order.target_id != (uint64_t)4000000000u + ((uint64_t)(uint32_t)-7 << 32)) return 4;
  cwts_order_command_set_expires(&order, 1);
  if (cwts_order_command_trigger_offset(&order) != -7) return 5;
  if (cwts_audit_commit(0) != -CWTS_CODE_BAD_HANDLE) return 6;
  return failures;
}
`;

needing("cc", "the C header stands alone, and a C program writes every record as Rust does", async () => {
  await inDirectory(async (directory) => {
    await output("cc", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-x", "c", HEADER);
    const [source, program] = [`${directory}/golden.c`, `${directory}/golden`];
    await Deno.writeTextFile(source, C_PROGRAM);
    const include = `-I${ROOT}ffi/core/include`;
    await output("cc", "-std=c11", "-Wall", "-Wextra", "-Werror", include, source, libraryPath(), "-o", program);
    const lines = (await output(program)).trim().split("\n");
    assert.deepEqual(lines, rustRecords());
  });
});

const PYTHON_PROGRAM = `
import ctypes, json, sys
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
import cwts_layout as layout
library = ctypes.CDLL(sys.argv[2])
library.cwts_layout_hash.restype = ctypes.c_uint64
assert library.cwts_layout_hash() == layout.LAYOUT_HASH
assert library.cwts_abi_version() == layout.ABI_VERSION
for name, numbers in json.loads(sys.argv[3]):
    record = getattr(layout, name)()
    for field, number in numbers:
        setattr(record, field, number)
    if hasattr(record, "head"):
        ctypes.memset(ctypes.addressof(record) + type(record).head.offset, len(numbers) + 1, 32)
    rust = bytearray(ctypes.sizeof(record))
    out = (ctypes.c_uint8 * len(rust)).from_buffer(rust)
    assert library.cwts_test_record(name.encode(), len(name), out, len(rust)) == len(rust)
    seen = type(record).from_buffer_copy(rust)
    for field, number in numbers:
        assert getattr(seen, field) == number, (name, field)
    print(f"{name}: {bytes(record).hex()}")
order = layout.OrderCommand(kind=layout.CommandKind.NEW)
order.expires, order.trigger_offset = 4_000_000_000, -7
assert (order.expires, order.trigger_offset) == (4_000_000_000, -7)
assert order.target_id == 4_000_000_000 + ((2**32 - 7) << 32)
order.expires = 1
assert order.trigger_offset == -7
assert layout.CODE_TEXT[layout.Code.BELOW_FILLED][0] == "BelowFilled"
assert layout.SelfTrade(4).name == "DECREMENT"
`;

needing("python3", "Python reads and writes every record as Rust does", async () => {
  const numbers = JSON.stringify(
    records.map((record) => [record.name, numbered(record).map(({ name, number }) => [name, number])]),
  );
  const lines = await output("python3", "-B", "-c", PYTHON_PROGRAM, `${ROOT}ffi/python`, libraryPath(), numbers);
  assert.deepEqual(lines.trim().split("\n"), rustRecords());
});

needing("python3", "a Python structure that is laid out in another way is refused when it is imported", async () => {
  const source = await Deno.readTextFile(`${ROOT}ffi/python/cwts_layout.py`);
  await inDirectory(async (directory) => {
    const changed = source.replace('("order_type", c_uint8)', '("order_type", c_uint32)');
    assert.notEqual(changed, source);
    await Deno.writeTextFile(`${directory}/changed.py`, changed);
    const { success, stderr } = await new Deno.Command("python3", {
      args: ["-B", `${directory}/changed.py`],
    }).output();
    assert.ok(!success);
    assert.match(new TextDecoder().decode(stderr), /ImportError: OrderCommand is laid out in another way here/);
  });
});

Deno.test("header, bindings and library name the same functions with the same types", async () => {
  const all = await exports();
  const names = all.map(({ name }) => name).sort();
  assert.deepEqual([...new Set(names)], names, "each is exported once");

  const bound = { ...HANDSHAKE, ...SYMBOLS } as Record<string, Deno.ForeignFunction>;
  const extra = Object.entries(bound).filter(([, symbol]) => symbol.name !== undefined);
  for (const [name, symbol] of extra) {
    const { name: real, nonblocking: _, ...type } = symbol;
    assert.deepEqual(type, bound[real!], `${name} is bound with the types of ${real}`);
    delete bound[name];
  }
  assert.deepEqual(Object.keys(bound).sort(), names);

  const header = await Deno.readTextFile(HEADER);
  const declared = [...header.matchAll(/^(\w+) (cwts_\w+)\(([^)]*)\);$/gm)];
  assert.deepEqual(declared.map(([, , name]) => name).sort(), names);
  const DENO: Record<string, string> = {
    uint32_t: "u32",
    int32_t: "i32",
    uint64_t: "u64",
    int64_t: "i64",
    double: "f64",
  };
  for (const [, result, name, list] of declared) {
    const parameters = list === "void"
      ? []
      : list.split(", ").map((one) => one.includes("*") ? "buffer" : DENO[one.split(" ")[0]]);
    assert.deepEqual({ parameters, result: DENO[result] }, bound[name], name);
  }
});

const elf = Deno.build.os === "linux";
Deno.test({
  name: `the built library exports these functions and no others${elf ? "" : " [needs linux]"}`,
  ignore: !elf,
  fn: async () => {
    const real = exportedNames(await Deno.readFile(libraryPath())).filter((name) => !name.startsWith("_"));
    // What Rust's own runtime leaves visible is no business of a caller.
    assert.deepEqual(
      real.filter((name) => name !== "rust_eh_personality").sort(),
      (await exports()).map(({ name }) => name).sort(),
    );
  },
});

Deno.test("an export that cannot be read, or a type that does not cross, stops the generator", () => {
  const mark = "#[no_mangle]\n";
  const read = (source: string) => readExports("some", source);
  assert.deepEqual(read(`/// Adds.\n${mark}pub extern "C" fn add(one: u32, two: f64) -> i32 {\n`), [{
    name: "add",
    doc: ["Adds."],
    module: "some",
    parameters: [{ name: "one", type: "u32" }, { name: "two", type: "f64" }],
    result: "i32",
  }]);
  assert.throws(() => read(`${mark}pub extern "C" fn add(one: usize) -> i32 {\n`), /some\.rs: the type usize does not/);
  assert.throws(() => read(`${mark}pub extern "C" fn add(one: u32) {\n`), /some\.rs: the type undefined does not/);
  assert.throws(() => read(`${mark}pub static FLAG: u32 = 1;\n`), /marks 1 functions as exported, and 0 of them/);
});

Deno.test("the header and the Python module name every constant, enum and code", async () => {
  const header = await Deno.readTextFile(HEADER);
  const python = await Deno.readTextFile(`${ROOT}ffi/python/cwts_layout.py`);
  const { constants, enums } = await import("../../ffi/layout/records.ts");
  for (const [name, value] of constants) {
    assert.ok(header.includes(`#define CWTS_${name} UINT32_C(${value})\n`), name);
    assert.ok(python.includes(`\n${name} = ${value}\n`), name);
  }
  for (const { name, values } of enums) {
    const members = new RegExp(`enum cwts_${snake(name)} \\{([^}]*)\\};`).exec(header)![1].match(/= \d+/g);
    assert.deepEqual(members, values.map(([, value]) => `= ${value}`), name);
  }
  assert.ok(header.includes(`UINT64_C(${LAYOUT_HASH})`) && python.includes(`LAYOUT_HASH = ${LAYOUT_HASH}\n`));
  assert.ok(header.includes(`CWTS_ABI_VERSION UINT32_C(${ABI_VERSION})`));
});
