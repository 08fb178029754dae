/**
 * Enrolling people and changing what they hold. Nobody changes his own roles, and nobody takes the last way in away.
 *
 * A person is invited with a token that is shown once; whoever has it sets the password. So the security-admin never
 * knows a password, and that somebody used the invitation is on record.
 */
import { timingSafeEqual } from "node:crypto";
import { UserError } from "../../config/errors.ts";
import type { Invitation, PersonView, Principal } from "../protocol/access.ts";
import { type Book, checkedName, checkedRoles, checkPassword, personOf, type PersonRow } from "./book.ts";
import type { Entry } from "./entry.ts";
import type { Hasher } from "./hasher.ts";
import type { Ledger } from "./ledger.ts";
import { digest, newToken } from "./secrets.ts";
import type { Sessions } from "./sessions.ts";

const INVITATION_MS = 3 * 24 * 60 * 60_000;

export interface PeopleParts {
  readonly ledger: Ledger;
  readonly hasher: Hasher;
  readonly sessions: Sessions;
  readonly entry: Entry;
  readonly random: (bytes: number) => Uint8Array;
}

export class People {
  readonly #parts: PeopleParts;

  constructor(parts: PeopleParts) {
    this.#parts = parts;
  }

  list(): readonly PersonView[] {
    const { ledger, sessions, entry } = this.#parts;
    return ledger.book.people.map(({ id, roles, password, disabled }) => ({
      id,
      roles,
      state: disabled ? "disabled" : password === null ? "invited" : "active",
      lockedUntil: entry.lockedUntil(id),
      sessions: sessions.count(id, ledger.now()),
    }));
  }

  /** The first person, by whoever may write the data directory: somebody has to be. Throws NOT_FIRST. */
  addFirst(person: string, roles: readonly string[], who: string): Invitation {
    const held = checkedRoles(roles);
    if (!held.includes("security-admin")) {
      throw new UserError("NO_ADMIN", "the first person has to be a security-admin, who then adds the others");
    }
    return this.#add(person, held, who, "host", (book) => {
      if (book.people.length > 0) {
        throw new UserError(
          "NOT_FIRST",
          "somebody is enrolled here already: add people as a security-admin, with --as",
        );
      }
    });
  }

  add(by: Principal, person: string, roles: readonly string[], from: string): Invitation {
    return this.#add(person, checkedRoles(roles), by.id, from, () => {});
  }

  #add(person: string, roles: PersonRow["roles"], who: string, from: string, check: (book: Book) => void): Invitation {
    const id = checkedName(person);
    const token = newToken("invitation", this.#parts.random);
    return this.#parts.ledger.change({ action: "person-added", who, from, person: id, roles }, (book, now) => {
      check(book);
      if (book.people.some((one) => one.id === id)) {
        throw new UserError("PERSON_EXISTS", `${id} is enrolled already: people roles changes what ${id} holds`);
      }
      const expires = now + INVITATION_MS;
      const invitation = { hash: digest(token), expires };
      book.people.push({ id, roles, password: null, invitation, disabled: false });
      return { person: id, token, expires };
    });
  }

  setRoles(by: Principal, person: string, roles: readonly string[], from: string): void {
    const next = checkedRoles(roles);
    refuseSelf(by, person, "roles");
    const before = personOf(this.#parts.ledger.book, person).roles;
    this.#parts.ledger.change({ action: "roles-changed", who: by.id, from, person, before, after: next }, (book) => {
      personOf(book, person).roles = next;
      mustKeepAdmin(book);
    });
  }

  invite(by: Principal, person: string, from: string): Invitation {
    refuseSelf(by, person, "password");
    const token = newToken("invitation", this.#parts.random);
    return this.#parts.ledger.change({ action: "person-invited", who: by.id, from, person }, (book, now) => {
      const row = personOf(book, person);
      const expires = now + INVITATION_MS;
      row.password = null;
      row.invitation = { hash: digest(token), expires };
      mustKeepAdmin(book);
      return { person, token, expires };
    });
  }

  setDisabled(by: Principal, person: string, disabled: boolean, from: string): void {
    refuseSelf(by, person, "access");
    const action = disabled ? "person-disabled" : "person-enabled";
    this.#parts.ledger.change({ action, who: by.id, from, person }, (book) => {
      const row = personOf(book, person);
      row.disabled = disabled;
      // What ended does not come back with the access.
      for (const key of book.keys) if (disabled && key.person === person) key.revoked = true;
      mustKeepAdmin(book);
    });
    if (disabled) this.#parts.sessions.endAll(person);
  }

  endSessions(by: Principal, person: string, from: string): number {
    const { ledger, sessions } = this.#parts;
    personOf(ledger.book, person);
    const ended = sessions.endAll(person);
    ledger.note({ action: "sessions-ended", who: by.id, from, person, ended });
    return ended;
  }

  /** Throws ENROLMENT_WRONG or PASSWORD_WEAK. */
  async enrol(person: string, token: string, password: string, from: string): Promise<void> {
    const { ledger, hasher } = this.#parts;
    if (invited(ledger.book, ledger.now(), person, token) === null) {
      const known = ledger.book.people.some((one) => one.id === person);
      ledger.note({ action: "enrolment-refused", who: known ? person : "unknown", from });
      throw wrongInvitation();
    }
    checkPassword(person, password);
    const hash = await hasher.hash(password);
    ledger.change({ action: "enrolled", who: person, from }, (book, now) => {
      const row = invited(book, now, person, token);
      if (row === null) throw wrongInvitation();
      row.password = hash;
      row.invitation = null;
    });
  }

  async setPassword(by: Principal, current: string, next: string, from: string): Promise<void> {
    const { ledger, hasher, sessions, entry } = this.#parts;
    if (by.kind !== "person") throw new UserError("ROLE_FORBIDDEN", `${by.id} is nobody who has a password`);
    await entry.confirm(by.person, current, from);
    checkPassword(by.person, next);
    const hash = await hasher.hash(next);
    ledger.change({ action: "password-changed", who: by.id, from }, (book) => {
      personOf(book, by.person).password = hash;
    });
    sessions.endAll(by.person);
  }
}

function invited(book: Book, now: number, person: string, token: string): PersonRow | null {
  const row = book.people.find((one) => one.id === person);
  if (!row?.invitation || row.disabled || now >= row.invitation.expires) return null;
  const [sent, kept] = [digest(token), row.invitation.hash].map((text) => new TextEncoder().encode(text));
  return timingSafeEqual(sent, kept) ? row : null;
}

function wrongInvitation(): UserError {
  return new UserError(
    "ENROLMENT_WRONG",
    "the invitation is not for this person, was used, or has expired: ask a security-admin for a new one",
  );
}

function refuseSelf(by: Principal, person: string, what: string): void {
  if (by.person !== person) return;
  throw new UserError("OWN_ACCESS", `nobody changes their own ${what} here: ask another security-admin`);
}

/** Somebody must be left who can let people in. */
function mustKeepAdmin(book: Book): void {
  const left = book.people.some(({ roles, disabled, password, invitation }) =>
    roles.includes("security-admin") && !disabled && (password !== null || invitation !== null)
  );
  if (!left) throw new UserError("LAST_ADMIN", "that would leave nobody who is security-admin: make another one first");
}
