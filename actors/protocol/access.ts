/**
 * Who asks, and the door behind which people, keys and sessions are kept. The console knows this port only.
 *
 * Every method throws UserError with a stable code when it refuses.
 */
import type { Action, Role } from "./roles.ts";

/** What a request shows to say who it comes from. */
export type Credential =
  /** A session, a key of a machine, or the token of a node without people. */
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "password"; readonly person: string; readonly password: string };

export interface Principal {
  readonly kind: "person" | "machine" | "owner";
  /** Person's id, "key:<id>" or "owner". */
  readonly id: string;
  /** Who answers for it: the person, also of a key. */
  readonly person: string;
  readonly roles: readonly Role[];
  /** What it may do. */
  readonly actions: readonly Action[];
  /** Digest of the session, for its end; null without one. */
  readonly session: string | null;
}

export interface Login {
  /** Shown once; the node keeps a digest. */
  readonly token: string;
  readonly person: string;
  readonly roles: readonly Role[];
  readonly actions: readonly Action[];
  /** Wall milliseconds since the epoch. */
  readonly idleUntil: number;
  readonly expires: number;
}

export interface PersonView {
  readonly id: string;
  readonly roles: readonly Role[];
  readonly state: "active" | "invited" | "disabled";
  readonly lockedUntil: number | null;
  readonly sessions: number;
}

export interface KeyView {
  /** The part of the key that may be seen. */
  readonly id: string;
  readonly person: string;
  readonly label: string;
  readonly actions: readonly Action[];
  /** Wall milliseconds. */
  readonly created: number;
  readonly expires: number;
  readonly state: "active" | "expired" | "revoked";
}

export interface NewKey extends KeyView {
  /** The whole key, shown this once. */
  readonly key: string;
}

/** Shown once; whoever has it sets the password of the person. */
export interface Invitation {
  readonly person: string;
  readonly token: string;
  readonly expires: number;
}

export interface AccessPort {
  /** Whether people are enrolled; before that the printed token is all there is, and loopback may read. */
  readonly governed: boolean;
  /** `forKill`: neither lock-out nor a retired owner's token stands in the way. */
  identify(credential: Credential, from: string, forKill?: boolean): Promise<Principal>;
  /** Throws ROLE_FORBIDDEN, and puts it on record. */
  permit(principal: Principal, action: Action, from: string): void;
  /** Puts the reading of something sensitive on record. */
  noteRead(principal: Principal, what: string, from: string): void;
  /** Whether the session or key still holds, without counting as use. */
  stillHolds(principal: Principal): boolean;

  login(person: string, password: string, from: string): Promise<Login>;
  logout(principal: Principal, from: string): void;
  setPassword(principal: Principal, current: string, next: string, from: string): Promise<void>;
  enrol(person: string, token: string, password: string, from: string): Promise<void>;

  people(): readonly PersonView[];
  addPerson(by: Principal, person: string, roles: readonly string[], from: string): Invitation;
  setRoles(by: Principal, person: string, roles: readonly string[], from: string): void;
  /** A new invitation in place of the password. */
  invite(by: Principal, person: string, from: string): Invitation;
  /** Ends sessions and keys with it. */
  setDisabled(by: Principal, person: string, disabled: boolean, from: string): void;
  endSessions(by: Principal, person: string, from: string): number;

  keys(of: Principal): readonly KeyView[];
  createKey(
    by: Principal,
    key: { readonly label: string; readonly actions: readonly string[]; readonly days: number },
    from: string,
  ): NewKey;
  revokeKey(by: Principal, id: string, from: string): void;
}
