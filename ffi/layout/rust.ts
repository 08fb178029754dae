/** The Rust view: structs with compile-time assertions, enums as modules of constants, and a list of all records. */
import { constants, type EnumLayout, enums, type FieldType, type RecordLayout, records } from "./records.ts";
import { coveringField, GENERATED, layoutHash, screaming, SIZES, snake, undescribed } from "./shape.ts";

/** Columns rustfmt fills. */
const WIDTH = 100;
/** Columns it lets the arguments of a call fill before it breaks them. */
const CALL_WIDTH = 60;

const rustType = (type: FieldType): string => (type === "time" ? "i64" : type);

export function rust(): string {
  const consts = constants.map(([name, value, doc]) => `/// ${doc}\npub const ${name}: u32 = ${value};`);
  return `//! ${GENERATED}\n\n` +
    `/// Hash of the layout description; both sides must agree before the first call.\npub const LAYOUT_HASH: u64 = ${layoutHash()};\n\n` +
    `${consts.join("\n\n")}\n\n${enums.map(enumModule).join("\n")}\n${
      records.map(struct).join("\n")
    }\n${everyRecord()}`;
}

function enumModule(e: EnumLayout): string {
  const consts = e.values.map(([name, value, doc]) =>
    `    ${doc ? `/// ${doc}\n    ` : ""}pub const ${screaming(name)}: ${e.repr} = ${value};`
  );
  return `/// ${e.doc}\npub mod ${snake(e.name)} {\n${consts.join("\n")}\n\n` +
    `    /// Whether \`value\` is one of the above.\n    #[must_use]\n    pub const fn is_known(value: ${e.repr}) -> bool {\n${
      matches(e)
    }\n    }\n}\n`;
}

/** The test of membership, laid out as rustfmt would, so that generating needs no rustfmt. */
function matches({ values }: EnumLayout): string {
  const [first, second, ...rest] = values.map(([, value]) => value);
  const all = values.map(([, value]) => value).join(" | ");
  const line = `value, ${all}`;
  if (line.length <= CALL_WIDTH) return `        matches!(${line})`;
  const inOne = `            ${all}`;
  const patterns = inOne.length <= WIDTH
    ? [inOne]
    : [`            ${first} | ${second}`, ...rest.map((value) => `                | ${value}`)];
  return `        matches!(\n            value,\n${patterns.join("\n")}\n        )`;
}

function struct(r: RecordLayout): string {
  const fields = r.fields.map(([, type, name, doc]) => `    /// ${doc}\n    pub ${name}: ${rustType(type)},`);
  const asserts = r.fields.map(([offset, , name]) =>
    `    assert!(core::mem::offset_of!(${r.name}, ${name}) == ${offset});`
  );
  const rest = undescribed(r);
  if (rest > 0) fields.push(`    /// 32-byte root of the tree.\n    pub head: [u8; ${rest}],`);
  return `/// ${r.doc}\n#[repr(C)]\n#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]\npub struct ${r.name} {\n${
    fields.join("\n")
  }\n}\n\nconst _: () = {\n    assert!(core::mem::size_of::<${r.name}>() == ${r.size});\n${asserts.join("\n")}\n};\n${
    aliases(r)
  }`;
}

/** An alias reads and writes a part of the integer field that covers it: little-endian, so a shift and a mask. */
function aliases(record: RecordLayout): string {
  if (record.aliases === undefined) return "";
  const methods = record.aliases.map((alias) => {
    const [offset, type, name, doc] = alias;
    const [start, whole, field] = coveringField(record, alias);
    const shift = (offset - start) * 8;
    const unsigned = `u${SIZES[type] * 8}`;
    const shifted = shift === 0 ? "" : ` << ${shift}`;
    const read = `${shift === 0 ? `self.${field}` : `(self.${field} >> ${shift})`} as ${rustType(type)}`;
    const value = type === unsigned ? "value" : `value as ${unsigned}`;
    return `    /// ${doc}\n    #[must_use]\n    #[inline]\n    pub const fn ${name}(&self) -> ${
      rustType(type)
    } {\n        ${read}\n    }\n\n` +
      `    /// Sets \`${name}\`.\n    #[inline]\n    pub fn set_${name}(&mut self, value: ${rustType(type)}) {\n` +
      `        let mask = ${whole}::from(${unsigned}::MAX)${shifted};\n` +
      `        self.${field} = self.${field} & !mask | ${whole}::from(${value})${shifted};\n    }`;
  });
  return `\nimpl ${record.name} {\n${methods.join("\n\n")}\n}\n`;
}

/** All records with their fields, for code that must know every one of them. */
function everyRecord(): string {
  const lists = records.map((r) => {
    const kinds = r.fields.map(([, type, name]) => `                ${name}: ${type === "time" ? "time" : "integer"},`);
    if (undescribed(r) > 0) kinds.push("                head: hash,");
    return `            ${r.name} {\n${kinds.join("\n")}\n            }`;
  });
  return `/// Calls \`$with\` with every record and the kinds of its fields.\nmacro_rules! every_record {\n` +
    `    ($with:ident) => {\n        $with! {\n${
      lists.join("\n")
    }\n        }\n    };\n}\n\npub(crate) use every_record;\n`;
}
