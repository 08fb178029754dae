/** Keys of machines: made by a person, for some of what the person may do, for a while. Shown once, kept as a digest. */
import { UserError } from "../../config/errors.ts";
import { suggestion } from "../../config/nearest.ts";
import type { KeyView, NewKey, Principal } from "../protocol/access.ts";
import { type Action, isAction, KEY_ACTIONS } from "../protocol/roles.ts";
import type { KeyRow } from "./book.ts";
import type { Ledger } from "./ledger.ts";
import { digest, newKey } from "./secrets.ts";

const DAY_MS = 24 * 60 * 60_000;
const LONGEST_DAYS = 366;
/** Of one person, counting those that still work. */
const MOST_KEYS = 32;

export class Keys {
  readonly #ledger: Ledger;
  readonly #random: (bytes: number) => Uint8Array;

  constructor(ledger: Ledger, random: (bytes: number) => Uint8Array) {
    this.#ledger = ledger;
    this.#random = random;
  }

  /** One's own; whoever manages or reads people sees all. */
  list(of: Principal): readonly KeyView[] {
    const all = of.actions.includes("read-people");
    const now = this.#ledger.now();
    return this.#ledger.book.keys.filter((key) => all || key.person === of.person).map((key) => viewOf(key, now));
  }

  /** Throws KEY_SCOPE or KEY_LIFETIME. */
  create(
    by: Principal,
    { label, actions, days }: { readonly label: string; readonly actions: readonly string[]; readonly days: number },
    from: string,
  ): NewKey {
    if (by.kind !== "person") throw new UserError("ROLE_FORBIDDEN", `${by.id} makes no keys: log in as a person`);
    const chosen = checkedActions(by, actions);
    if (!(days > 0 && days <= LONGEST_DAYS)) {
      throw new UserError("KEY_LIFETIME", `a key lives for more than 0 and at most ${LONGEST_DAYS} days, not ${days}`);
    }
    if (!/^[^\p{Cc}]{1,64}$/u.test(label)) {
      throw new UserError("KEY_LABEL", "say what the key is for in 1 to 64 characters");
    }
    const { id, key } = newKey(this.#random);
    const event = { action: "key-created", who: by.id, from, key: id, label, actions: chosen, days };
    return this.#ledger.change(event, (book, now) => {
      const working = book.keys.filter((one) => one.person === by.person && viewOf(one, now).state === "active");
      if (working.length >= MOST_KEYS) {
        throw new UserError("KEY_COUNT", `${by.person} has ${MOST_KEYS} keys that work: revoke one first`);
      }
      const row: KeyRow = {
        id,
        person: by.person,
        label,
        actions: [...chosen],
        hash: digest(key),
        created: now,
        expires: now + days * DAY_MS,
        revoked: false,
      };
      book.keys.push(row);
      return { ...viewOf(row, now), key };
    });
  }

  /** One's own, or anybody's by whoever manages people. Throws UNKNOWN_KEY. */
  revoke(by: Principal, id: string, from: string): void {
    this.#ledger.change({ action: "key-revoked", who: by.id, from, key: id }, (book) => {
      const key = book.keys.find((one) => one.id === id);
      if (key === undefined || (key.person !== by.person && !by.actions.includes("manage-people"))) {
        throw new UserError("UNKNOWN_KEY", `there is no key ${id} that ${by.id} could revoke: keys list names them`);
      }
      key.revoked = true;
    });
  }
}

function checkedActions(by: Principal, names: readonly string[]): readonly Action[] {
  if (names.length === 0) throw new UserError("KEY_SCOPE", `say what the key may: ${KEY_ACTIONS.join(", ")}`);
  return [...new Set(names)].map((name) => {
    if (!isAction(name) || !KEY_ACTIONS.includes(name)) {
      throw new UserError("KEY_SCOPE", `a key cannot be for "${name}": ${suggestion(name, KEY_ACTIONS)}`);
    }
    if (!by.actions.includes(name)) {
      throw new UserError("KEY_SCOPE", `${by.id} may not ${name}, so no key of theirs may`);
    }
    return name;
  });
}

function viewOf({ id, person, label, actions, created, expires, revoked }: KeyRow, now: number): KeyView {
  const state = revoked ? "revoked" : now >= expires ? "expired" : "active";
  return { id, person, label, actions: actions.filter(isAction), created, expires, state };
}
