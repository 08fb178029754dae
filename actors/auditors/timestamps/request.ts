/** Asking a time stamping authority (RFC 3161, section 2.4) over HTTP (section 3.4). */
import { der, expect, integer, oid, parts, readDer, TAG } from "./der.ts";
import { readToken, type Token, tokenFault } from "./token.ts";

const SHA256 = "2.16.840.1.101.3.4.2.1";
const GRANTED = 0;
const GRANTED_WITH_CHANGES = 1;

/** A TimeStampReq for a SHA-256 hash, that asks for the certificate in the answer. */
export function timestampRequest(hash: Uint8Array, nonce: Uint8Array): Uint8Array<ArrayBuffer> {
  const algorithm = der(TAG.sequence, oid(SHA256), der(0x05));
  const imprint = der(TAG.sequence, algorithm, der(TAG.octets, hash));
  return der(TAG.sequence, integer(Uint8Array.of(1)), imprint, integer(nonce), der(TAG.boolean, Uint8Array.of(0xff)));
}

/** The token of a TimeStampResp, as its bytes. Throws RangeError with the words of an authority that refuses. */
export function tokenOf(response: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const [info, token] = parts(expect(readDer(response), TAG.sequence, "answer"));
  const [status, ...why] = parts(expect(info, TAG.sequence, "status"));
  const number = expect(status, TAG.integer, "status").content.at(-1);
  if (number !== GRANTED && number !== GRANTED_WITH_CHANGES) {
    const words = why.filter(({ tag }) => tag === TAG.sequence).flatMap(parts);
    const said = words.map(({ content }) => new TextDecoder().decode(content)).join("; ");
    throw new RangeError(`the authority refuses (status ${number}${said === "" ? "" : `: ${said}`})`);
  }
  return expect(token, TAG.sequence, "token").bytes.slice();
}

export interface Stamped {
  /** DER of the token: a CMS ContentInfo. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly token: Token;
}

/**
 * Has `hash` stamped by the authority at `url`, and checks what comes. `nonce`: eight bytes that nobody foresees. Throws
 * RangeError with a sentence, and what `fetch` throws, also where `signal` ends it.
 */
export async function askForTimestamp(
  url: string,
  hash: Uint8Array,
  nonce: Uint8Array,
  signal?: AbortSignal,
): Promise<Stamped> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/timestamp-query", accept: "application/timestamp-reply" },
    body: timestampRequest(hash, nonce),
    signal,
  });
  const answer = new Uint8Array(await response.arrayBuffer());
  if (!response.ok) throw new RangeError(`it answers with status ${response.status}`);
  const bytes = tokenOf(answer);
  const token = readToken(bytes);
  const fault = tokenFault(token, hash);
  if (fault !== null) throw new RangeError(fault);
  const asked = readDer(integer(nonce)).content;
  if (token.nonce === null || token.nonce !== asked.toHex()) throw new RangeError("it answers another question");
  return { bytes, token };
}
