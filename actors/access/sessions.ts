/**
 * Sessions of people, in memory: a node that starts anew asks everybody to log in again. Each ends when it was not used
 * for a while, at the latest after a working day, and at once when its person is disabled or changed.
 */
import { UserError } from "../../config/errors.ts";
import { digest, newToken } from "./secrets.ts";

export const IDLE_MS = 30 * 60_000;
export const ABSOLUTE_MS = 12 * 60 * 60_000;
/** Of one person; the oldest gives way. */
const MOST_SESSIONS = 8;

interface Session {
  readonly person: string;
  /** Password it was opened with, hashed: a session ends with its password, whoever changed it. */
  readonly stamp: string;
  readonly expires: number;
  idleUntil: number;
}

export class Sessions {
  readonly #random: (bytes: number) => Uint8Array;
  /** By digest, oldest first. */
  readonly #open = new Map<string, Session>();

  constructor(random: (bytes: number) => Uint8Array) {
    this.#random = random;
  }

  begin(
    person: string,
    stamp: string,
    now: number,
  ): { readonly token: string; readonly idleUntil: number; readonly expires: number } {
    const own = [...this.#open].filter(([, session]) => session.person === person);
    if (own.length >= MOST_SESSIONS) this.#open.delete(own[0][0]);
    const token = newToken("session", this.#random);
    const session: Session = { person, stamp, expires: now + ABSOLUTE_MS, idleUntil: now + IDLE_MS };
    this.#open.set(digest(token), session);
    return { token, idleUntil: session.idleUntil, expires: session.expires };
  }

  /** Whose session it is; counts as use. Throws TOKEN_WRONG or SESSION_EXPIRED. */
  use(
    token: string,
    now: number,
  ): { readonly person: string; readonly stamp: string; readonly session: string } {
    const id = digest(token);
    const session = this.#open.get(id);
    if (session === undefined) {
      throw new UserError("TOKEN_WRONG", "this session is not known here, or was ended: log in again");
    }
    if (!this.holds(id, now)) {
      this.#open.delete(id);
      throw new UserError("SESSION_EXPIRED", "the session is over: log in again");
    }
    session.idleUntil = now + IDLE_MS;
    return { person: session.person, stamp: session.stamp, session: id };
  }

  /** By digest; does not count as use. */
  holds(id: string, now: number): boolean {
    const session = this.#open.get(id);
    return session !== undefined && now < session.expires && now < session.idleUntil;
  }

  end(id: string): void {
    this.#open.delete(id);
  }

  /** Returns how many there were. */
  endAll(person: string, except: string | null = null): number {
    let ended = 0;
    for (const [id, session] of this.#open) {
      if (session.person !== person || id === except) continue;
      this.#open.delete(id);
      ended++;
    }
    return ended;
  }

  count(person: string, now: number): number {
    return [...this.#open].filter(([id, session]) => session.person === person && this.holds(id, now)).length;
  }
}
