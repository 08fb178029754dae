/**
 * Layers of configuration before they are checked: nested plain objects with camelCase names, and where each value came
 * from.
 */
import { parse, TomlError } from "smol-toml";
import { UserError } from "./errors.ts";
import { camel, dotted, environmentName, KEYS, namesUnder, SCALAR_KEYS, snake, unwrap } from "./keys.ts";
import { nearest, suggestion } from "./nearest.ts";
import { z } from "zod";

export type Origin =
  | { readonly kind: "default" }
  | { readonly kind: "profile"; readonly name: string }
  | { readonly kind: "file"; readonly name: string }
  | { readonly kind: "environment"; readonly name: string }
  | { readonly kind: "flag"; readonly name: string };

export type Tree = { [name: string]: unknown };

export interface Layer {
  readonly tree: Tree;
  originOf(path: readonly PropertyKey[]): Origin;
}

/** One value given by a flag: dotted camelCase key, the raw value, the flag as typed. */
export interface FlagValue {
  readonly key: string;
  readonly value: unknown;
  readonly flag: string;
}

export const isTree = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);

/** Variables that begin with CWTS_ and are no configuration keys: where the native library is, and credentials. */
export const RESERVED_VARIABLES: readonly string[] = [
  "CWTS_CORE_LIB",
  "CWTS_CREDENTIAL",
  "CWTS_BROKER_USER",
  "CWTS_BROKER_PASSWORD",
  "CWTS_BROKER_PASSWORD_FILE",
];

/** "the file cwts.toml", "the flag --seed": for sentences. */
export function describeOrigin(origin: Origin): string {
  switch (origin.kind) {
    case "default":
      return "the defaults";
    case "profile":
      return `the ${origin.name} profile`;
    case "file":
      return `the file ${origin.name}`;
    case "environment":
      return `the variable ${origin.name}`;
    case "flag":
      return `the flag ${origin.name}`;
  }
}

function constant(tree: Tree, origin: Origin): Layer {
  return { tree, originOf: () => origin };
}

export function profileLayer(profile: object, name: string): Layer {
  return constant(profile as Tree, { kind: "profile", name });
}

/** Reads TOML. Names must be snake_case. Throws UserError CONFIG_FILE or CONFIG_UNKNOWN_KEY. */
export function fileLayer(text: string, name: string): Layer {
  let parsed: unknown;
  try {
    parsed = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = error.message.split("\n")[0].replace(/^Invalid TOML document: /, "");
    throw new UserError(
      "CONFIG_FILE",
      `the file ${name} is not valid TOML at line ${error.line}, column ${error.column}: ${reason}`,
    );
  }
  const origin: Origin = { kind: "file", name };
  return constant(camelTree(parsed as Tree, [], origin), origin);
}

function camelTree(tree: Tree, path: readonly PropertyKey[], origin: Origin): Tree {
  const result: Tree = {};
  for (const [name, value] of Object.entries(tree)) {
    if (name !== name.toLowerCase() || camel(name) in result) {
      throw unknownKey(name, path, origin);
    }
    const here = [...path, camel(name)];
    result[camel(name)] = Array.isArray(value)
      ? value.map((item, i) => (isTree(item) ? camelTree(item, [...here, i], origin) : item))
      : isTree(value)
      ? camelTree(value, here, origin)
      : value;
  }
  return result;
}

/** The sentence for a key that does not exist, with the nearest one that does. */
export function unknownKey(
  name: string,
  parent: readonly PropertyKey[],
  origin: Origin,
): UserError {
  const siblings = namesUnder(parent).map(snake);
  const elsewhere = KEYS.find((key) => key.path[key.path.length - 1] === camel(name));
  const near = nearest(snake(name), siblings);
  const hint = siblings.includes(snake(name)) || elsewhere === undefined && near !== undefined
    ? `did you mean ${dotted([...parent, camel(near!)])}?`
    : elsewhere !== undefined
    ? `did you mean ${dotted(elsewhere.path)}?`
    : suggestion(snake(name), siblings);
  const typed = parent.length === 0 ? name : `${dotted(parent)}.${name}`;
  return new UserError("CONFIG_UNKNOWN_KEY", `${typed} in ${describeOrigin(origin)} is not a key: ${hint}`);
}

/**
 * Reads CWTS_SECTION_KEY variables; values are texts and take the type of their key. Throws UserError
 * CONFIG_UNKNOWN_KEY for a CWTS_ variable that is no key.
 */
export function environmentLayer(environment: Readonly<Record<string, string>>): Layer {
  const known = new Map(SCALAR_KEYS.map((key) => [environmentName(key.path), key]));
  const names = new Map<string, string>();
  const tree: Tree = {};
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith("CWTS_") || RESERVED_VARIABLES.includes(name)) continue;
    const key = known.get(name);
    if (key === undefined) {
      const near = nearest(name, [...known.keys()]);
      throw new UserError(
        "CONFIG_UNKNOWN_KEY",
        `the variable ${name} sets no key: ${
          near !== undefined ? `did you mean ${near}?` : "config show --env lists the names"
        }`,
      );
    }
    place(tree, key.path, coerce(key.schema, value));
    names.set(dotted(key.path), name);
  }
  return { tree, originOf: (path) => ({ kind: "environment", name: names.get(dotted(path)) ?? "CWTS_…" }) };
}

export function flagLayer(flags: readonly FlagValue[]): Layer {
  const names = new Map<string, string>();
  const tree: Tree = {};
  for (const { key, value, flag } of flags) {
    const path = key.split(".");
    const known = SCALAR_KEYS.find((candidate) => candidate.path.join(".") === key);
    place(tree, path, typeof value === "string" && known ? coerce(known.schema, value) : value);
    names.set(dotted(path), flag);
  }
  return { tree, originOf: (path) => ({ kind: "flag", name: names.get(dotted(path)) ?? "--…" }) };
}

function place(tree: Tree, path: readonly string[], value: unknown): void {
  let node = tree;
  for (const part of path.slice(0, -1)) node = (node[part] ??= {}) as Tree;
  node[path[path.length - 1]] = value;
}

/** A text as the type its key wants; the text itself when none fits, so that the message shows what was typed. */
function coerce(schema: z.ZodType, value: string): unknown {
  const candidates: unknown[] = [value];
  if (value.trim() !== "") candidates.push(Number(value));
  if (value === "true" || value === "false") candidates.push(value === "true");
  if (value === "none") candidates.push(null);
  if (unwrap(schema) instanceof z.ZodArray) {
    candidates.push(value.split(",").map((part) => part.trim()).filter((part) => part !== ""));
  }
  const fitting = candidates.find((candidate) => schema.safeParse(candidate).success);
  return fitting === undefined ? value : fitting;
}
