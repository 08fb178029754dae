/** The gate between what was released and what is to be: messages of two versions of a node have to understand each other. */
import assert from "node:assert/strict";
import { z } from "zod";
import { BETWEEN_NODES } from "../../actors/protocol/between_nodes.ts";
import { defineMessage } from "../../runtime/remote/mod.ts";
import { canonical, catalogueOf } from "../../tools/schemas/canonical.ts";
import { breaks } from "../../tools/schemas/compatibility.ts";
import { released } from "../../tools/schemas/main.ts";

const def = (schema: z.ZodType, version = 1) => {
  return { ...defineMessage({ id: "m", version: 1, schema }), version };
};

/** What is said when the first is released and the second is to be its next version. */
const said = (before: z.ZodType, now: z.ZodType, version = 2): readonly string[] =>
  breaks(catalogueOf([def(before)]), catalogueOf([def(now, version)]));

const fields = (shape: z.ZodRawShape) => z.strictObject(shape);

Deno.test("no message between nodes breaks what was released", async () => {
  assert.deepEqual(breaks(await released(), catalogueOf(BETWEEN_NODES)), []);
});

Deno.test("a change that takes something away is refused with a sentence that names the place", () => {
  const base = { a: z.int().min(1), b: z.string().optional() };
  const cases: readonly (readonly [z.ZodType, z.ZodType, RegExp])[] = [
    [fields(base), fields({ a: base.a }), /^"m"\.b was removed: keep it; or give the message another id\.$/],
    [fields(base), fields({ ...base, b: z.string() }), /"m"\.b was optional and is required now/],
    [fields(base), fields({ ...base, c: z.string() }), /"m"\.c is new and required/],
    [fields(base), fields({ ...base, a: z.string() }), /type of "m"\.a was "integer" and is "string"/],
    [fields({ a: z.number() }), fields({ a: z.int() }), /type of "m"\.a was "number" and is "integer"/],
    [fields(base), fields({ ...base, a: z.int().min(2) }), /minimum of "m"\.a was 1 and is 2/],
    [fields({ a: z.int() }), fields({ a: z.int().max(9) }), /maximum of "m"\.a/],
    [fields({ a: z.string() }), fields({ a: z.string().max(9) }), /maxLength of "m"\.a was none and is 9/],
    [fields({ a: z.string() }), fields({ a: z.string().regex(/x/) }), /pattern of "m"\.a was none/],
    [fields({ a: z.enum(["p", "q"]) }), fields({ a: z.enum(["p"]) }), /"m"\.a may not be "q" any more/],
    [fields({ a: z.string() }), fields({ a: z.enum(["p"]) }), /"m"\.a was any value of its type/],
    [fields({ a: z.literal("p") }), fields({ a: z.literal("q") }), /"m"\.a may not be "p" any more/],
    [fields({ a: z.bigint().min(0n) }), fields({ a: z.bigint().min(5n) }), /minimum of "m"\.a was "0" and is "5"/],
    [fields({ a: z.bigint() }), fields({ a: z.int() }), /"m"\.a/],
    [fields({ a: z.int() }), fields({ a: z.bigint() }), /"m"\.a/],
    [fields({ a: z.array(z.int()) }), fields({ a: z.array(z.string()) }), /type of "m"\.a\[\]/],
    [fields({ a: z.array(z.int()) }), fields({ a: z.array(z.int()).max(3) }), /maxItems of "m"\.a/],
    [fields({ a: z.tuple([z.int()]) }), fields({ a: z.tuple([z.int(), z.int()]) }), /tuple of 1 and is one of 2/],
    [fields({ a: z.int().nullable() }), fields({ a: z.int() }), /"m"\.a/],
    [fields({ a: z.record(z.string(), z.number()) }), fields({ a: z.record(z.string(), z.int()) }), /"m"\.a\.\*/],
    [z.object({ a: z.int() }).loose(), fields({ a: z.int() }), /took fields that are not named/],
    [fields({ a: z.map(z.string(), z.number()) }), fields({ a: z.map(z.string(), z.int()) }), /"m"\.a \(valueType\)/],
  ];
  for (const [before, now, sentence] of cases) {
    const found = said(before, now);
    assert.equal(found.length, 1, `${sentence}: ${JSON.stringify(found)}`);
    assert.match(found[0], sentence);
  }
});

Deno.test("of a union no kind may go, and none may be narrowed", () => {
  const placed = z.strictObject({ kind: z.literal("Placed"), n: z.int() });
  const gone = z.strictObject({ kind: z.literal("Gone") });
  const both = z.discriminatedUnion("kind", [placed, gone]);
  assert.deepEqual(said(both, both, 1), []);
  assert.match(said(both, z.discriminatedUnion("kind", [placed]))[0], /"m"\.Gone was removed: keep it/);
  const narrowed = z.discriminatedUnion("kind", [placed.extend({ n: z.int().max(3) }), gone]);
  assert.match(said(both, narrowed)[0], /maximum of "m"\.Placed\.n/);
  const more = z.discriminatedUnion("kind", [gone, placed, z.strictObject({ kind: z.literal("New") })]);
  assert.deepEqual(said(both, more), []);
  assert.deepEqual(said(placed, both), []);
});

Deno.test("what can be left out may be added with a version, and never without one", () => {
  const base = fields({ a: z.int(), e: z.enum(["p"]) });
  const wider = [
    fields({ a: z.int(), e: z.enum(["p"]), b: z.string().optional() }),
    fields({ a: z.int(), e: z.enum(["p"]), b: z.string().default("x") }),
    fields({ a: z.int(), e: z.enum(["p", "q"]) }),
    fields({ a: z.number(), e: z.enum(["p"]) }),
    fields({ a: z.int(), e: z.string() }),
    fields({ a: z.int().optional(), e: z.enum(["p"]) }),
    fields({ a: z.int().nullable(), e: z.enum(["p"]) }),
    z.object({ a: z.int(), e: z.enum(["p"]) }).loose(),
  ];
  for (const now of wider) {
    assert.deepEqual(said(base, now), [], JSON.stringify(canonical(def(now))));
    const without = said(base, now, 1);
    assert.deepEqual(without, ['"m" has changed since version 1: make it version 2, with 1 as its previous.']);
  }
  assert.deepEqual(said(base, fields({ a: z.int().describe("a count"), e: z.enum(["p"]) }), 1), []);
});

Deno.test("a released message does not disappear, and versions only rise", () => {
  const before = catalogueOf([def(fields({}), 2)]);
  assert.match(breaks(before, {})[0], /"m" was released and is gone/);
  assert.match(breaks(before, catalogueOf([def(fields({}), 1)]))[0], /released as version 2 and is version 1 now/);
  assert.deepEqual(breaks({}, before), []);
});

Deno.test("a field that bears the name of a word of JSON Schema is a field", () => {
  const odd = { title: z.string(), default: z.int(), description: z.int(), properties: z.int(), required: z.int() };
  for (const name of Object.keys(odd)) {
    const { [name as keyof typeof odd]: _, ...rest } = odd;
    assert.match(said(fields(odd), fields(rest))[0], new RegExp(`"m"\\.${name} was removed`));
  }
});

Deno.test("a schema whose form cannot be said is refused", () => {
  assert.throws(() => canonical(def(fields({ a: z.string().transform((x) => x.length) }))), /a is a transform/);
  assert.throws(() => canonical(def(fields({ a: z.custom<number>(() => true) }))), /a is a custom type/);
  canonical(def(fields({ a: z.instanceof(Uint8Array), b: z.custom<number>(() => true).meta({ cwts: "b" }) })));
});
