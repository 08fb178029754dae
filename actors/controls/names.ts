/** The limits of a configuration by name: where each stands, what it is, and the configuration with another value. */
import { type Config, configSchema, dotted, suggestion, UserError } from "../../config/mod.ts";
import { camel, keyAt, snake } from "../../config/keys.ts";
import type { LimitRef, LimitValue } from "../protocol/limits.ts";
import { compareFacts, factValue, isFact, withFact } from "./facts.ts";

/** Which way a limit gets looser: a larger collar lets more through, a larger buffer less. */
type Looser = "up" | "down";

const TOTALS = { maxOpenOrders: "up", maxGross: "up", maxNet: "up" } as const;
const HERE = { maxPosition: "up", maxOpenOrders: "up" } as const;
const ORGANISM = {
  maxQuantity: "up",
  maxNotional: "up",
  maxPosition: "up",
  ratePerSecond: "up",
  rateBurst: "up",
  duplicateWindowMs: "down",
  ...TOTALS,
} as const;
const INSTRUMENT = {
  maxQuantity: "up",
  collarBps: "up",
  collarTicks: "up",
  referenceMaxAgeMs: "up",
  marketBufferBps: "down",
} as const;

/** Limits that are amounts: decimals as text, never numbers. */
export const AMOUNTS: readonly string[] = ["max_gross", "max_net", "max_notional"];

type Path = readonly (string | number)[];
type Tree = Record<PropertyKey, unknown>;

interface Place {
  /** Of the table the limit stands in; "new" in place of an index: a table for the instrument has to be added. */
  readonly path: Path;
  readonly key: string;
  readonly looser: Looser;
}

const LISTS = { customer: "customers", account: "accounts", organism: "organisms" } as const;

/** Where a limit stands. Throws UNKNOWN_SCOPE, UNKNOWN_LIMIT or UNKNOWN_INSTRUMENT. */
function placeOf(config: Config, ref: LimitRef): Place {
  const { at, kind } = scopeOf(config, ref.scope);
  const here = ref.instrument !== null;
  const table: Readonly<Record<string, Looser>> = kind === "instrument"
    ? INSTRUMENT
    : kind === "organism"
    ? ORGANISM
    : here
    ? HERE
    : TOTALS;
  const key = camel(ref.limit);
  if (!Object.hasOwn(table, key) || ref.limit !== snake(key)) {
    const where = here ? `${ref.scope} in one instrument` : ref.scope;
    throw new UserError(
      "UNKNOWN_LIMIT",
      `${where} has no limit "${ref.limit}": ${suggestion(ref.limit, Object.keys(table).map(snake))}`,
    );
  }
  if (kind === "instrument") {
    if (here) throw new UserError("UNKNOWN_LIMIT", `${ref.scope} names its instrument already: leave the other away`);
    return { path: at, key, looser: table[key] };
  }
  if (!here) return { path: [...at, "limits"], key, looser: table[key] };
  if (kind === "organism") {
    throw new UserError(
      "UNKNOWN_LIMIT",
      `${ref.scope} has one ${ref.limit} for every instrument: leave the instrument away`,
    );
  }
  const symbols = config.instruments.map(({ symbol }) => symbol);
  if (!symbols.includes(ref.instrument!)) {
    throw new UserError(
      "UNKNOWN_INSTRUMENT",
      `there is no instrument "${ref.instrument}": ${suggestion(ref.instrument!, symbols)}`,
    );
  }
  const list = reach(config, [...at, "limits", "instruments"]) as readonly { readonly symbol: string }[];
  const index = list.findIndex(({ symbol }) => symbol === ref.instrument);
  return { path: [...at, "limits", "instruments", index < 0 ? "new" : index], key, looser: table[key] };
}

function scopeOf(config: Config, scope: string): { at: Path; kind: "firm" | "instrument" | keyof typeof LISTS } {
  if (scope === "firm") return { at: ["firm"], kind: "firm" };
  const [kind, name] = [scope.slice(0, scope.indexOf(":")), scope.slice(scope.indexOf(":") + 1)];
  if (kind === "instrument") {
    const index = config.instruments.findIndex(({ symbol }) => symbol === name);
    if (index >= 0) return { at: ["instruments", index], kind };
  } else if (Object.hasOwn(LISTS, kind)) {
    const list = LISTS[kind as keyof typeof LISTS];
    const index = config[list].findIndex(({ id }) => id === name);
    if (index >= 0) return { at: [list, index], kind: kind as keyof typeof LISTS };
  }
  throw new UserError("UNKNOWN_SCOPE", `there is no scope "${scope}": ${suggestion(scope, scopesOf(config))}`);
}

function scopesOf(config: Config): string[] {
  return [
    "firm",
    ...config.customers.map(({ id }) => `customer:${id}`),
    ...config.accounts.map(({ id }) => `account:${id}`),
    ...config.organisms.map(({ id }) => `organism:${id}`),
    ...config.instruments.map(({ symbol }) => `instrument:${symbol}`),
  ];
}

const reach = (tree: unknown, path: Path): unknown =>
  path.reduce<unknown>((node, part) => (node as Tree | undefined)?.[part], tree);

/** What the configuration says; null for no limit. Throws as `placeOf`. */
export function valueOf(config: Config, ref: LimitRef): LimitValue {
  if (isFact(ref)) return factValue(config, ref);
  const { path, key } = placeOf(config, ref);
  return (reach(config, [...path, key]) as LimitValue | undefined) ?? null;
}

/** Every limit that is set, the firm's first. */
export function listLimits(
  config: Config,
): readonly (LimitRef & { readonly value: LimitValue; readonly unit: string })[] {
  const rows: (LimitRef & { value: LimitValue; unit: string })[] = [];
  const add = (scope: string, instrument: string | null, path: Path, keys: object) => {
    for (const key of Object.keys(keys)) {
      const value = reach(config, [...path, key]) as LimitValue | undefined;
      if (value === undefined || value === null) continue;
      rows.push({ scope, limit: snake(key), instrument, value, unit: keyAt([...path, key])?.unit ?? "" });
    }
  };
  for (const scope of scopesOf(config)) {
    const { at, kind } = scopeOf(config, scope);
    if (kind === "instrument") add(scope, null, at, INSTRUMENT);
    else if (kind === "organism") add(scope, null, [...at, "limits"], ORGANISM);
    else {
      add(scope, null, [...at, "limits"], TOTALS);
      const list = reach(config, [...at, "limits", "instruments"]) as readonly { readonly symbol: string }[];
      list.forEach(({ symbol }, i) => add(scope, symbol, [...at, "limits", "instruments", i], HERE));
    }
  }
  return rows;
}

/** Above 0 when `a` lets more through than `b`, below 0 when less. No limit lets everything through. */
export function compareLooseness(config: Config, ref: LimitRef, a: LimitValue, b: LimitValue): number {
  if (isFact(ref)) return compareFacts(ref, a, b);
  const { looser } = placeOf(config, ref);
  const none = looser === "up" ? Infinity : -Infinity;
  const [x, y] = [a, b].map((value) => (value === null ? none : Number(value)));
  if (x === y) return 0;
  return (x > y) === (looser === "up") ? 1 : -1;
}

export interface Changed {
  readonly config: Config;
  /** Limits below that had to come down with it. */
  readonly lowered: readonly LimitRef[];
}

/**
 * The configuration with another value for one limit, checked as a file would be. `carryDown`: limits below that would
 * then lie above it come down to it, so that nothing stands in the way of a tightening. Throws LIMIT_VALUE or
 * LIMIT_ABOVE_PARENT, and as `placeOf`.
 */
export function withLimit(config: Config, ref: LimitRef, value: LimitValue, carryDown: boolean): Changed {
  if (isFact(ref)) return { config: withFact(config, ref, value), lowered: [] };
  const { path: given, key } = placeOf(config, ref);
  const tree = structuredClone(config) as unknown as Tree;
  let path = given;
  if (given.at(-1) === "new") {
    const list = reach(tree, given.slice(0, -1)) as Tree[];
    path = [...given.slice(0, -1), list.push({ symbol: ref.instrument }) - 1];
  }
  const table = reach(tree, path) as Tree;
  if (value === null) delete table[key];
  else table[key] = value;

  const lowered: LimitRef[] = [];
  for (;;) {
    const parsed = configSchema.safeParse(tree);
    if (parsed.success) return { config: parsed.data, lowered };
    const [issue] = parsed.error.issues;
    const own = dotted(issue.path) === dotted([...path, key]);
    if (carryDown && issue.code === "custom" && !own && lowered.length < MOST_LOWERED) {
      (reach(tree, issue.path.slice(0, -1) as Path) as Tree)[issue.path.at(-1)!] = value;
      lowered.push(refAt(config, issue.path));
      continue;
    }
    const code = issue.code === "custom" && issue.params?.complete === true ? "LIMIT_ABOVE_PARENT" : "LIMIT_VALUE";
    const shown = code === "LIMIT_VALUE" ? `, not ${JSON.stringify(value)}` : "";
    throw new UserError(code, `${ref.limit} of ${ref.scope} is refused: it ${issue.message}${shown}`);
  }
}

const MOST_LOWERED = 10_000;

/** The name of the limit at a path of the configuration. */
function refAt(config: Config, path: readonly PropertyKey[]): LimitRef {
  const [list, index] = path as [keyof Config, number];
  const limit = snake(String(path.at(-1)));
  if (list === "firm") return { scope: "firm", limit, instrument: null };
  const { id } = (config[list] as readonly { readonly id: string }[])[index];
  const inside = path.length > 4 ? reach(config, [...path.slice(0, -1) as Path, "symbol"]) as string : null;
  return { scope: `${String(list).slice(0, -1)}:${id}`, limit, instrument: inside };
}
