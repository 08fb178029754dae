/**
 * Brokers as a person names them: `redis://host:6379`, `rediss://` with TLS, `nats://`, `kafka://`, with `?tls` and
 * `?ca=<file>`. User and password come from CWTS_BROKER_USER and CWTS_BROKER_PASSWORD, or a file that
 * CWTS_BROKER_PASSWORD_FILE names, and never from the command line, which everybody on the machine can read.
 */
import { type BrokerAddress, parseBroker as parse, UserError, withoutPassword } from "../config/mod.ts";

/** Throws UserError BROKER_URL. */
export function parseBroker(text: string): BrokerAddress {
  try {
    return parse(text);
  } catch (error) {
    throw new UserError("BROKER_URL", `--broker ${JSON.stringify(withoutPassword(text))}: ${(error as Error).message}`);
  }
}
