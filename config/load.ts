/**
 * Puts a configuration together: default < profile of the feed < TOML file < environment < flags, and remembers for
 * every value where it came from.
 */
import { join } from "node:path";
import type { z } from "zod";
import { withoutPassword } from "./brokers.ts";
import { UserError } from "./errors.ts";
import { configHash } from "./hash.ts";
import { dotted, keyAt, namesUnder, snake } from "./keys.ts";
import {
  describeOrigin,
  environmentLayer,
  fileLayer,
  flagLayer,
  type FlagValue,
  isTree,
  type Layer,
  type Origin,
  profileLayer,
  type Tree,
  unknownKey,
} from "./layers.ts";
import { profileFor } from "./profiles.ts";
import { type Config, configSchema, type FeedKind } from "./schema.ts";

export const DEFAULT_FILE = "cwts.toml";

export interface LoadOptions {
  /** Path of a TOML file; default ./cwts.toml when it exists. */
  readonly file?: string;
  readonly flags?: readonly FlagValue[];
  /** What a command means by itself, for example a back-test: above the profile of the feed, below everything else. */
  readonly preset?: { readonly name: string; readonly values: object };
  /** Default: the environment of the process. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Where cwts.toml is looked for. Default: the current directory. */
  readonly directory?: string;
}

/** One effective value. */
export interface EffectiveValue {
  /** As it stands in a file, for example "instruments[0].tick". */
  readonly key: string;
  readonly value: unknown;
  readonly unit: string;
  readonly reason: string;
  readonly origin: Origin;
}

export interface LoadedConfig {
  readonly config: Config;
  /** See `configHash`. */
  readonly hash: string;
  /** The file that was read, if any. */
  readonly file: string | null;
  readonly values: readonly EffectiveValue[];
}

/** Throws UserError: CONFIG_FILE, CONFIG_UNKNOWN_KEY, CONFIG_VALUE; each one sentence that names the key and its origin. */
export function loadConfig(options: LoadOptions = {}): LoadedConfig {
  const file = readFile(options);
  const given: Layer[] = [];
  if (file !== null) given.push(fileLayer(file.text, file.name));
  given.push(environmentLayer(options.environment ?? Deno.env.toObject()));
  given.push(flagLayer(options.flags ?? []));

  const { kind, paths } = chosenFeed(given);
  const layers = [profileLayer(profileFor(kind, paths), kind)];
  if (options.preset) layers.push(profileLayer(options.preset.values, options.preset.name));
  layers.push(...given);
  const origins = new Map<string, Origin>();
  const tree: Tree = {};
  for (const layer of layers) merge(tree, layer.tree, [], layer, origins);

  const parsed = configSchema.safeParse(tree);
  if (!parsed.success) throw explain(parsed.error.issues[0], tree, origins);
  return {
    config: parsed.data,
    hash: configHash(parsed.data),
    file: file?.name ?? null,
    values: effectiveValues(parsed.data, origins),
  };
}

function readFile({ file, directory = "." }: LoadOptions): { name: string; text: string } | null {
  const name = file ?? join(directory, DEFAULT_FILE);
  try {
    return { name, text: Deno.readTextFileSync(name) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      if (file === undefined) return null;
      throw new UserError(
        "CONFIG_FILE",
        `there is no file ${file}: name an existing one with --config, or leave it out`,
      );
    }
    throw new UserError("CONFIG_FILE", `cannot read the file ${name}: ${(error as Error).message}`);
  }
}

/** The feed decides the profile, so it is read before the rest; what is wrong with it is reported with the rest. */
function chosenFeed(layers: readonly Layer[]): { kind: FeedKind; paths: readonly string[] } {
  let kind: FeedKind = "simulated";
  let paths: readonly string[] = [];
  for (const { tree } of layers) {
    const feed = isTree(tree.feed) ? tree.feed : {};
    const known = (["simulated", "replay", "bars", "paper"] as const).find((one) => one === feed.kind);
    if (known !== undefined) kind = known;
    if (Array.isArray(feed.paths)) paths = feed.paths.filter((path) => typeof path === "string");
  }
  return { kind, paths };
}

/** Lays `over` on `tree`: tables mix, anything else (lists too) replaces. */
function merge(tree: Tree, over: Tree, path: readonly string[], layer: Layer, origins: Map<string, Origin>): void {
  for (const [name, value] of Object.entries(over)) {
    const here = [...path, name];
    if (isTree(value)) {
      if (!isTree(tree[name])) tree[name] = {};
      merge(tree[name] as Tree, value, here, layer, origins);
    } else {
      for (const known of [...origins.keys()]) {
        if (known === dotted(here) || known.startsWith(`${dotted(here)}[`)) origins.delete(known);
      }
      tree[name] = structuredClone(value);
      note(value, here, layer, origins);
    }
  }
}

function note(value: unknown, path: readonly PropertyKey[], layer: Layer, origins: Map<string, Origin>): void {
  origins.set(dotted(path), layer.originOf(path));
  if (Array.isArray(value)) value.forEach((item, i) => note(item, [...path, i], layer, origins));
  else if (isTree(value)) {
    for (const [name, item] of Object.entries(value)) note(item, [...path, name], layer, origins);
  }
}

function originAt(path: readonly PropertyKey[], origins: ReadonlyMap<string, Origin>): Origin {
  return origins.get(dotted(path)) ?? { kind: "default" };
}

/** Where a problem at `path` comes from: the value itself, or whoever wrote the nearest thing around or inside it. */
function blame(path: readonly PropertyKey[], origins: ReadonlyMap<string, Origin>): Origin {
  for (let length = path.length; length > 0; length--) {
    const name = dotted(path.slice(0, length));
    const own = origins.get(name) ?? [...origins].find(([known]) => known.startsWith(`${name}.`))?.[1];
    if (own !== undefined) return own;
  }
  return { kind: "default" };
}

function explain(issue: z.core.$ZodIssue, tree: Tree, origins: ReadonlyMap<string, Origin>): UserError {
  const { path } = issue;
  if (issue.code === "unrecognized_keys") {
    const name = issue.keys[0];
    return unknownKey(snake(name), path, blame([...path, name], origins));
  }
  const value = path.reduce<unknown>((node, part) => (node as Record<PropertyKey, unknown> | undefined)?.[part], tree);
  const origin = blame(path, origins);
  if (value === undefined && issue.code !== "custom") {
    return new UserError("CONFIG_VALUE", `${dotted(path)} is missing in ${describeOrigin(origin)}: it has no default`);
  }
  return new UserError("CONFIG_VALUE", `${dotted(path)} in ${describeOrigin(origin)} ${complaint(issue, value)}`);
}

/** The rest of the sentence: what is allowed, and what stands there, without what an address holds of user and password. */
function complaint(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code === "invalid_type" && issue.expected === "object") {
    return `must be a table, not ${JSON.stringify(value)}`;
  }
  if (isTree(value) && issue.code !== "custom") return "must be a single value, not a table";
  const complete = issue.code === "custom" && issue.params?.complete === true;
  return complete || isTree(value) || Array.isArray(value)
    ? issue.message
    : `${issue.message}, not ${withoutPassword(JSON.stringify(value))}`;
}

/** Every key in the order of the schema, whatever order the layers came in; a key without a value has `undefined`. */
function effectiveValues(config: Config, origins: ReadonlyMap<string, Origin>): EffectiveValue[] {
  const values: EffectiveValue[] = [];
  const visit = (value: unknown, path: readonly PropertyKey[]) => {
    const key = keyAt(path);
    if (key !== undefined) {
      const { unit, description: reason } = key;
      values.push({ key: dotted(path), value, unit, reason, origin: originAt(path, origins) });
    } else if (Array.isArray(value)) {
      value.forEach((item, i) => visit(item, [...path, i]));
    } else {
      for (const name of namesUnder(path)) visit((value as Tree)[name], [...path, name]);
    }
  };
  visit(config, []);
  return values;
}
