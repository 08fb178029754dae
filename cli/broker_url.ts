/**
 * Brokers as a person names them: `redis://host:6379`, `rediss://` with TLS, `nats://`, `kafka://`, with `?tls` and
 * `?ca=<file>`. User and password come from CWTS_BROKER_USER and CWTS_BROKER_PASSWORD, or a file that
 * CWTS_BROKER_PASSWORD_FILE names, and never from the command line, which everybody on the machine can read.
 */
import { UserError } from "../config/mod.ts";
import type { Broker, BrokerOptions } from "../runtime/transport/mod.ts";

const PORTS = { redis: 6379, nats: 4222, kafka: 9092 } as const;
export type BrokerKind = keyof typeof PORTS;

export interface BrokerAddress {
  readonly kind: BrokerKind;
  readonly host: string;
  readonly port: number;
  readonly tls?: { readonly caFile?: string };
}

type Environment = (name: string) => string | undefined;

/** Letters of a partition that are kept: market data is worth nothing after seconds, and nobody reads back. */
const KEPT = 100_000;

/** Throws UserError BROKER_URL. */
export function parseBroker(text: string): BrokerAddress {
  const bad = (why: string) => new UserError("BROKER_URL", `--broker ${JSON.stringify(shown(text))}: ${why}`);
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
      "user and password do not belong on a command line: put them into CWTS_BROKER_USER and CWTS_BROKER_PASSWORD",
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

/** What may be shown of what was typed: no password. */
const shown = (text: string): string => text.replace(/\/\/[^/@]*@/, "//…@");

/** Opens a broker. Throws UserError BROKER_URL or BROKER_PASSWORD_FILE, and BrokerError for what the server says. */
export function brokerOpener(
  text: string,
  environment: Environment = (name) => Deno.env.get(name),
): (options: BrokerOptions) => Promise<Broker> {
  const { kind, ...way } = parseBroker(text);
  const user = environment("CWTS_BROKER_USER");
  const password = environment("CWTS_BROKER_PASSWORD") ?? fromFile(environment("CWTS_BROKER_PASSWORD_FILE"));
  return async (options) => {
    const all = { ...options, ...way, user, password };
    switch (kind) {
      case "redis":
        return await (await import("../runtime/transport/redis.ts")).openRedis({ ...all, maxLength: KEPT });
      case "nats":
        return await (await import("../runtime/transport/nats.ts")).openNats({ ...all, maxLength: KEPT });
      case "kafka":
        return await (await import("../runtime/transport/kafka.ts")).openKafka(all);
    }
  };
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
