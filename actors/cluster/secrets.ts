/**
 * What nodes of a cluster share and nobody else has. Of two secrets the first signs and both are believed, so that a secret is
 * changed node by node while the others go on.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { UserError } from "../../config/mod.ts";

/** One, or two while it is changed; the first signs. */
export type Secrets = readonly Uint8Array[];

/** Fewer bytes can be guessed. */
export const LEAST_SECRET_BYTES = 32;

/**
 * What nodes sign kills with that were given no secret: everybody who may write to their brokers can work it out, and so may
 * kill, and so may nobody else. Letters of such a cluster are not signed.
 */
export const openSecret = (cluster: string): Secrets => [
  createHash("sha256").update(`a cluster of CWTS without a secret: ${cluster}`).digest(),
];

const macOf = (secret: Uint8Array, said: string): Uint8Array => createHmac("sha256", secret).update(said).digest();

const MAC = /^[0-9a-f]{64}$/;

/** The 32 bytes of 64 hex digits; null for any other text. */
export const macIn = (text: string): Uint8Array | null => MAC.test(text) ? Uint8Array.fromHex(text) : null;

/** A text behind its HMAC-SHA256 by the first secret. */
export const signedText = (said: string, [secret]: Secrets): string => `${macOf(secret, said).toHex()}\n${said}`;

/** The text that `signedText` signed; null where nobody with a secret has. */
export function readSigned(body: string, secrets: Secrets): string | null {
  const end = body.indexOf("\n");
  const said = body.slice(end + 1);
  const mac = macIn(body.slice(0, Math.max(0, end)));
  return mac !== null && secrets.some((secret) => timingSafeEqual(mac, macOf(secret, said))) ? said : null;
}

/** A file of hex digits alone is what they say; one of two such lines is two secrets. */
const LINES = /^((?:[0-9a-f]{2})+)\r?\n?(?:((?:[0-9a-f]{2})+)\r?\n?)?$/;

/**
 * The secrets of a file: its bytes are one, or it is one or two lines of hex digits, each of 32 bytes and more. Throws UserError
 * CLUSTER_SECRET for a file that is not there, has too little in it, or is readable by others.
 */
export function readSecrets(path: string): Secrets {
  const wrong = (why: string): never => {
    throw new UserError(
      "CLUSTER_SECRET",
      `the file of the cluster's secret ${path} ${why}: make one with (umask 077; head -c 32 /dev/urandom > ${path}), and give it to every node`,
    );
  };
  let bytes: Uint8Array;
  let mode: number | null;
  try {
    bytes = Deno.readFileSync(path);
    ({ mode } = Deno.statSync(path));
  } catch (error) {
    return wrong(
      error instanceof Deno.errors.NotFound ? "is not there" : `cannot be read (${(error as Error).message})`,
    );
  }
  if (bytes.length < LEAST_SECRET_BYTES) wrong(`has ${bytes.length} bytes, and needs ${LEAST_SECRET_BYTES}`);
  if (mode !== null && Deno.build.os !== "windows" && (mode & 0o077) !== 0) wrong("can be read by others");
  const lines = LINES.exec(new TextDecoder("latin1").decode(bytes));
  if (lines === null) return [bytes];
  const secrets = lines.slice(1).filter((line) => line !== undefined).map((line) => Uint8Array.fromHex(line));
  const short = secrets.find(({ length }) => length < LEAST_SECRET_BYTES);
  if (short !== undefined) {
    wrong(`has a line of ${short.length} bytes in hex digits, and each needs ${LEAST_SECRET_BYTES}`);
  }
  return secrets;
}
