/** What the access file holds: people, keys, and what a command on the host did that the node has yet to put on record. */
import { z } from "zod";
import { UserError } from "../../config/errors.ts";
import { conflict, isRole, type Role, ROLES } from "../protocol/roles.ts";
import { parseStateText } from "../protocol/state_text.ts";
import { suggestion } from "../../config/nearest.ts";

const millis = z.number().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const Person = z.strictObject({
  id: z.string(),
  roles: z.array(z.enum(ROLES)),
  /** Argon2id, PHC string format; null until the person has set one. */
  password: z.string().startsWith("$argon2id$").nullable(),
  invitation: z.strictObject({ hash: sha256, expires: millis }).nullable(),
  disabled: z.boolean(),
});

const Key = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{12}$/),
  person: z.string(),
  label: z.string(),
  actions: z.array(z.string()),
  hash: sha256,
  created: millis,
  expires: millis,
  revoked: z.boolean(),
});

const AccessEvent = z.looseObject({
  action: z.string(),
  who: z.string(),
  from: z.string(),
  /** Wall milliseconds. */
  at: millis,
});

const BookSchema = z.strictObject({
  version: z.literal(1),
  /** Latest wall time seen when the file was written: a clock that was put back revives no key. */
  seen: millis,
  people: z.array(Person),
  keys: z.array(Key),
  unrecorded: z.array(AccessEvent),
});

export type PersonRow = z.infer<typeof Person>;
export type KeyRow = z.infer<typeof Key>;
export type AccessEvent = z.infer<typeof AccessEvent>;
export type Book = z.infer<typeof BookSchema>;

export const EMPTY: Book = { version: 1, seen: 0, people: [], keys: [], unrecorded: [] };

/** Throws ACCESS_FILE. */
export function parseBook(text: string | null): Book {
  if (text === null) return structuredClone(EMPTY);
  return parseStateText(BookSchema, text, {
    code: "ACCESS_FILE",
    name: "access.json",
    otherwise: "move it away and enrol everybody anew",
  });
}

/** Throws UNKNOWN_ROLE or ROLES_CONFLICT. */
export function checkedRoles(names: readonly string[]): Role[] {
  const roles: Role[] = [];
  for (const name of names) {
    if (!isRole(name)) throw new UserError("UNKNOWN_ROLE", `there is no role "${name}": ${suggestion(name, ROLES)}`);
    if (!roles.includes(name)) roles.push(name);
  }
  if (roles.length === 0) throw new UserError("UNKNOWN_ROLE", `name at least one role: known are ${ROLES.join(", ")}`);
  const pair = conflict(roles);
  if (pair !== null) {
    throw new UserError("ROLES_CONFLICT", `nobody may be ${pair.roles.join(" and ")} at once: ${pair.why}`);
  }
  return roles;
}

/** Throws PERSON_NAME. */
export function checkedName(name: string): string {
  if (/^[a-z][a-z0-9._-]{0,31}$/.test(name) && name !== "owner") return name;
  throw new UserError(
    "PERSON_NAME",
    `"${name}" names nobody: use 1 to 32 small letters, digits, ".", "_" or "-", with a letter in front, and not "owner"`,
  );
}

const SHORTEST_PASSWORD = 12;
const LONGEST_PASSWORD = 256;

/** Throws PASSWORD_WEAK; the sentence does not repeat the password. */
export function checkPassword(person: string, password: string): void {
  const problem = password.length < SHORTEST_PASSWORD
    ? `needs at least ${SHORTEST_PASSWORD} characters`
    : password.length > LONGEST_PASSWORD
    ? `may have ${LONGEST_PASSWORD} characters at most`
    : new Set(password).size < 5
    ? "needs at least five different characters"
    : person.length > 2 && password.toLowerCase().includes(person)
    ? "must not contain the name of the person"
    : null;
  if (problem !== null) throw new UserError("PASSWORD_WEAK", `the password ${problem}`);
}

/** Throws UNKNOWN_PERSON. */
export function personOf(book: Book, id: string): PersonRow {
  const person = book.people.find((one) => one.id === id);
  if (person !== undefined) return person;
  throw new UserError("UNKNOWN_PERSON", `nobody here is called "${id}": people list names everybody`);
}
