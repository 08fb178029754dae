/**
 * Where a broker is, as a person names it: `redis://host:6379`, `rediss://` with TLS, `nats://`, `kafka://`, `?tls`, `?ca=<file>`.
 * User and password come from the environment and never stand in an address, which is shown, hashed and seen by others.
 */
import { UserError } from "./errors.ts";

const PORTS = { redis: 6379, nats: 4222, kafka: 9092 } as const;
export type BrokerKind = keyof typeof PORTS;

export interface BrokerAddress {
  readonly kind: BrokerKind;
  readonly host: string;
  readonly port: number;
  readonly tls?: { readonly caFile?: string };
}

/** User and password are not part of it. Throws RangeError with half a sentence. */
export function parseBroker(text: string): BrokerAddress {
  const bad = (why: string) => new RangeError(why);
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw bad("write it as redis://127.0.0.1:6379, nats://… or kafka://…");
  }
  const scheme = url.protocol.slice(0, -1);
  const kind = (scheme === "rediss" ? "redis" : scheme) as BrokerKind;
  if (!Object.hasOwn(PORTS, kind)) throw bad(`a broker is redis, rediss, nats or kafka, not ${scheme}`);
  if (url.username !== "" || url.password !== "") {
    throw bad(
      "user and password do not belong in an address: put them into CWTS_BROKER_USER and CWTS_BROKER_PASSWORD",
    );
  }
  if (url.hostname === "") throw bad("it names no host");
  const unknown = [...url.searchParams.keys()].filter((name) => name !== "tls" && name !== "ca");
  if (unknown.length > 0) throw bad(`"${unknown[0]}" is unknown: there are tls and ca`);
  const caFile = url.searchParams.get("ca") ?? undefined;
  const secured = scheme === "rediss" || url.searchParams.has("tls") || caFile !== undefined;
  return {
    kind,
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? PORTS[kind] : Number(url.port),
    ...(secured ? { tls: { caFile } } : {}),
  };
}

export const brokerName = ({ kind, host, port }: BrokerAddress): string => `${kind}://${host}:${port}`;

/** A text that may hold an address, to be shown: without user and password. */
export const withoutPassword = (text: string): string => text.replace(/\/\/[^/@]*@/g, "//…@");

export interface Credentials {
  readonly user?: string;
  readonly password?: string;
}

/** From CWTS_BROKER_USER, and CWTS_BROKER_PASSWORD or a file. Throws UserError BROKER_PASSWORD_FILE. */
export function brokerCredentials(
  environment: (name: string) => string | undefined = (name) => Deno.env.get(name),
): Credentials {
  const password = environment("CWTS_BROKER_PASSWORD") ?? fromFile(environment("CWTS_BROKER_PASSWORD_FILE"));
  return { user: environment("CWTS_BROKER_USER"), password };
}

function fromFile(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return Deno.readTextFileSync(path).trim();
  } catch (error) {
    throw new UserError(
      "BROKER_PASSWORD_FILE",
      `CWTS_BROKER_PASSWORD_FILE names ${path}, which cannot be read: ${(error as Error).message}`,
    );
  }
}
