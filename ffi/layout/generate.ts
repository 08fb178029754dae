/**
 * Generates the Rust and TypeScript views of `records.ts`.
 *
 * `deno task layout` rewrites the generated files; `--check` only compares and exits 1 on drift.
 */
import { createHash } from "node:crypto";
import { constants, type EnumLayout, enums, type Field, type RecordLayout, records } from "./records.ts";

const SIZES = { u8: 1, u16: 2, u32: 4, i32: 4, u64: 8, i64: 8, time: 8 } as const;

/** Columns rustfmt fills. */
const RUST_WIDTH = 100;

/** Refuses overlapping, misaligned or incomplete records: every byte is described by exactly one field. */
function checkRecord(record: RecordLayout): void {
  let end = 0;
  for (const [offset, type, name] of record.fields) {
    const size = SIZES[type];
    if (offset % size !== 0) throw new Error(`${record.name}.${name} is not aligned to ${size} bytes`);
    if (offset !== end) throw new Error(`${record.name}.${name} starts at ${offset}, expected ${end}`);
    end = offset + size;
  }
  for (const [offset, type, name] of record.aliases ?? []) {
    const size = SIZES[type];
    const covered = record.fields.some(([start, t]) => start <= offset && offset + size <= start + SIZES[t]);
    if (offset % size !== 0 || !covered) throw new Error(`${record.name}.${name} lies in no field`);
  }
  // AuditHead carries a 32-byte hash after its described fields.
  if (end !== record.size && !(record.name === "AuditHead" && end === 32)) {
    throw new Error(`${record.name} is ${record.size} bytes but its fields end at ${end}`);
  }
}

/** FNV-1a would do; SHA-256 truncated to 53 bits keeps the hash exact in a JavaScript number. */
export function layoutHash(): number {
  const digest = createHash("sha256").update(JSON.stringify({ constants, enums, records })).digest();
  return Number(digest.readBigUInt64LE(0) & ((1n << 53n) - 1n));
}

const snakeToCamel = (name: string): string => name.replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase());
const rustType = (type: Field[1]): string => (type === "time" ? "i64" : type);
const screaming = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toUpperCase();

function rustEnum(e: EnumLayout): string {
  const consts = e.values.map(([name, value, doc]) =>
    `    ${doc ? `/// ${doc}\n    ` : ""}pub const ${screaming(name)}: ${e.repr} = ${value};`
  );
  return `/// ${e.doc}\npub mod ${screaming(e.name).toLowerCase()} {\n${consts.join("\n")}\n\n` +
    `    /// Whether \`value\` is one of the above.\n    #[must_use]\n    pub const fn is_known(value: ${e.repr}) -> bool {\n${
      rustMatches(e)
    }\n    }\n}\n`;
}

/** The test of membership, laid out as rustfmt would, so that generating needs no rustfmt. */
function rustMatches({ values }: EnumLayout): string {
  const [first, second, ...rest] = values.map(([, value]) => value);
  const line = `        matches!(value, ${values.map(([, value]) => value).join(" | ")})`;
  if (line.length <= RUST_WIDTH) return line;
  const patterns = [`            ${first} | ${second}`, ...rest.map((value) => `                | ${value}`)];
  return `        matches!(\n            value,\n${patterns.join("\n")}\n        )`;
}

function rustRecord(r: RecordLayout): string {
  const fields = r.fields.map(([, type, name, doc]) => `    /// ${doc}\n    pub ${name}: ${rustType(type)},`);
  const asserts = r.fields.map(([offset, , name]) =>
    `    assert!(core::mem::offset_of!(${r.name}, ${name}) == ${offset});`
  );
  const described = r.fields.reduce((sum, [, type]) => sum + SIZES[type], 0);
  if (described < r.size) {
    fields.push(`    /// 32-byte chain head.\n    pub head: [u8; ${r.size - described}],`);
  }
  return `/// ${r.doc}\n#[repr(C)]\n#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]\npub struct ${r.name} {\n${
    fields.join("\n")
  }\n}\n\nconst _: () = {\n    assert!(core::mem::size_of::<${r.name}>() == ${r.size});\n${asserts.join("\n")}\n};\n${
    rustAliases(r)
  }`;
}

/** An alias reads and writes a part of the integer field that covers it: little-endian, so a shift and a mask. */
function rustAliases({ name: record, fields, aliases = [] }: RecordLayout): string {
  if (aliases.length === 0) return "";
  const methods = aliases.map(([offset, type, name, doc]) => {
    const [start, whole, field] = fields.find(([at, t]) => at <= offset && offset < at + SIZES[t])!;
    const shift = (offset - start) * 8;
    const bits = SIZES[type] * 8;
    const unsigned = `u${bits}`;
    const read = `${shift === 0 ? `self.${field}` : `(self.${field} >> ${shift})`} as ${rustType(type)}`;
    const value = type === unsigned ? "value" : `(value as ${unsigned})`;
    const word = `${whole}::from(${value.replace(/^\((.*)\)$/, "$1")})${shift === 0 ? "" : ` << ${shift}`}`;
    return `    /// ${doc}\n    #[must_use]\n    #[inline]\n    pub const fn ${name}(&self) -> ${
      rustType(type)
    } {\n        ${read}\n    }\n\n` +
      `    /// Sets \`${name}\`.\n    #[inline]\n    pub fn set_${name}(&mut self, value: ${rustType(type)}) {\n` +
      `        let mask = ${whole}::from(${unsigned}::MAX)${shift === 0 ? "" : ` << ${shift}`};\n` +
      `        self.${field} = self.${field} & !mask | ${word};\n    }`;
  });
  return `\nimpl ${record} {\n${methods.join("\n\n")}\n}\n`;
}

function rust(): string {
  const consts = constants.map(([name, value, doc]) => `/// ${doc}\npub const ${name}: u32 = ${value};`);
  return `//! Generated by \`deno task layout\` from \`ffi/layout/records.ts\`. Do not edit.\n\n` +
    `/// Hash of the layout description; both sides must agree before the first call.\npub const LAYOUT_HASH: u64 = ${layoutHash()};\n\n` +
    `${consts.join("\n\n")}\n\n${enums.map(rustEnum).join("\n")}\n${records.map(rustRecord).join("\n")}`;
}

function tsAccessors([offset, type, name, doc]: Field): string {
  const camel = snakeToCamel(name);
  const at = offset === 0 ? "this.base" : `this.base + ${offset}`;
  const d = `  /** ${doc} */\n`;
  switch (type) {
    case "u8":
      return `${d}  get ${camel}(): number {\n    return this.view.getUint8(${at});\n  }\n  set ${camel}(value: number) {\n    this.view.setUint8(${at}, value);\n  }`;
    case "u16":
      return `${d}  get ${camel}(): number {\n    return this.view.getUint16(${at}, true);\n  }\n  set ${camel}(value: number) {\n    this.view.setUint16(${at}, value, true);\n  }`;
    case "u32":
      return `${d}  get ${camel}(): number {\n    return this.view.getUint32(${at}, true);\n  }\n  set ${camel}(value: number) {\n    this.view.setUint32(${at}, value, true);\n  }`;
    case "i32":
      return `${d}  get ${camel}(): number {\n    return this.view.getInt32(${at}, true);\n  }\n  set ${camel}(value: number) {\n    this.view.setInt32(${at}, value, true);\n  }`;
    case "u64":
    case "i64":
      return `${d}  get ${camel}(): number {\n    return getI64(this.view, ${at});\n  }\n  set ${camel}(value: number) {\n    setI64(this.view, ${at}, value);\n  }`;
    case "time":
      return `${d}  get ${camel}(): number {\n    return getMicros(this.view, ${at});\n  }\n  set ${camel}(value: number) {\n    setMicros(this.view, ${at}, value);\n  }`;
  }
}

function tsRecord(r: RecordLayout): string {
  return `/** ${r.doc} ${r.size} bytes; move the view with \`at\`. */\nexport class ${r.name}View {\n  static readonly SIZE = ${r.size};\n  private readonly view: DataView;\n  private base = 0;\n\n` +
    `  constructor(readonly buffer: Uint8Array) {\n    this.view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);\n  }\n\n` +
    `  /** Points the view at record \`index\` and returns it. */\n  at(index: number): this {\n    this.base = index * ${r.size};\n    return this;\n  }\n\n` +
    `${
      [...r.fields, ...r.aliases ?? []].filter(([, , name]) => !name.startsWith("reserved")).map(tsAccessors)
        .join("\n\n")
    }\n}\n`;
}

function tsEnum(e: EnumLayout): string {
  const values = e.values.map(([name, value, doc]) => `${doc ? `  /** ${doc} */\n` : ""}  ${name}: ${value},`);
  const text = e.name === "Code"
    ? `\n/** What each code means, as a sentence with the fix in it where there is one. */\nexport const CODE_TEXT: Readonly<Record<number, readonly [name: string, text: string]>> = {\n${
      e.values.map(([name, value, doc]) => `  ${value}: [${JSON.stringify(name)}, ${JSON.stringify(doc)}],`).join("\n")
    }\n};\n`
    : "";
  return `/** ${e.doc} */\nexport const ${e.name} = {\n${
    values.join("\n")
  }\n} as const;\nexport type ${e.name} = typeof ${e.name}[keyof typeof ${e.name}];\n${text}`;
}

function typescript(): string {
  const consts = constants.map(([name, value, doc]) => `/** ${doc} */\nexport const ${name} = ${value};`);
  return `// Generated by \`deno task layout\` from \`ffi/layout/records.ts\`. Do not edit.\n` +
    `import { getI64, getMicros, setI64, setMicros } from "./layout/integers.ts";\n\n` +
    `/** Hash of the layout description; both sides must agree before the first call. */\nexport const LAYOUT_HASH = ${layoutHash()};\n\n` +
    `${consts.join("\n")}\n\n${enums.map(tsEnum).join("\n")}\n${records.map(tsRecord).join("\n")}`;
}

/** As `deno fmt` would write it. */
async function formatted(source: string): Promise<string> {
  const args = ["fmt", "--line-width", "120", "--ext", "ts", "-"];
  const child = new Deno.Command(Deno.execPath(), { args, stdin: "piped", stdout: "piped", stderr: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(source));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  if (!success) throw new Error(`deno fmt refused the generated source: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

/** The generated files and their contents. */
export async function outputs(): Promise<Array<readonly [file: URL, source: string]>> {
  records.forEach(checkRecord);
  return [
    [new URL("../core/src/layout.rs", import.meta.url), rust()],
    [new URL("../layout.gen.ts", import.meta.url), await formatted(typescript())],
  ];
}

if (import.meta.main) {
  let drifted = false;
  for (const [file, source] of await outputs()) {
    if (Deno.args.includes("--check")) {
      const current = await Deno.readTextFile(file).catch(() => "");
      if (current !== source) {
        console.error(`${file.pathname} is out of date: run \`deno task layout\``);
        drifted = true;
      }
    } else {
      await Deno.writeTextFile(file, source);
    }
  }
  if (drifted) Deno.exit(1);
}
