/**
 * Signatures of the letters by which nodes trade: orders, reports and status. Each bears an HMAC-SHA256, with a key that is
 * derived from the cluster's secret and signs nothing else, over the cluster, the topic, the key it was put under, its whole
 * envelope and its body. So a letter is believed at one place alone, and whoever may write the topics may not trade.
 *
 * What was said once is not kept from being said again by this: epochs and sequences are signed, and whoever reads
 * takes none of them twice.
 */
import { createHash, type Hash, hkdfSync, timingSafeEqual } from "node:crypto";
import type { Letter } from "../../runtime/transport/mod.ts";
import { macIn, type Secrets } from "./secrets.ts";

/** Another key than that of kills, whose secret is the file's. */
const LABEL = "letters of a cluster of CWTS, 1";
const MARK = "signed1:";
/** As every later form would begin, too. */
const ANY_MARK = /^signed\d+:/;
const MAC_DIGITS = 64;

/** Why a letter is not believed; stable. */
export type LetterFault =
  /** It bears no signature, and this node has a secret. */
  | "LETTER_UNSIGNED"
  /** Its signature is not of this secret, or not of this letter at this place. */
  | "LETTER_FORGED"
  /** It is signed, and this node has no secret. */
  | "LETTER_SIGNED";

export type Opened =
  | { readonly ok: true; readonly letter: Letter }
  | { readonly ok: false; readonly code: LetterFault };

const BLOCK = 64;
const [INNER, OUTER] = [0x36, 0x5c];

/**
 * HMAC-SHA256 (RFC 2104) of many short texts under one key of at most a block. Both hashes have taken the key once and for all,
 * as its section 4 has it: `createHmac` costs three times as much for each letter.
 */
class Signer {
  readonly #inner: Hash;
  readonly #outer: Hash;

  constructor(key: Uint8Array) {
    const begun = (pad: number) => {
      const block = new Uint8Array(BLOCK).fill(pad);
      key.forEach((byte, at) => block[at] ^= byte);
      return createHash("sha256").update(block);
    };
    [this.#inner, this.#outer] = [begun(INNER), begun(OUTER)];
  }

  mac(said: string): Uint8Array {
    return this.#outer.copy().update(this.#inner.copy().update(said).digest()).digest();
  }
}

export class LetterSeal {
  readonly #cluster: string;
  /** The first signs, all are believed; null: nothing is signed. */
  readonly #keys: readonly Signer[] | null;

  /** `secrets` null: letters of this cluster are not signed. */
  constructor(cluster: string, secrets: Secrets | null) {
    this.#cluster = cluster;
    this.#keys = secrets?.map((secret) => new Signer(new Uint8Array(hkdfSync("sha256", secret, "", LABEL, 32)))) ??
      null;
  }

  /** Whether this node signs, and believes only what is signed. */
  get signs(): boolean {
    return this.#keys !== null;
  }

  /** The letter as it goes out to a topic, under a key. */
  sign(topic: string, key: string, letter: Letter): Letter {
    if (this.#keys === null) return letter;
    const signature = this.#keys[0].mac(this.#said(topic, key, letter, letter.body)).toHex();
    return { ...letter, body: `${MARK}${signature}\n${letter.body}` };
  }

  /** The letter as `sign` was given it, or why it is not believed. */
  open(topic: string, key: string, letter: Letter): Opened {
    const { body } = letter;
    const marked = ANY_MARK.test(body);
    if (this.#keys === null) return marked ? { ok: false, code: "LETTER_SIGNED" } : { ok: true, letter };
    if (!marked) return { ok: false, code: "LETTER_UNSIGNED" };
    const end = MARK.length + MAC_DIGITS;
    const mac = body.startsWith(MARK) && body[end] === "\n" ? macIn(body.slice(MARK.length, end)) : null;
    const own = body.slice(end + 1);
    const said = this.#said(topic, key, letter, own);
    if (mac === null || !this.#keys.some((one) => timingSafeEqual(mac, one.mac(said)))) {
      return { ok: false, code: "LETTER_FORGED" };
    }
    return { ok: true, letter: { ...letter, body: own } };
  }

  /** One line of JSON has no end of a line in it: where the body begins is no question. */
  #said(topic: string, key: string, { envelope, headers }: Letter, body: string): string {
    const { node, epoch, sender, sequence, id, cause, root, deadline, schema } = envelope;
    const until = deadline === Infinity ? null : deadline;
    const place = [this.#cluster, topic, key, node, epoch, sender, sequence, id, cause, root, until];
    return `${JSON.stringify([...place, schema?.id ?? null, schema?.version ?? 0, headers ?? null])}\n${body}`;
  }
}

const NAME = /^[A-Za-z0-9_-]{1,64}$/;
/** Names are the strangers' to make up: past so many, nobody is told of one more. */
const MOST_TOLD = 100;

const FIXES: Readonly<Record<LetterFault, string>> = {
  LETTER_UNSIGNED: "are not signed, and this node has a secret: nothing of them is believed. If that node is one of " +
    "yours, give it the same --cluster-secret, and the same version",
  LETTER_FORGED:
    "are not signed with this cluster's secret for where they stand: nothing of them is believed. If that " +
    "node is one of yours, give it the same --cluster-secret",
  LETTER_SIGNED:
    "are signed, and this node has no secret: it cannot read them. If that node is one of yours, give this " +
    "one the same --cluster-secret",
};

/** One sentence for each sender and fault. */
export class LetterFaults {
  readonly #told = new Set<string>();

  /** A sentence the first time, with its code at the end; null when it was told. `node`: as the letter says, which proves nothing. */
  tell(code: LetterFault, node: string, topic: string): string | null {
    const who = NAME.test(node) ? `"${node}"` : "a node without a name of one";
    const key = `${code} ${who}`;
    if (this.#told.has(key) || this.#told.size > MOST_TOLD) return null;
    this.#told.add(key);
    if (this.#told.size > MOST_TOLD) {
      return `letters of more than ${MOST_TOLD} names are refused, and more are not told: look who may write ${topic} (${code})`;
    }
    return `letters on ${topic} that name ${who} as their sender ${FIXES[code]} (${code})`;
  }
}
