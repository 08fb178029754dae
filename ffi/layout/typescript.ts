/** The TypeScript view: classes of accessors over a buffer, enums as frozen objects, and the sentence of every code. */
import { constants, type EnumLayout, enums, type Field, type RecordLayout, records } from "./records.ts";
import { camel, GENERATED, isReserved, layoutHash } from "./shape.ts";

export function typescript(): string {
  const consts = constants.map(([name, value, doc]) => `/** ${doc} */\nexport const ${name} = ${value};`);
  return `// ${GENERATED}\n` +
    `import { getI64, getMicros, setI64, setMicros } from "./layout/integers.ts";\n\n` +
    `/** Hash of the layout description; both sides must agree before the first call. */\nexport const LAYOUT_HASH = ${layoutHash()};\n\n` +
    `${consts.join("\n")}\n\n${enums.map(enumObject).join("\n")}\n${records.map(view).join("\n")}`;
}

function enumObject(e: EnumLayout): string {
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

function view(r: RecordLayout): string {
  return `/** ${r.doc} ${r.size} bytes; move the view with \`at\`. */\nexport class ${r.name}View {\n  static readonly SIZE = ${r.size};\n  private readonly view: DataView;\n  private base = 0;\n\n` +
    `  constructor(readonly buffer: Uint8Array) {\n    this.view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);\n  }\n\n` +
    `  /** Points the view at record \`index\` and returns it. */\n  at(index: number): this {\n    this.base = index * ${r.size};\n    return this;\n  }\n\n` +
    `${[...r.fields, ...r.aliases ?? []].filter(([, , name]) => !isReserved(name)).map(accessors).join("\n\n")}\n}\n`;
}

/** What reads and writes a field of each type, given the offset. */
const ACCESS: Readonly<Record<Field[1], readonly [get: (at: string) => string, set: (at: string) => string]>> = {
  u8: [(at) => `this.view.getUint8(${at})`, (at) => `this.view.setUint8(${at}, value)`],
  u16: [(at) => `this.view.getUint16(${at}, true)`, (at) => `this.view.setUint16(${at}, value, true)`],
  u32: [(at) => `this.view.getUint32(${at}, true)`, (at) => `this.view.setUint32(${at}, value, true)`],
  i32: [(at) => `this.view.getInt32(${at}, true)`, (at) => `this.view.setInt32(${at}, value, true)`],
  u64: [(at) => `getI64(this.view, ${at})`, (at) => `setI64(this.view, ${at}, value)`],
  i64: [(at) => `getI64(this.view, ${at})`, (at) => `setI64(this.view, ${at}, value)`],
  time: [(at) => `getMicros(this.view, ${at})`, (at) => `setMicros(this.view, ${at}, value)`],
};

function accessors([offset, type, name, doc]: Field): string {
  const [get, set] = ACCESS[type];
  const at = offset === 0 ? "this.base" : `this.base + ${offset}`;
  return `  /** ${doc} */\n  get ${camel(name)}(): number {\n    return ${get(at)};\n  }\n` +
    `  set ${camel(name)}(value: number) {\n    ${set(at)};\n  }`;
}
