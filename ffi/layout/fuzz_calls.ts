/** The calls that the fuzzer of the C interface makes: one arm per exported function, arguments from an input's bytes. */
import { type Export, exports } from "./exports.ts";
import { GENERATED } from "./shape.ts";

/** Functions that open what a path names, which an input must not choose, and the one that is made to panic. */
const LEFT_OUT: readonly string[] = [
  "cwts_audit_open",
  "cwts_audit_verify",
  "cwts_audit_verify_against",
  "cwts_control_open",
  "cwts_reader_open",
  "cwts_test_panic",
];
/** Kinds of object whose functions name their handle just `handle`. */
const KIND = /^cwts_([a-z]+)_/;
/** No count is of larger things. */
const LARGEST_RECORD = 64;

const isPointer = (type: string): boolean => type.startsWith("*");

function arm({ name, parameters, result }: Export, index: number): string {
  const before: string[] = [];
  const values: string[] = [];
  for (let at = 0; at < parameters.length; at++) {
    const { name: parameter, type } = parameters[at];
    if (type === "u64") {
      const kind = parameter === "handle" ? KIND.exec(name)![1] : parameter;
      values.push(`a.handle("${kind}")`);
    } else if (type === "u32") values.push("a.word()");
    else if (type === "f64") values.push("a.float()");
    else {
      let many = 1;
      while (isPointer(parameters[at + many]?.type ?? "")) many++;
      const told = parameters[at + many]?.name ?? "";
      if (!/(^|_)(length|count)$/.test(told)) throw new Error(`${name}: no length follows ${parameter}`);
      const group = `g${before.length}`;
      before.push(`let mut ${group} = a.group(${many}, ${told === "count" ? LARGEST_RECORD : 1});`);
      for (let n = 0; n < many; n++) values.push(`${group}.at(${n})`);
      values.push(`${group}.told()`);
      at += many;
    }
  }
  // Arguments are made in their order, before the call borrows the buffers.
  const names = values.map((value, n) => (value.startsWith("g") ? value : `v${n}`));
  const made = values.flatMap((value, n) => (value.startsWith("g") ? [] : [`let v${n} = ${value};`]));
  const opens = result === "i64" ? "true" : "false";
  return `        ${index} => {\n${[...made, ...before].map((line) => `            ${line}\n`).join("")}` +
    `            // SAFETY: every buffer is as long as it is said to be.\n` +
    `            let status = unsafe { ${name}(${names.join(", ")}) };\n` +
    `            ("${name}", status as f64, ${opens})\n        }\n`;
}

function declaration({ name, parameters, result }: Export): string {
  const list = parameters.map((one) => `${one.name}: ${one.type}`).join(", ");
  return `    fn ${name}(${list}) -> ${result};\n`;
}

/** `ffi/core/fuzz/src/calls.rs`. */
export async function fuzzCalls(): Promise<string> {
  const all = (await exports()).filter(({ name }) => !LEFT_OUT.includes(name));
  return `//! ${GENERATED.replace("`ffi/layout/records.ts`", "`ffi/core/src/abi`")}\n` +
    `use crate::abi::Arguments;\n\n` +
    `/// Functions there are.\npub(crate) const CALLS: usize = ${all.length};\n\n` +
    `#[rustfmt::skip]\nextern "C" {\n${all.map(declaration).join("")}}\n\n` +
    `/// Calls one of them: its name, what it gave, and whether that may be a handle.\n#[rustfmt::skip]\n` +
    `pub(crate) fn call(which: usize, a: &mut Arguments<'_>) -> (&'static str, f64, bool) {\n    match which {\n${
      all.map(arm).join("")
    }        _ => ("", 0.0, false),\n    }\n}\n`;
}
