/**
 * A time stamp token (RFC 3161, section 2.4.2): what it says, and whether its signature is by the certificate in it. That the
 * certificate is an authority's is for whoever names the authority's certificate to say (`vouchedBy`).
 */
import { createHash, timingSafeEqual, verify, X509Certificate } from "node:crypto";
import { type Der, der, expect, oidText, parts, readDer, TAG } from "./der.ts";

const SIGNED_DATA = "1.2.840.113549.1.7.2";
const TST_INFO = "1.2.840.113549.1.9.16.1.4";
const CONTENT_TYPE = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
const SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12";
const SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47";
/** Tag of the field of a certificate that has them. */
const EXTENSIONS = 0xa3;
const EXTENDED_USE = "2.5.29.37";
const TIME_STAMPING = "1.3.6.1.5.5.7.3.8";
const DIGESTS: Readonly<Record<string, string>> = {
  "1.3.14.3.2.26": "sha1",
  "2.16.840.1.101.3.4.2.1": "sha256",
  "2.16.840.1.101.3.4.2.2": "sha384",
  "2.16.840.1.101.3.4.2.3": "sha512",
};
/** Broken for this long; a token may name it nowhere but in the old way to name a certificate. */
const WEAK = "sha1";

export interface Token {
  /** Name of the hash, and the hash that was stamped. */
  readonly digest: string;
  readonly imprint: Uint8Array;
  /** When, milliseconds since the Unix epoch. */
  readonly time: number;
  readonly serial: string;
  /** Hexadecimal; null when it has none. */
  readonly nonce: string | null;
  readonly certificate: X509Certificate;
  /** Certificates that came along, the signer's among them. */
  readonly others: readonly X509Certificate[];
  /** What is wrong with its signature; null when nothing is. */
  readonly signature: string | null;
}

/** Throws RangeError for bytes that are no token. */
export function readToken(bytes: Uint8Array<ArrayBuffer>): Token {
  const [type, wrapped] = parts(expect(readDer(bytes), TAG.sequence, "token"));
  if (oidText(expect(type, TAG.oid, "content type")) !== SIGNED_DATA) throw new RangeError("it is no signed data");
  const signed = parts(expect(parts(wrapped)[0], TAG.sequence, "signed data"));
  const [contentType, content] = parts(expect(signed[2], TAG.sequence, "content"));
  if (oidText(expect(contentType, TAG.oid, "type")) !== TST_INFO) throw new RangeError("it is no time stamp");
  const info = expect(parts(content)[0], TAG.octets, "time stamp").content;
  const certificates = signed.filter(({ tag }) => tag === 0xa0).flatMap(parts).map(({ bytes }) =>
    new X509Certificate(bytes)
  );
  const signer = parts(expect(parts(expect(signed.at(-1), TAG.set, "set of signers"))[0], TAG.sequence, "signer"));
  const certificate = certificates.find((one) => isOf(one, signer[1]));
  if (certificate === undefined) throw new RangeError("the certificate of its signer is not in it");
  return { ...said(info), certificate, others: certificates, signature: signatureFault(info, signer, certificate) };
}

function said(info: Uint8Array<ArrayBuffer>): Pick<Token, "digest" | "imprint" | "time" | "serial" | "nonce"> {
  const fields = parts(expect(readDer(info), TAG.sequence, "time stamp"));
  const [algorithm, hash] = parts(expect(fields[2], TAG.sequence, "imprint"));
  const time = new TextDecoder().decode(expect(fields[4], TAG.generalizedTime, "time").content);
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d(?:\.\d+)?)Z$/.exec(time) ??
    [];
  if (second === undefined) throw new RangeError("its time is none");
  return {
    digest: digestOf(algorithm),
    imprint: expect(hash, TAG.octets, "hash").content.slice(),
    time: Date.UTC(+year, +month - 1, +day, +hour, +minute) + Math.round(Number(second) * 1000),
    serial: expect(fields[3], TAG.integer, "serial number").content.toHex(),
    nonce: fields.slice(5).find(({ tag }) => tag === TAG.integer)?.content.toHex() ?? null,
  };
}

/** Whether a certificate is the one that `sid` names, by its issuer and serial number. */
function isOf(certificate: X509Certificate, sid: Der): boolean {
  const serial = parts(expect(sid, TAG.sequence, "name of the signer"))[1];
  const number = (hex: string) => hex.toLowerCase().replace(/^0+/, "");
  return number(expect(serial, TAG.integer, "serial number").content.toHex()) === number(certificate.serialNumber);
}

function digestOf(algorithm: Der | undefined): string {
  const name = oidText(expect(parts(expect(algorithm, TAG.sequence, "algorithm"))[0], TAG.oid, "algorithm"));
  const digest = DIGESTS[name];
  if (digest === undefined) throw new RangeError(`it uses a hash that is not known here (${name})`);
  return digest;
}

function signatureFault(info: Uint8Array, signer: readonly Der[], certificate: X509Certificate): string | null {
  const digest = digestOf(signer[2]);
  if (digest === WEAK) return "its signature is over SHA-1";
  const attributes = expect(signer[3], 0xa0, "set of signed attributes");
  const values = new Map(
    parts(attributes).map((one) => {
      const [name, set] = parts(one);
      return [oidText(name), parts(set)[0]] as const;
    }),
  );
  const type = values.get(CONTENT_TYPE);
  if (type === undefined || oidText(type) !== TST_INFO) return "its signature is not over a time stamp";
  const hashed = values.get(MESSAGE_DIGEST);
  if (hashed === undefined || !same(hashed.content, createHash(digest).update(info).digest())) {
    return "it was changed after it was signed";
  }
  if (!namesCertificate(values, certificate)) return "it names another certificate than the one in it";
  // Signed is the set as such, not as the field that it is here (RFC 5652, section 5.4).
  const text = der(TAG.set, attributes.content);
  const holds = verify(digest, text, certificate.publicKey, expect(signer[5], TAG.octets, "signature").content);
  return holds ? null : "its signature does not hold";
}

/** RFC 3161 has the certificate named by its hash within what is signed, so that no other can be put in its place. */
function namesCertificate(values: ReadonlyMap<string, Der>, certificate: X509Certificate): boolean {
  const [old, current] = [values.get(SIGNING_CERTIFICATE), values.get(SIGNING_CERTIFICATE_V2)];
  const named = current ?? old;
  if (named === undefined) return false;
  const [first, second] = parts(parts(parts(named)[0])[0]);
  const isDefault = first.tag === TAG.octets;
  const digest = current === undefined ? "sha1" : isDefault ? "sha256" : digestOf(first);
  const hash = isDefault ? first : expect(second, TAG.octets, "hash of the certificate");
  return same(hash.content, createHash(digest).update(certificate.raw).digest());
}

const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b);

/** What is wrong with a token as a stamp of a SHA-256 hash; null when nothing is. */
export function tokenFault(token: Token, hash: Uint8Array): string | null {
  const { signature, digest, imprint, certificate, time } = token;
  if (signature !== null) return signature;
  if (digest !== "sha256" || !same(imprint, hash)) return "it is of something else";
  if (!usesOf(certificate).includes(TIME_STAMPING)) return "its certificate is not for time stamps";
  const during = Date.parse(certificate.validFrom) <= time && time <= Date.parse(certificate.validTo);
  return during ? null : "its certificate was not valid at that time";
}

/** What a certificate's key may be used for (RFC 5280, section 4.2.1.12): the runtime's own reading of it does not say. */
function usesOf({ raw }: X509Certificate): readonly string[] {
  const [signed] = parts(readDer(Uint8Array.from(raw)));
  const extensions = parts(signed).filter(({ tag }) => tag === EXTENSIONS).flatMap(parts).flatMap(parts);
  const uses = extensions.map(parts).find(([name]) => oidText(name) === EXTENDED_USE)?.at(-1);
  return uses === undefined ? [] : parts(readDer(uses.content)).map(oidText);
}

/** Whether one of these certificates, or one that came along and that one of these issued, issued the signer's. */
export function vouchedBy({ certificate, others }: Token, authorities: readonly X509Certificate[]): boolean {
  const issued = (one: X509Certificate, by: X509Certificate) => one.checkIssued(by) && one.verify(by.publicKey);
  const trusts = (one: X509Certificate, depth: number): boolean =>
    authorities.some((authority) => same(one.raw, authority.raw) || issued(one, authority)) ||
    depth > 0 &&
      others.some((other) => other.ca && !same(other.raw, one.raw) && issued(one, other) && trusts(other, depth - 1));
  return trusts(certificate, others.length);
}
