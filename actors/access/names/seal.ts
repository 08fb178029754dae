/**
 * What of a record is about people: fields that name somebody, where a person's request came from, and every known name in
 * a text. Everything else stays as it is.
 */
import type { KeyRing } from "./ring.ts";

/** Fields whose text is somebody. */
const PERSON_FIELDS = new Set(["who", "person", "by", "proposedBy", "approvedBy", "answeredBy"]);
/** Who is nobody, as far as the law is concerned. */
const NOBODY = new Set(["", "node", "owner", "host", "unknown", "release", "trigger", "console", "market", "cluster"]);
/** Fields of the machine's own words: a person called like one of them is none there. */
const WORDS_OF_MACHINES = new Set([
  ...[
    "action",
    "actor",
    "after",
    "before",
    "breaker",
    "cause",
    "chain",
    "checkpoint",
    "child",
    "code",
    "config",
    "digest",
  ],
  ...["feed", "gateway", "hashAfter", "hashBefore", "id", "instrument", "instruments", "key", "kind", "limit", "mode"],
  ...[
    "name",
    "node",
    "organism",
    "path",
    "pseudonym",
    "publicKey",
    "role",
    "roles",
    "root",
    "scope",
    "scopes",
    "severity",
  ],
  ...["shard", "signature", "sink", "state", "strategy", "symbol", "to", "trigger", "verb", "was"],
]);

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && [Object.prototype, null].includes(Object.getPrototypeOf(value));

/** The value as it may be recorded. Changes nothing in `value`. */
export function sealValue(ring: KeyRing, value: unknown): unknown {
  const before = ring.size;
  const sealed = sealField(ring, value, "");
  // Who was met in it may have been named in a text before.
  return ring.size === before ? sealed : sealField(ring, value, "");
}

function sealField(ring: KeyRing, value: unknown, field: string): unknown {
  if (typeof value === "string") {
    if (PERSON_FIELDS.has(field)) return sealWho(ring, value);
    return WORDS_OF_MACHINES.has(field) ? value : ring.sealWords(value);
  }
  if (Array.isArray(value)) return value.map((one) => sealField(ring, one, field));
  if (!isFields(value)) return value;
  const sealed: Record<string, unknown> = {};
  for (const [name, inside] of Object.entries(value)) {
    const from = name === "from" && typeof inside === "string";
    sealed[name] = from ? sealFrom(ring, inside, value) : sealField(ring, inside, name);
  }
  return sealed;
}

/** "bob", "cli:bob", "bob@127.0.0.1", "bob@host:alex"; not "owner", nor "key:3f2a…", which is a machine. */
function sealWho(ring: KeyRing, text: string): string {
  const [who, ...places] = text.split("@");
  const name = nameOf(who);
  return [part(ring, who), ...places.map((place) => placeOf(ring, place, name))].join("@");
}

/** Where an act came from; of a scope or a mode that changed, its word before. */
function sealFrom(ring: KeyRing, from: string, { action, who }: Fields): string {
  return typeof action === "string" && typeof who === "string" ? placeOf(ring, from, nameOf(who.split("@")[0])) : from;
}

/** An address belongs to whoever was there. */
function placeOf(ring: KeyRing, place: string, whose: string | null): string {
  if (nameOf(place) !== null && /^(host|cli):/.test(place)) return part(ring, place);
  return whose === null || NOBODY.has(place) ? place : ring.seal(whose, place);
}

function part(ring: KeyRing, text: string): string {
  const name = nameOf(text);
  return name === null ? text : text.slice(0, text.length - name.length) + ring.seal(name, name);
}

/** Null where it names nobody, and for what is sealed already. */
function nameOf(text: string): string | null {
  const name = text.replace(/^(host|cli):/, "");
  return NOBODY.has(name) || name.startsWith("key:") || name.startsWith("(") ? null : name;
}
