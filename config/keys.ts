/** Reads the schema as a list of keys: what `config show`, the environment and the messages about typing errors need. */
import { z } from "zod";
import type { KeyMeta } from "./kinds.ts";
import { configSchema } from "./schema.ts";

export interface Key extends KeyMeta {
  /** camelCase segments; "[]" stands for each item of a list. */
  readonly path: readonly string[];
  readonly schema: z.ZodType;
}

/** Names whose capital letters are a unit, not words. */
const UNITS: readonly (readonly [camel: string, snake: string])[] = [["MiB", "_mib"]];

/** "unitsPerTickLot" → "units_per_tick_lot", "segmentMiB" → "segment_mib". */
export function snake(name: string): string {
  const plain = UNITS.reduce((text, [unit, written]) => text.replace(unit, written), name);
  return plain.replace(/([a-z])([A-Z0-9])|([0-9])([A-Z])/g, "$1$3_$2$4").toLowerCase();
}

/** "units_per_tick_lot" → "unitsPerTickLot", "segment_mib" → "segmentMiB". */
export function camel(name: string): string {
  const plain = UNITS.reduce((text, [unit, written]) => text.replace(new RegExp(`${written}$`), unit), name);
  return plain.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** A path as it stands in a file: "audit.commit_ms", "instruments[0].tick_step". */
export function dotted(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (part === "[]" || typeof part === "number") return `${text}${part === "[]" ? part : `[${part}]`}`;
    return `${text}${text === "" ? "" : "."}${snake(String(part))}`;
  }, "");
}

/** Name of the environment variable of a key: ["audit", "commitMs"] → "CWTS_AUDIT_COMMIT_MS". */
export function environmentName(path: readonly string[]): string {
  return `CWTS_${path.map((part) => snake(part).toUpperCase()).join("_")}`;
}

/** The schema without default, prefault, optional and nullable around it. */
export function unwrap(schema: z.ZodType): z.ZodType {
  let inner = schema;
  while (
    inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault || inner instanceof z.ZodOptional ||
    inner instanceof z.ZodNullable
  ) {
    inner = inner.unwrap() as z.ZodType;
  }
  return inner;
}

function walk(schema: z.ZodType, path: readonly string[], found: Key[]): void {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject) {
    for (const [name, child] of Object.entries(inner.shape)) walk(child as z.ZodType, [...path, name], found);
  } else if (inner instanceof z.ZodArray && unwrap(inner.element as z.ZodType) instanceof z.ZodObject) {
    walk(inner.element as z.ZodType, [...path, "[]"], found);
  } else {
    const meta = schema.meta() as Partial<KeyMeta> | undefined;
    found.push({ path, schema, unit: meta?.unit ?? "", description: meta?.description ?? "" });
  }
}

/** Every key, in the order of the schema. */
export const KEYS: readonly Key[] = (() => {
  const found: Key[] = [];
  walk(configSchema, [], found);
  return found;
})();

/** Keys that are one value and not part of a list: those that the environment can set. */
export const SCALAR_KEYS: readonly Key[] = KEYS.filter((key) => !key.path.includes("[]"));

/** The description of the key at an effective path, in which list items are numbers. */
export function keyAt(path: readonly PropertyKey[]): Key | undefined {
  const wanted = path.map((part) => (typeof part === "number" ? "[]" : String(part)));
  return KEYS.find((key) => key.path.length === wanted.length && key.path.every((part, i) => part === wanted[i]));
}

/** Names that may follow `path`, camelCase; empty where anything goes or nothing does. */
export function namesUnder(path: readonly PropertyKey[]): readonly string[] {
  const wanted = path.map((part) => (typeof part === "number" ? "[]" : String(part)));
  const names = new Set<string>();
  for (const key of KEYS) {
    if (key.path.length > wanted.length && wanted.every((part, i) => part === key.path[i])) {
      names.add(key.path[wanted.length]);
    }
  }
  return [...names];
}
