/**
 * Brokers as a person names them: `redis://host:6379`, `rediss://` with TLS, `nats://`, `kafka://`, with `?tls` and
 * `?ca=<file>`. User and password come from CWTS_BROKER_USER and CWTS_BROKER_PASSWORD, or a file that
 * CWTS_BROKER_PASSWORD_FILE names, and never from the command line, which everybody on the machine can read.
 */
import {
  type BrokerAddress,
  brokerCredentials,
  parseBroker as parse,
  UserError,
  withoutPassword,
} from "../config/mod.ts";
import { openBroker } from "../runtime/transport/open.ts";
import type { Broker, BrokerOptions } from "../runtime/transport/mod.ts";

type Environment = (name: string) => string | undefined;

/** Letters of a partition that are kept: market data is worth nothing after seconds, and nobody reads back. */
const KEPT = 100_000;

/** Throws UserError BROKER_URL. */
export function parseBroker(text: string): BrokerAddress {
  try {
    return parse(text);
  } catch (error) {
    throw new UserError("BROKER_URL", `--broker ${JSON.stringify(withoutPassword(text))}: ${(error as Error).message}`);
  }
}

/** Opens a broker. Throws UserError BROKER_URL or BROKER_PASSWORD_FILE, and BrokerError for what the server says. */
export function brokerOpener(
  text: string,
  environment: Environment = (name) => Deno.env.get(name),
): (options: BrokerOptions) => Promise<Broker> {
  const address = parseBroker(text);
  const who = brokerCredentials(environment);
  return (options) => openBroker({ ...address, ...who }, { ...options, maxLength: KEPT });
}
