/**
 * A broker by its address, as a configuration names it:
 *
 *     redis://127.0.0.1:6379      nats://host:4222      kafka://user@host:9092?tls&ca_file=/etc/ca.pem&password_file=/etc/pw
 *
 * No password stands in an address: configurations are shown and hashed. The adapter is loaded when it is opened.
 */
import type { Broker, BrokerOptions } from "./broker.ts";
import { BrokerError } from "./errors.ts";
import { words } from "./way.ts";

/** Servers listen there when nobody says otherwise. */
const PORTS: Readonly<Record<string, number>> = { redis: 6379, nats: 4222, kafka: 9092 };
const OPTIONS = ["tls", "ca_file", "password_file"];

export interface BrokerAddress {
  readonly kind: "redis" | "nats" | "kafka";
  readonly host: string;
  readonly port: number;
  readonly user?: string;
  readonly passwordFile?: string;
  readonly tls?: { readonly caFile?: string };
}

/** What is wrong with an address, as one sentence; null when nothing is. */
export function addressFault(address: string): string | null {
  try {
    parseAddress(address);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Throws RangeError with a sentence. */
export function parseAddress(address: string): BrokerAddress {
  const url = URL.parse(address);
  const kind = url?.protocol.slice(0, -1) ?? "";
  if (url === null || PORTS[kind] === undefined || url.hostname === "" || !/^\/?$/.test(url.pathname)) {
    throw new RangeError("must be the address of a broker, for example redis://127.0.0.1:6379, nats://… or kafka://…");
  }
  if (url.password !== "") {
    throw new RangeError("must hold no password: put it into a file, and name that with ?password_file=…");
  }
  const unknown = [...url.searchParams.keys()].find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined) throw new RangeError(`has an option ${unknown}: there are ${OPTIONS.join(", ")}`);
  const caFile = url.searchParams.get("ca_file") ?? undefined;
  return {
    kind: kind as BrokerAddress["kind"],
    host: url.hostname,
    port: url.port === "" ? PORTS[kind] : Number(url.port),
    user: url.username === "" ? undefined : decodeURIComponent(url.username),
    passwordFile: url.searchParams.get("password_file") ?? undefined,
    tls: url.searchParams.has("tls") || caFile !== undefined ? { caFile } : undefined,
  };
}

/** Opens a connection. Rejects with BROKER_UNREACHABLE, BROKER_LOGIN or BROKER_TLS; throws RangeError for no address. */
export async function openBroker(address: string, options: BrokerOptions): Promise<Broker> {
  const { kind, host, port, user, passwordFile, tls } = parseAddress(address);
  const way = { ...options, host, port, user, password: await passwordOf(passwordFile), tls };
  switch (kind) {
    case "redis":
      return await (await import("./redis.ts")).openRedis(way);
    case "nats":
      return await (await import("./nats.ts")).openNats(way);
    case "kafka":
      return await (await import("./kafka.ts")).openKafka(way);
  }
}

async function passwordOf(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return (await Deno.readTextFile(file)).trim();
  } catch (error) {
    throw new BrokerError("BROKER_LOGIN", `the file of the broker's password cannot be read: ${words(error)}.`);
  }
}
