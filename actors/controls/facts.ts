/**
 * The facts of `[controls]` as the limits desk sees them: every row has a name ("controls.restrictions", "firm/ALPHA"), a
 * value (its other fields as JSON, as in a file), and a configuration in which it is another one. So they are changed,
 * approved, put on record and restored like every limit.
 */
import { canonicalJson, type Config, configSchema, dotted, suggestion, UserError } from "../../config/mod.ts";
import { camel, snake } from "../../config/keys.ts";
import type { LimitRef, LimitValue } from "../protocol/limits.ts";
import { compareRows, FACT_TABLES, type FactTable } from "./fact_order.ts";

const PREFIX = "controls.";
const NONE = "*";

type Row = Readonly<Record<string, unknown>>;

export const isFact = ({ scope }: Pick<LimitRef, "scope">): boolean => scope.startsWith(PREFIX);

interface Place {
  readonly name: string;
  readonly table: FactTable;
  /** Values of the key, by field; absent ones left out. */
  readonly key: Row;
}

/** Throws UNKNOWN_LIMIT. */
function placeOf({ scope, limit, instrument }: LimitRef): Place {
  const name = scope.slice(PREFIX.length);
  if (!Object.hasOwn(FACT_TABLES, name)) {
    const known = Object.keys(FACT_TABLES).map((one) => PREFIX + one);
    throw new UserError("UNKNOWN_SCOPE", `there is no table "${scope}": ${suggestion(scope, known)}`);
  }
  const table = FACT_TABLES[name];
  const shape = table.key.length === 0 ? "all" : table.key.map((field) => `<${snake(field)}>`).join("/");
  const parts = table.key.length === 0 ? [] : limit.split("/");
  if (instrument !== null || (table.key.length === 0 ? limit !== "all" : parts.length > table.key.length)) {
    throw new UserError("UNKNOWN_LIMIT", `a row of ${scope} is named ${shape}, "${NONE}" for one that is not given`);
  }
  const key: Record<string, unknown> = {};
  table.key.forEach((field, i) => {
    const part = parts[i] ?? NONE;
    if (part !== NONE) key[field] = /^(issuer|windowMs)$/.test(field) ? Number(part) : part;
  });
  return { name, table, key };
}

function rowsOf(config: Config, name: string): readonly Row[] {
  const { controls } = config;
  if (name === "all") return [{ demands: controls.demands, listsUntil: controls.listsUntil }];
  return controls[name as keyof typeof controls] as unknown as readonly Row[];
}

/** The last of that name counts, as in the gate. */
const indexOf = (rows: readonly Row[], { table, key }: Place): number =>
  rows.findLastIndex((row) => table.key.every((field) => row[field] === key[field]));

function rowAt(config: Config, place: Place): Row | null {
  const rows = rowsOf(config, place.name);
  return rows[indexOf(rows, place)] ?? null;
}

function textOf(row: Row | null, { fields }: FactTable): string | null {
  if (row === null) return null;
  const given = Object.keys(fields).filter((field) => row[field] !== undefined);
  return canonicalJson(Object.fromEntries(given.map((field) => [snake(field), row[field]])));
}

export function factValue(config: Config, ref: LimitRef): LimitValue {
  const place = placeOf(ref);
  return textOf(rowAt(config, place), place.table);
}

/** Every row that there is. */
export function listFacts(config: Config): readonly (LimitRef & { readonly value: LimitValue })[] {
  return Object.entries(FACT_TABLES).flatMap(([name, table]) =>
    rowsOf(config, name).map((row) => {
      const parts = table.key.map((field) => String(row[field] ?? NONE));
      while (parts.length > 1 && parts.at(-1) === NONE) parts.pop();
      const limit = table.key.length === 0 ? "all" : parts.join("/");
      return { scope: PREFIX + name, limit, instrument: null, value: textOf(row, table) };
    })
  );
}

/** Fields of a value, by the names of the schema. Throws LIMIT_VALUE. */
function fieldsOf(ref: LimitRef, { fields }: FactTable, value: LimitValue): Row | null {
  if (value === null) return null;
  let given: unknown;
  try {
    given = JSON.parse(String(value));
  } catch {
    given = null;
  }
  const known = Object.keys(fields).map(snake);
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new UserError("LIMIT_VALUE", `${ref.limit} of ${ref.scope} takes a JSON object of ${known.join(", ")}`);
  }
  return Object.fromEntries(
    Object.entries(given).map(([name, one]) => {
      if (!known.includes(name)) {
        throw new UserError("LIMIT_VALUE", `${ref.scope} has no field "${name}": ${suggestion(name, known)}`);
      }
      return [camel(name), one ?? undefined];
    }),
  );
}

export function compareFacts(ref: LimitRef, a: LimitValue, b: LimitValue): number {
  const { table } = placeOf(ref);
  return compareRows(table, fieldsOf(ref, table, a), fieldsOf(ref, table, b));
}

/** The configuration with another row: fields that are not given stay. Throws LIMIT_VALUE, FACT_STAYS, UNKNOWN_*. */
export function withFact(config: Config, ref: LimitRef, value: LimitValue): Config {
  const place = placeOf(ref);
  const { name, table, key } = place;
  const rows = rowsOf(config, name);
  const at = indexOf(rows, place);
  const fields = fieldsOf(ref, table, value);
  if (fields === null && at < 0) return config;
  if ((fields === null && !table.removable) || (at < 0 && table.absent === "stays")) {
    const way = fields === null
      ? "it cannot be taken away while the node runs: give it a looser value"
      : "it cannot be added while the node runs: write it in the file and start anew";
    throw new UserError("FACT_STAYS", `${ref.limit} of ${ref.scope} stays, because ${way}`);
  }
  const row = fields === null ? [] : [{ ...key, ...rows[at], ...fields }];
  const next = at < 0 ? [...rows, ...row] : rows.toSpliced(at, 1, ...row as Row[]);
  const tree = structuredClone(config) as unknown as { controls: Record<string, unknown> };
  if (name === "all") Object.assign(tree.controls, next[0]);
  else tree.controls[name] = structuredClone(next);
  const parsed = configSchema.safeParse(tree);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UserError("LIMIT_VALUE", `${ref.limit} of ${ref.scope} is refused: ${dotted(issue.path)} ${issue.message}`);
}
