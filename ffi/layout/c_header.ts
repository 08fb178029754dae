/** The C view: `cwts.h`, with every record, enum, code and exported function, usable from C11 and C++11. */
import {
  constants,
  type EnumLayout,
  enums,
  type Field,
  type FieldType,
  type RecordLayout,
  records,
} from "./records.ts";
import { type Export, exports, prototype } from "./exports.ts";
import { coveringField, GENERATED, layoutHash, screaming, SIZES, snake, undescribed } from "./shape.ts";

const C_TYPES: Readonly<Record<FieldType, string>> = {
  u8: "uint8_t",
  u16: "uint16_t",
  u32: "uint32_t",
  i32: "int32_t",
  u64: "uint64_t",
  i64: "int64_t",
  time: "int64_t",
};

/** The name of a record's type; without the ending some would be names of functions too. */
export const cName = (record: string): string => `cwts_${snake(record)}_t`;

export async function header(): Promise<string> {
  const consts = constants.map(([name, value, doc]) => `/* ${doc} */\n#define CWTS_${name} UINT32_C(${value})`);
  return `/* ${GENERATED}
 *
 * The native core of CWTS from C and C++.
 *
 * Compare cwts_abi_version() with CWTS_ABI_VERSION and cwts_layout_hash() with CWTS_LAYOUT_HASH before any other call.
 *
 * Objects are handles, checked on every use. Results are scalars: 0, a count or a handle, or a negated cwts_code; -1,
 * which no code uses, means "there is none". cwts_last_error() has the sentence of this thread's last failure. Memory
 * is the caller's, of any alignment, and is not kept; lengths are bytes unless a parameter is called count. Times are
 * whole microseconds as double, nanoseconds in records. Prices are in ticks, quantities in lots, money in units of 1e-8
 * of the quote currency. Any thread may call; each handle serves one call at a time. Nothing unwinds out of a call.
 */
#ifndef CWTS_H
#define CWTS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define CWTS_STATIC_ASSERT(condition, text) static_assert(condition, text)
extern "C" {
#else
#define CWTS_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#endif

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "records are little-endian and read in place"
#endif

/* Hash of the layout description. */
#define CWTS_LAYOUT_HASH UINT64_C(${layoutHash()})

${consts.join("\n\n")}

${enums.map(enumeration).join("\n")}
${records.map(struct).join("\n")}
${prototypes(await exports())}
#ifdef __cplusplus
}
#endif

#endif
`;
}

function enumeration({ name, doc, values }: EnumLayout): string {
  const members = values.map(([member, value, text]) =>
    `${text ? `  /* ${text} */\n` : ""}  CWTS_${screaming(name)}_${screaming(member)} = ${value},`
  );
  // No comma after the last: C++98 compilers still read headers.
  return `/* ${doc} */\nenum cwts_${snake(name)} {\n${members.join("\n").replace(/,$/, "")}\n};\n`;
}

function struct(r: RecordLayout): string {
  const name = cName(r.name);
  const fields = r.fields.map(([, type, field, doc]) => `  /* ${doc} */\n  ${C_TYPES[type]} ${field};`);
  const rest = undescribed(r);
  if (rest > 0) fields.push(`  /* 32-byte root of the tree */\n  uint8_t head[${rest}];`);
  const asserts = r.fields.map(([offset, , field]) =>
    `CWTS_STATIC_ASSERT(offsetof(${name}, ${field}) == ${offset}, "${r.name}.${field}");`
  );
  return `/* ${r.doc} */\ntypedef struct {\n${fields.join("\n")}\n} ${name};\n` +
    `CWTS_STATIC_ASSERT(sizeof(${name}) == ${r.size}, "${r.name}");\n${asserts.join("\n")}\n${
      (r.aliases ?? []).map((alias) => access(r, alias)).join("")
    }`;
}

/** Another reading of a part of an integer field, as two inline functions. */
function access(record: RecordLayout, alias: Field): string {
  const [offset, type, name, doc] = alias;
  const [start, whole, field] = coveringField(record, alias);
  const struct = cName(record.name);
  const prefix = `cwts_${snake(record.name)}`;
  const shift = (offset - start) * 8;
  const [outer, inner, unsigned] = [C_TYPES[whole], C_TYPES[type], `uint${SIZES[type] * 8}_t`];
  const part = shift === 0 ? `record->${field}` : `(record->${field} >> ${shift})`;
  const mask = `((${outer})(${unsigned})-1${shift === 0 ? "" : ` << ${shift}`})`;
  const word = `(${outer})(${unsigned})value${shift === 0 ? "" : ` << ${shift}`}`;
  return `\n/* ${doc} */\nstatic inline ${inner} ${prefix}_${name}(const ${struct} *record) {\n` +
    `  return (${inner})${type.startsWith("i") ? `(${unsigned})` : ""}${part};\n}\n\n` +
    `static inline void ${prefix}_set_${name}(${struct} *record, ${inner} value) {\n` +
    `  record->${field} = (record->${field} & ~${mask}) | (${word});\n}\n`;
}

function prototypes(all: readonly Export[]): string {
  const modules = [...new Set(all.map(({ module }) => module))];
  return modules.map((module) => all.filter((one) => one.module === module).map(prototype).join("\n")).join("\n");
}
