/**
 * The node's own Ed25519 keys: they sign checkpoints of its logs and records of kills.
 *
 *     node.key       the private key in use (PKCS #8); made at the first start
 *     node.key.old   the one before, which signs beside it while both are valid
 *     node.pub       every public key there was, a line each, with the time it was in use; this is what others get
 *
 * All have mode 0600, and a private key is shown nowhere. A node that runs notices when its key was changed.
 */
import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { Buffer } from "node:buffer";
import { UserError } from "../../config/mod.ts";
import { rawPublicKey } from "../auditors/checkpoints/note.ts";
import { StateFile } from "./state_file.ts";

const LINE = /^ed25519 (\S+)(?: from (\S+))?(?: until (\S+))?$/;

interface Line {
  readonly key: string;
  readonly from: string | undefined;
  readonly until: string | undefined;
}

const iso = (seconds: number): string => `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
const public64 = (key: KeyObject): string => Buffer.from(rawPublicKey(key)).toString("base64");

export class NodeKeys {
  readonly #key: StateFile;
  readonly #old: StateFile;
  readonly #pub: StateFile;
  #loaded: { readonly stamp: string; readonly current: KeyObject; readonly before: KeyObject | null } | null = null;

  constructor(directory: string) {
    this.#key = new StateFile(directory, "node.key");
    this.#old = new StateFile(directory, "node.key.old");
    this.#pub = new StateFile(directory, "node.pub");
  }

  /** The key in use, made if there is none. `time` in seconds since the Unix epoch. Throws NODE_KEY. */
  current(time: number): KeyObject {
    return this.#load(time).current;
  }

  /** The keys that sign at a time: the one in use, and the one before it while that is still valid. */
  signing(time: number): KeyObject[] {
    const { current, before } = this.#load(time);
    if (before === null) return [current];
    const until = this.#lines().find(({ key }) => key === public64(before))?.until;
    return until !== undefined && Date.parse(until) / 1000 > time ? [current, before] : [current];
  }

  /** The keys that are here: the one in use, and the one before it whether or not it still signs. */
  held(time: number): KeyObject[] {
    const { current, before } = this.#load(time);
    return before === null ? [current] : [current, before];
  }

  /** The public keys, as a verifier reads them. */
  published(time: number): string {
    this.#load(time);
    return this.#pub.read() ?? "";
  }

  /** Names the node by its first key, so that it keeps its name when the key changes. 16 hexadecimal digits. */
  name(time: number): string {
    this.#load(time);
    return createHash("sha256").update(Buffer.from(this.#lines()[0].key, "base64")).digest("hex").slice(0, 16);
  }

  /** Puts a new key into use; the old one signs beside it for `overlap` seconds. Returns the new public key, base 64. */
  rotate(time: number, overlap: number): string {
    return this.#key.locked(() => {
      const { current } = this.#load(time);
      const { privateKey } = generateKeyPairSync("ed25519");
      this.#old.write(pem(current));
      this.#key.write(pem(privateKey));
      const end = iso(time + overlap);
      const lines = this.#lines().map((line) => line.until === undefined ? { ...line, until: end } : line);
      this.#publish([...lines, { key: public64(privateKey), from: iso(time), until: undefined }]);
      return public64(privateKey);
    });
  }

  #load(time: number) {
    const stamp = this.#key.stamp();
    if (this.#loaded?.stamp === stamp && stamp !== "") return this.#loaded;
    const text = this.#key.read() ?? this.#make();
    const current = read(text, "node.key");
    const old = this.#old.read();
    this.#loaded = { stamp: this.#key.stamp(), current, before: old === null ? null : read(old, "node.key.old") };
    const lines = this.#lines();
    if (!lines.some(({ key }) => key === public64(current))) {
      // A key that is older than the list of keys, or a change of keys that was cut short.
      const ended = lines.map((line) => line.until === undefined ? { ...line, until: iso(time) } : line);
      this.#publish([...ended, {
        key: public64(current),
        from: old === null ? undefined : iso(time),
        until: undefined,
      }]);
    }
    return this.#loaded;
  }

  #make(): string {
    const text = pem(generateKeyPairSync("ed25519").privateKey);
    this.#key.write(text);
    return text;
  }

  #lines(): Line[] {
    return (this.#pub.read() ?? "").split("\n").flatMap((line) => {
      const [, key, from, until] = LINE.exec(line) ?? [];
      return key === undefined ? [] : [{ key, from, until }];
    });
  }

  #publish(lines: readonly Line[]): void {
    const text = lines.map(({ key, from, until }) =>
      `ed25519 ${key}${from === undefined ? "" : ` from ${from}`}${until === undefined ? "" : ` until ${until}`}\n`
    );
    this.#pub.write(text.join(""));
  }
}

const pem = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" }).toString();

function read(text: string, name: string): KeyObject {
  try {
    const key = createPrivateKey(text);
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch {
    // Said below; what the parser would say may quote the key.
  }
  throw new UserError(
    "NODE_KEY",
    `${name} in the data directory holds no Ed25519 key: put it aside, and a new one is made`,
  );
}
