/** The way in: from what a request shows to who it comes from, and log-in with its back-off. */
import { timingSafeEqual } from "node:crypto";
import { UserError } from "../../config/errors.ts";
import type { Credential, Login, Principal } from "../protocol/access.ts";
import { type Action, ACTIONS, isAction, MATRIX, mayAct, OWNER_ROLES, type Role } from "../protocol/roles.ts";
import type { KeyRow, PersonRow } from "./book.ts";
import type { Hasher, Lane } from "./hasher.ts";
import type { Ledger } from "./ledger.ts";
import { Lockout } from "./lockout.ts";
import { digest, isSessionToken, keyId } from "./secrets.ts";
import type { Sessions } from "./sessions.ts";
import { Sparse } from "./sparse.ts";

export interface EntryParts {
  readonly ledger: Ledger;
  readonly hasher: Hasher;
  readonly sessions: Sessions;
  /** The token printed at the start; null on the host. */
  readonly ownerToken: string | null;
}

const MIN_TOKEN_LENGTH = 16;
/** Stands for no password, which the hash function does not take; nobody can have set it, for it is too short. */
const EMPTY = "\0";

const sameDigest = (token: string, expected: string): boolean =>
  timingSafeEqual(new TextEncoder().encode(digest(token)), new TextEncoder().encode(expected));

export const actionsOf = (roles: readonly Role[]): Action[] => ACTIONS.filter((action) => mayAct(roles, action));

export class Entry {
  readonly #parts: EntryParts;
  readonly #lockout = new Lockout();
  readonly #sparse = new Sparse();
  readonly #owner: string | null;
  /** Checked in place of the hash a stranger does not have, so that both take as long. */
  #decoy: Promise<string> | null = null;

  constructor(parts: EntryParts) {
    this.#parts = parts;
    if (parts.ownerToken !== null && parts.ownerToken.length < MIN_TOKEN_LENGTH) {
      throw new UserError("CONSOLE_TOKEN", `the operator token needs at least ${MIN_TOKEN_LENGTH} characters`);
    }
    this.#owner = parts.ownerToken === null ? null : digest(parts.ownerToken);
  }

  lockedUntil(person: string): number | null {
    return this.#lockout.lockedUntil(person, this.#parts.ledger.now());
  }

  async identify(credential: Credential, from: string, forKill: boolean): Promise<Principal> {
    if (credential.kind === "token") return this.#byToken(credential.token, from, forKill);
    if (!forKill) {
      throw new UserError("PASSWORD_ALONE", "a password opens a session and only kills by itself: log in first");
    }
    return principalOf(await this.#checked(credential.person, credential.password, from, "kill"), null);
  }

  async login(person: string, password: string, from: string): Promise<Login> {
    this.#refuseLocked(person, from);
    const row = await this.#checked(person, password, from, "rest");
    // Guesses that were being checked when the lock fell do not slip through it.
    this.#refuseLocked(person, from);
    this.#lockout.succeeded(person);
    const { ledger, sessions } = this.#parts;
    const session = sessions.begin(person, row.password!, ledger.now());
    ledger.note({ action: "log-in", who: person, from });
    return { ...session, person, roles: row.roles, actions: actionsOf(row.roles) };
  }

  /** Throws LOGIN_FAILED unless it is the person's password; whoever is locked out is told that first. */
  async confirm(person: string, password: string, from: string): Promise<void> {
    this.#refuseLocked(person, from);
    await this.#checked(person, password, from, "rest");
  }

  permit(principal: Principal, action: Action, from: string): void {
    if (principal.actions.includes(action)) return;
    this.#sparsely({ action: "forbidden", who: principal.id, from, wanted: action });
    throw new UserError(
      "ROLE_FORBIDDEN",
      `${principal.id} may not ${action}: ${
        principal.kind === "machine" ? "the key does not allow it" : `that takes one of ${MATRIX[action].join(", ")}`
      }`,
    );
  }

  noteRead(principal: Principal, what: string, from: string): void {
    this.#sparsely({ action: "read", who: principal.id, from, what });
  }

  stillHolds({ kind, id, person, session }: Principal): boolean {
    const { ledger, sessions } = this.#parts;
    const { book } = ledger;
    if (kind === "owner") return book.people.length === 0;
    const row = book.people.find((one) => one.id === person);
    if (row === undefined || row.disabled) return false;
    if (kind === "person") return session === null || sessions.holds(session, ledger.now());
    const key = book.keys.find((one) => `key:${one.id}` === id);
    return key !== undefined && !key.revoked && ledger.now() < key.expires;
  }

  #byToken(token: string, from: string, forKill: boolean): Principal {
    const { ledger } = this.#parts;
    try {
      if (isSessionToken(token)) return this.#bySession(token);
      const id = keyId(token);
      if (id !== null) return this.#byKey(id, token);
      if (this.#owner === null || !sameDigest(token, this.#owner)) {
        throw new UserError(
          "TOKEN_WRONG",
          "the token is not this node's operator token, printed when it started, nor a session or key of anybody here",
        );
      }
    } catch (error) {
      const { code } = error as UserError;
      const known = keyId(token) !== null && code !== "TOKEN_WRONG";
      this.#sparsely({ action: "credential-refused", who: known ? `key:${keyId(token)}` : "unknown", from, code });
      throw error;
    }
    if (ledger.book.people.length > 0 && !forKill) {
      throw new UserError("TOKEN_RETIRED", "people are enrolled here, so the printed token only kills: log in");
    }
    return {
      kind: "owner",
      id: "owner",
      person: "owner",
      roles: OWNER_ROLES,
      actions: actionsOf(OWNER_ROLES),
      session: null,
    };
  }

  #bySession(token: string): Principal {
    const { ledger, sessions } = this.#parts;
    const { person, stamp, session } = sessions.use(token, ledger.now());
    const row = ledger.book.people.find((one) => one.id === person);
    if (row === undefined || row.disabled || row.password !== stamp) {
      sessions.end(session);
      throw new UserError("SESSION_EXPIRED", "the session was ended with the access it stood for: log in again");
    }
    return principalOf(row, session);
  }

  #byKey(id: string, token: string): Principal {
    const { ledger } = this.#parts;
    const key = ledger.book.keys.find((one) => one.id === id);
    if (key === undefined || !sameDigest(token, key.hash)) {
      throw new UserError("TOKEN_WRONG", "there is no such key: make one with keys create");
    }
    const row = ledger.book.people.find((one) => one.id === key.person);
    if (key.revoked || row === undefined || row.disabled) {
      throw new UserError("KEY_REVOKED", `the key ${id} was revoked, or its person has no access any more`);
    }
    if (ledger.now() >= key.expires) {
      throw new UserError("KEY_EXPIRED", `the key ${id} has expired: make a new one with keys create`);
    }
    return machineOf(key, row);
  }

  async #checked(person: string, password: string, from: string, lane: Lane): Promise<PersonRow> {
    const { ledger, hasher } = this.#parts;
    const before = ledger.book.people.find((one) => one.id === person);
    const hash = before?.password ?? await this.#decoyHash();
    const right = await hasher.verify(password === "" ? EMPTY : password, hash, lane);
    const row = ledger.book.people.find((one) => one.id === person);
    if (right && row !== undefined && row.password === hash && !row.disabled) return row;
    const now = ledger.now();
    // A name nobody has is not repeated in the log: somebody may have typed a password there.
    const who = row === undefined ? "unknown" : person;
    ledger.note({ action: lane === "kill" ? "kill-log-in-failed" : "log-in-failed", who, from });
    const until = this.#lockout.failed(person, now);
    if (until !== null) ledger.note({ action: "locked-out", who, from, seconds: Math.round((until - now) / 1000) });
    throw new UserError("LOGIN_FAILED", "name or password is wrong, or the access was taken away");
  }

  #decoyHash(): Promise<string> {
    return this.#decoy ??= this.#parts.hasher.hash("decoy that nobody types").catch((error) => {
      this.#decoy = null;
      throw error;
    });
  }

  #refuseLocked(person: string, from: string): void {
    const until = this.lockedUntil(person);
    if (until === null) return;
    const seconds = Math.ceil((until - this.#parts.ledger.now()) / 1000);
    const known = this.#parts.ledger.book.people.some((one) => one.id === person);
    this.#sparsely({ action: "log-in-while-locked", who: known ? person : "unknown", from });
    throw new UserError(
      "LOCKED_OUT",
      `too many wrong passwords: log-in opens again in ${seconds} s; a kill needs no log-in and is never locked`,
    );
  }

  #sparsely(event: { readonly action: string; readonly who: string; readonly from: string; [more: string]: unknown }) {
    const { ledger } = this.#parts;
    const times = this.#sparse.due(JSON.stringify(event), ledger.now());
    if (times > 0) ledger.note(times === 1 ? event : { ...event, times });
  }
}

export function principalOf({ id, roles }: PersonRow, session: string | null): Principal {
  return { kind: "person", id, person: id, roles, actions: actionsOf(roles), session };
}

/** Never more than its person may now, whatever the key was made with. */
function machineOf(key: KeyRow, { id, roles }: PersonRow): Principal {
  const actions = key.actions.filter((action): action is Action => isAction(action) && mayAct(roles, action));
  return { kind: "machine", id: `key:${key.id}`, person: id, roles, actions, session: null };
}
