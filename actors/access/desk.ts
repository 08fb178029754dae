/** The access desk: people, keys, sessions and the way in, behind the one port that the console and the commands know. */
import type { AccessPort, Credential, KeyView, Login, PersonView, Principal } from "../protocol/access.ts";
import type { Invitation, NewKey } from "../protocol/access.ts";
import type { Action } from "../protocol/roles.ts";
import { Entry } from "./entry.ts";
import { Hasher } from "./hasher.ts";
import { Keys } from "./keys.ts";
import { Ledger, type LedgerOptions } from "./ledger.ts";
import { People } from "./people.ts";
import { Sessions } from "./sessions.ts";

export interface AccessDeskOptions extends LedgerOptions {
  /** Random bytes that nobody can foresee. */
  readonly random: (bytes: number) => Uint8Array;
  /** The token printed at the start; null on the host, where there is none. */
  readonly ownerToken: string | null;
}

export class AccessDesk implements AccessPort {
  readonly #ledger: Ledger;
  readonly #hasher: Hasher;
  readonly #sessions: Sessions;
  readonly #entry: Entry;
  readonly #people: People;
  readonly #keys: Keys;

  /** Throws ACCESS_FILE. */
  constructor(options: AccessDeskOptions) {
    const { random, ownerToken } = options;
    const ledger = this.#ledger = new Ledger(options);
    const hasher = this.#hasher = new Hasher(random);
    const sessions = this.#sessions = new Sessions(random);
    const entry = this.#entry = new Entry({ ledger, hasher, sessions, ownerToken });
    this.#people = new People({ ledger, hasher, sessions, entry, random });
    this.#keys = new Keys(ledger, random);
  }

  get governed(): boolean {
    return this.#ledger.book.people.length > 0;
  }

  async identify(credential: Credential, from: string, forKill = false): Promise<Principal> {
    return await this.#entry.identify(credential, from, forKill);
  }

  permit(principal: Principal, action: Action, from: string): void {
    this.#entry.permit(principal, action, from);
  }

  noteRead(principal: Principal, what: string, from: string): void {
    this.#entry.noteRead(principal, what, from);
  }

  /** Puts what somebody did on record; on the host, where the node finds it. */
  note(event: { readonly action: string; readonly who: string; readonly from: string }): void {
    this.#ledger.note(event);
  }

  stillHolds(principal: Principal): boolean {
    return this.#entry.stillHolds(principal);
  }

  login(person: string, password: string, from: string): Promise<Login> {
    return this.#entry.login(person, password, from);
  }

  logout({ id, session }: Principal, from: string): void {
    if (session === null) return;
    this.#sessions.end(session);
    this.#ledger.note({ action: "log-out", who: id, from });
  }

  setPassword(principal: Principal, current: string, next: string, from: string): Promise<void> {
    return this.#people.setPassword(principal, current, next, from);
  }

  enrol(person: string, token: string, password: string, from: string): Promise<void> {
    return this.#people.enrol(person, token, password, from);
  }

  people(): readonly PersonView[] {
    return this.#people.list();
  }

  /** See `People.addFirst`; not part of the port, so that nothing that comes over the network reaches it. */
  addFirst(person: string, roles: readonly string[], who: string): Invitation {
    return this.#people.addFirst(person, roles, who);
  }

  addPerson(by: Principal, person: string, roles: readonly string[], from: string): Invitation {
    this.permit(by, "manage-people", from);
    return this.#people.add(by, person, roles, from);
  }

  setRoles(by: Principal, person: string, roles: readonly string[], from: string): void {
    this.permit(by, "manage-people", from);
    this.#people.setRoles(by, person, roles, from);
  }

  invite(by: Principal, person: string, from: string): Invitation {
    this.permit(by, "manage-people", from);
    return this.#people.invite(by, person, from);
  }

  setDisabled(by: Principal, person: string, disabled: boolean, from: string): void {
    this.permit(by, "manage-people", from);
    this.#people.setDisabled(by, person, disabled, from);
  }

  endSessions(by: Principal, person: string, from: string): number {
    this.permit(by, "manage-people", from);
    return this.#people.endSessions(by, person, from);
  }

  /** Part of forgetting somebody, whose access has ended; not part of the port. `scrub` takes the name out of data. */
  forget(person: string, scrub: <T>(value: T) => T): void {
    this.#ledger.forget(person, scrub);
  }

  keys(of: Principal): readonly KeyView[] {
    return this.#keys.list(of);
  }

  createKey(
    by: Principal,
    key: { readonly label: string; readonly actions: readonly string[]; readonly days: number },
    from: string,
  ): NewKey {
    this.permit(by, "manage-self", from);
    return this.#keys.create(by, key, from);
  }

  revokeKey(by: Principal, id: string, from: string): void {
    this.permit(by, "manage-self", from);
    this.#keys.revoke(by, id, from);
  }

  close(): void {
    this.#hasher.close();
  }
}
