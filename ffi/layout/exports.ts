/**
 * What the native core exports, read from its sources: the `#[no_mangle]` functions under `ffi/core/src/abi`.
 *
 * They are the one place where an exported function is written down. The C header and the bindings of Deno are made from
 * here, and a test compares both with what the built library really exports.
 */
import { GENERATED } from "./shape.ts";

const SOURCES = new URL("../core/src/abi/", import.meta.url);

/** A type that may cross the border: Rust's, C's and Deno's name for it. */
const TYPES: Readonly<Record<string, readonly [c: string, deno: string]>> = {
  "u32": ["uint32_t", "u32"],
  "i32": ["int32_t", "i32"],
  "u64": ["uint64_t", "u64"],
  "i64": ["int64_t", "i64"],
  "f64": ["double", "f64"],
  "*const u8": ["const void *", "buffer"],
  "*mut u8": ["void *", "buffer"],
};

export interface Export {
  readonly name: string;
  /** Lines of the documentation. */
  readonly doc: readonly string[];
  /** File it stands in, without the ending. */
  readonly module: string;
  readonly parameters: readonly { readonly name: string; readonly type: string }[];
  readonly result: string;
}

/** Compared before anything else is bound. */
export const HANDSHAKE = ["cwts_abi_version", "cwts_layout_hash"];

/** Every exported function, by module, in the order of the sources. */
export async function exports(): Promise<readonly Export[]> {
  const files: string[] = [];
  for await (const { name, isFile } of Deno.readDir(SOURCES)) if (isFile && name.endsWith(".rs")) files.push(name);
  // The face first, then the rooms.
  files.sort((a, b) => Number(b === "mod.rs") - Number(a === "mod.rs") || (a < b ? -1 : 1));
  const found: Export[] = [];
  for (const file of files) {
    found.push(...readExports(file.replace(/\.rs$/, ""), await Deno.readTextFile(new URL(file, SOURCES))));
  }
  return found;
}

const FUNCTION =
  /((?:^\/\/\/.*\n)*)((?:^#\[[^\n]*\]\n)*?^#\[(?:unsafe\()?no_mangle\)?\]\n(?:^#\[[^\n]*\]\n)*)^pub (?:unsafe )?extern "C" fn (\w+)\s*\(([^)]*)\)(?: -> (\w+))? \{$/gm;

/** The exports of one source file; throws when one cannot be read, or uses a type that does not cross. */
export function readExports(module: string, source: string): Export[] {
  const found = [...source.matchAll(FUNCTION)].map(([, doc, , name, parameters, result]): Export => ({
    name,
    doc: doc.split("\n").filter((line) => line !== "").map((line) => line.replace(/^\/\/\/ ?/, "")),
    module,
    parameters: parameters.split(",").map((one) => one.trim()).filter((one) => one !== "").map((one) => {
      const [name, type] = one.split(/:\s*/);
      return { name, type: known(type, `${module}.rs`) };
    }),
    result: known(result, `${module}.rs`),
  }));
  const marked = source.match(/^#\[(?:unsafe\()?no_mangle\)?\]$/gm)?.length ?? 0;
  if (marked !== found.length) {
    throw new Error(`${module}.rs marks ${marked} functions as exported, and ${found.length} of them can be read`);
  }
  return found;
}

function known(type: string | undefined, where: string): string {
  if (type === undefined || !(type in TYPES)) throw new Error(`${where}: the type ${type} does not cross the border`);
  return type;
}

/** The C prototype, documented. */
export function prototype({ name, doc, parameters, result }: Export): string {
  const list = parameters.map((one) =>
    `${TYPES[one.type][0]}${TYPES[one.type][0].endsWith("*") ? "" : " "}${one.name}`
  );
  const text = doc.map((line) => line.replace(/\[`([^`]*)`\]/g, "`$1`").replace(/`(?:crate::|self::|super::)+/g, "`"));
  const comment = text.length === 0 ? "" : `/* ${text.join("\n * ")} */\n`;
  return `${comment}${TYPES[result][0]} ${name}(${list.length === 0 ? "void" : list.join(", ")});\n`;
}

/** `ffi/symbols.gen.ts`: the exports as Deno binds them. */
export async function symbols(): Promise<string> {
  const all = await exports();
  const entry = ({ name, parameters, result }: Export) =>
    `  ${name}: { parameters: [${parameters.map(({ type }) => `"${TYPES[type][1]}"`).join(", ")}], result: "${
      TYPES[result][1]
    }" },`;
  const greeting = all.filter(({ name }) => HANDSHAKE.includes(name)).map(entry);
  const rest = all.filter(({ name }) => !HANDSHAKE.includes(name)).map(entry);
  return `// ${GENERATED.replace("`ffi/layout/records.ts`", "`ffi/core/src/abi`")}\n` +
    `/** Compared before anything else is bound. */\nexport const HANDSHAKE = {\n${
      greeting.join("\n")
    }\n} as const satisfies Deno.ForeignLibraryInterface;\n\n` +
    `/** Everything else the core exports. */\nexport const EXPORTS = {\n${
      rest.join("\n")
    }\n} as const satisfies Deno.ForeignLibraryInterface;\n`;
}
