/**
 * What a newer form of a message may not do to those who know the older one: a sentence for each place.
 *
 * Nodes of two versions run side by side, letters wait in topics and in quarantine, and are replayed after upgrades and
 * after a way back. So a new version may add what can be left out and let through more; it takes nothing away, asks for
 * nothing more and means nothing else. What has to change otherwise is another message, with an id of its own.
 */
import type { Json, JsonObject, ReleasedCatalogue } from "./canonical.ts";

/** Keywords that let through less when they rise, and when they fall. */
const LOWER_BOUNDS = ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"];
const UPPER_BOUNDS = ["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"];
/** Keywords that are looked at in their own way. */
const KNOWN = new Set([
  ...LOWER_BOUNDS,
  ...UPPER_BOUNDS,
  ...[
    "type",
    "properties",
    "required",
    "additionalProperties",
    "enum",
    "const",
    "anyOf",
    "oneOf",
    "items",
    "prefixItems",
  ],
  ...["propertyNames", "keyType", "valueType"],
]);

/** Sentences, one for each thing in `current` that breaks what was released. */
export function breaks(released: ReleasedCatalogue, current: ReleasedCatalogue): readonly string[] {
  return Object.entries(released).flatMap(([id, before]) => {
    const now = current[id];
    if (now === undefined) {
      return [`"${id}" was released and is gone: letters of it would wait in quarantine; keep it.`];
    }
    const [was, is] = [before.version, now.version];
    if (is < was) return [`"${id}" was released as version ${was} and is version ${is} now: versions only rise.`];
    const same = JSON.stringify(before.schema) === JSON.stringify(now.schema);
    if (same) return [];
    const found = compare(before.schema, now.schema, `"${id}"`);
    if (found.length > 0) return found.map((sentence) => `${sentence}; or give the message another id.`);
    if (is > was) return [];
    return [`"${id}" has changed since version ${was}: make it version ${was + 1}, with ${was} as its previous.`];
  });
}

function compare(before: Json, now: Json, place: string): string[] {
  if (!isObject(before) || !isObject(now)) {
    return before === now ? [] : [`${place} was ${show(before)} and is ${show(now)} now: leave it`];
  }
  const branches = branchesOf(before);
  if (branches !== null || branchesOf(now) !== null) return compareBranches(before, now, place);
  const typed = compareType(before, now, place);
  if (typed.length > 0) return typed;
  return [
    ...compareValues(before, now, place),
    ...compareBounds(before, now, place),
    ...compareFields(before, now, place),
    ...compareParts(before, now, place),
    ...compareRest(before, now, place),
  ];
}

const branchesOf = ({ anyOf, oneOf }: JsonObject): readonly Json[] | null =>
  (anyOf ?? oneOf ?? null) as readonly Json[] | null;

/** Each branch of before has one now that lets it through. */
function compareBranches(before: JsonObject, now: JsonObject, place: string): string[] {
  const today = branchesOf(now) ?? [now];
  return (branchesOf(before) ?? [before]).flatMap((branch, i) => {
    const tag = tagOf(branch);
    const there = tag === null ? `${place}[${i}]` : `${place}.${tag.slice(tag.indexOf("=") + 1)}`;
    const alike = tag === null ? today : today.filter((one) => tagOf(one) === tag);
    if (tag !== null && alike.length === 0) return [`${there} was removed: keep it`];
    const found = alike.map((one) => compare(branch, one, there));
    if (found.some((sentences) => sentences.length === 0)) return [];
    return found.length === 1 ? found[0] : [`${there} is let through by none of the alternatives any more: keep it`];
  });
}

/** The field whose constant tells one branch of a union from the others, as "kind=Placed". */
function tagOf(branch: Json): string | null {
  if (!isObject(branch) || !isObject(branch.properties ?? null)) return null;
  for (const [name, field] of Object.entries(branch.properties as JsonObject)) {
    if (isObject(field) && typeof field.const === "string") return `${name}=${field.const}`;
  }
  return null;
}

function compareType(before: JsonObject, now: JsonObject, place: string): string[] {
  const [was, is] = [before.type, now.type];
  if (was === is || (was === "integer" && is === "number") || (is === undefined && now.cwts === undefined)) {
    return [];
  }
  return [`the type of ${place} was ${show(was)} and is ${show(is)} now: leave it`];
}

/** Values that were allowed, one by one. */
function compareValues(before: JsonObject, now: JsonObject, place: string): string[] {
  const allowed = valuesOf(now);
  if (allowed === null) return [];
  const were = valuesOf(before);
  if (were === null) return [`${place} was any value of its type and is one of ${show([...allowed])} now: leave it`];
  const gone = were.filter((value) => !allowed.includes(value));
  return gone.length === 0 ? [] : [`${place} may not be ${gone.map(show).join(" nor ")} any more: keep it`];
}

function valuesOf(schema: JsonObject): readonly Json[] | null {
  return schema.enum !== undefined
    ? schema.enum as readonly Json[]
    : schema.const !== undefined
    ? [schema.const]
    : null;
}

function compareBounds(before: JsonObject, now: JsonObject, place: string): string[] {
  const narrowed = (bounds: readonly string[], less: (was: bigint | number, is: bigint | number) => boolean) =>
    bounds.filter((bound) =>
      // How long a tuple is says its parts.
      !(now.prefixItems !== undefined && bound.endsWith("Items")) && now[bound] !== undefined &&
      (before[bound] === undefined || less(amount(before[bound]), amount(now[bound])))
    );
  return [...narrowed(LOWER_BOUNDS, (was, is) => is > was), ...narrowed(UPPER_BOUNDS, (was, is) => is < was)].map((
    bound,
  ) => `the ${bound} of ${place} was ${show(before[bound])} and is ${show(now[bound])} now: leave it`);
}

/** Bounds of bigints are texts. */
const amount = (value: Json): bigint | number => typeof value === "string" ? BigInt(value) : value as number;

function compareFields(before: JsonObject, now: JsonObject, place: string): string[] {
  const [were, are] = [fieldsOf(before.properties), fieldsOf(now.properties)];
  const [needed, needs] = [before, now].map(({ required }) => new Set(required as readonly string[] ?? []));
  const found = Object.entries(were).flatMap(([name, field]) => {
    const there = `${place}.${name}`;
    if (are[name] === undefined) return [`${there} was removed: keep it`];
    const required = needs.has(name) && !needed.has(name)
      ? [`${there} was optional and is required now: leave it`]
      : [];
    return [...required, ...compare(field, are[name], there)];
  });
  const added = Object.keys(are).filter((name) => were[name] === undefined && needs.has(name));
  const [open, opens] = [before.additionalProperties ?? true, now.additionalProperties ?? true];
  const other = isObject(open) && isObject(opens)
    ? compare(open, opens, `${place}.*`)
    : opens === false && open !== false
    ? [`${place} took fields that are not named, and takes none now: leave it`]
    : isObject(opens) && open === true
    ? [`${place}.* was anything and is ${show(opens)} now: leave it`]
    : [];
  return [...found, ...added.map((name) => `${place}.${name} is new and required: make it optional`), ...other];
}

const fieldsOf = (properties: Json | undefined): JsonObject => (properties ?? {}) as JsonObject;

function compareParts(before: JsonObject, now: JsonObject, place: string): string[] {
  const parts = ["items", "propertyNames", "keyType", "valueType"].flatMap((part) =>
    now[part] === undefined
      ? []
      : before[part] === undefined
      ? [`the ${part} of ${place} were anything and are ${show(now[part])} now: leave it`]
      : compare(before[part], now[part], part === "items" ? `${place}[]` : `${place} (${part})`)
  );
  const [were, are] = [before.prefixItems, now.prefixItems].map((items) => (items ?? []) as readonly Json[]);
  if (were.length !== are.length) {
    return [...parts, `${place} was a tuple of ${were.length} and is one of ${are.length} now: leave it`];
  }
  return [...parts, ...were.flatMap((item, i) => compare(item, are[i], `${place}[${i}]`))];
}

/** What is not understood may not change: better a version too many than a letter that nobody reads. */
function compareRest(before: JsonObject, now: JsonObject, place: string): string[] {
  const words = new Set([...Object.keys(before), ...Object.keys(now)].filter((word) => !KNOWN.has(word)));
  return [...words].filter((word) =>
    now[word] !== undefined && JSON.stringify(before[word]) !== JSON.stringify(now[word])
  )
    .map((word) => `the ${word} of ${place} was ${show(before[word])} and is ${show(now[word])} now: leave it`);
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const show = (value: Json | undefined): string => value === undefined ? "none" : JSON.stringify(value);
