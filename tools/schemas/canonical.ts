/**
 * The form of a message on its way, as data that two versions can be compared by: JSON Schema, with what JSON Schema cannot
 * say (bigint, dates, maps, sets, bytes) named by `cwts`, and keys in one order.
 */
import { z } from "zod";
import type { MessageDef } from "../../runtime/remote/mod.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** One message as it was released. */
export interface ReleasedMessage {
  readonly version: number;
  readonly schema: JsonObject;
}

/** Id of a schema → what is released of it. */
export type ReleasedCatalogue = Readonly<Record<string, ReleasedMessage>>;

/** Kinds of zod that the codec carries and JSON Schema does not know. */
const BEYOND_JSON = new Set(["bigint", "date", "map", "set", "undefined", "void", "nan"]);
const UNKNOWN = "?";
/** Words about a schema that change nothing of what it lets through. */
const WORDS = new Set(["$schema", "$id", "title", "description", "examples", "deprecated", "default"]);
/** Bounds of what JSON Schema has no numbers for: inclusive, exclusive. */
const BOUNDS = {
  greater_than: ["minimum", "exclusiveMinimum"],
  less_than: ["maximum", "exclusiveMaximum"],
} as const;

/** Throws a sentence for a schema whose form cannot be said. */
export function canonical(def: MessageDef<unknown>): JsonObject {
  const where = `"${def.id}" version ${def.version}`;
  try {
    const schema = z.toJSONSchema(def.schema, {
      io: "input",
      unrepresentable: "any",
      override({ zodSchema, jsonSchema, path }) {
        const { type } = zodSchema._zod.def;
        if (BEYOND_JSON.has(type)) beyond(type, zodSchema, jsonSchema);
        else if (type === "custom") instance(zodSchema, jsonSchema, path);
        else if (type === "pipe" && oneWay(zodSchema)) {
          throw new Error(`${place(path)} is a transform, which cannot be written back: use z.codec.`);
        }
      },
    });
    known(schema);
    return sorted(schema as Json) as JsonObject;
  } catch (error) {
    throw new Error(`the form of ${where} cannot be said: ${(error as Error).message}`);
  }
}

function beyond(type: string, zodSchema: z.core.$ZodTypes, jsonSchema: Record<string, unknown>): void {
  jsonSchema.cwts = type;
  const { def } = zodSchema._zod;
  for (const check of def.checks ?? []) {
    const { check: kind, value, inclusive } = check._zod.def as {
      check: string;
      value?: bigint | Date;
      inclusive?: boolean;
    };
    if (value === undefined || !(kind in BOUNDS)) {
      throw new Error(`the check "${kind}" of a ${type} is not known here: teach it to tools/schemas/canonical.ts.`);
    }
    jsonSchema[BOUNDS[kind as keyof typeof BOUNDS][inclusive === true ? 0 : 1]] = String(
      value instanceof Date ? value.getTime() : value,
    );
  }
  for (const [name, part] of Object.entries({ map: ["keyType", "valueType"], set: ["valueType"] })) {
    if (name !== type) continue;
    for (const one of part) {
      jsonSchema[one] = z.toJSONSchema((def as never)[one], { io: "input", unrepresentable: "any" });
    }
  }
}

/** An instance of a class, such as bytes: known by the class, and by nothing else. */
function instance(zodSchema: z.core.$ZodTypes, jsonSchema: Record<string, unknown>, path: (string | number)[]): void {
  const name = ((zodSchema as unknown as z.ZodType).meta() as { readonly cwts?: string } | undefined)?.cwts ??
    (zodSchema._zod.bag as { readonly Class?: { readonly name: string } }).Class?.name;
  // What is described further is looked at again, with its description.
  if (name !== undefined) jsonSchema.cwts = name;
  else if (jsonSchema.cwts === undefined) jsonSchema.cwts = `${UNKNOWN}${place(path)}`;
}

/** Throws for a custom type that nothing says what it is. */
function known(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  const type = (value as Record<string, unknown>)["cwts"];
  if (typeof type === "string" && type.startsWith(UNKNOWN)) {
    throw new Error(
      `${type.slice(UNKNOWN.length)} is a custom type without .meta({ cwts: "…" }), by which it is known.`,
    );
  }
  Object.values(value).forEach(known);
}

const place = (path: readonly (string | number)[]): string =>
  path.length === 0 ? "it" : path.filter((step) => step !== "properties").join(".");

/** A pipe that has no way back, unlike a codec. */
function oneWay(zodSchema: z.core.$ZodTypes): boolean {
  const { reverseTransform, in: from, out } = zodSchema._zod.def as unknown as {
    readonly reverseTransform?: unknown;
    readonly in: z.core.$ZodType;
    readonly out: z.core.$ZodType;
  };
  return reverseTransform === undefined && [from, out].some((one) => one._zod.def.type === "transform");
}

/** `names`: the keys are names of fields, and not words of JSON Schema. */
function sorted(value: Json, names = false): Json {
  if (Array.isArray(value)) return value.map((one) => sorted(one));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).filter(([key]) => names || !WORDS.has(key)).sort(([a], [b]) => a < b ? -1 : 1)
      .map(([key, one]) => [key, sorted(one, !names && (key === "properties" || key === "$defs"))]),
  );
}

/** All of a catalogue, by id. */
export function catalogueOf(defs: readonly MessageDef<unknown>[]): ReleasedCatalogue {
  return Object.fromEntries(
    [...defs].sort((a, b) => a.id < b.id ? -1 : 1).map((def) => [
      def.id,
      { version: def.version, schema: canonical(def) },
    ]),
  );
}
