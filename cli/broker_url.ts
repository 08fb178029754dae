/**
 * The broker of a command line: an address without a password, which everybody on the machine could read there. It comes from
 * CWTS_BROKER_PASSWORD, or from the file that CWTS_BROKER_PASSWORD_FILE names.
 */
import { openBrokerAt } from "../actors/cluster/mod.ts";
import { type BrokerUrl, parseBrokerUrl, UserError } from "../config/mod.ts";
import type { Broker, BrokerOptions } from "../runtime/transport/mod.ts";

type Environment = (name: string) => string | undefined;

/** Letters of a partition that are kept: market data is worth nothing after seconds, and nobody reads back. */
const KEPT = 100_000;

/** Throws UserError BROKER_URL or BROKER_PASSWORD_FILE. */
export function parseBroker(text: string, environment: Environment = (name) => Deno.env.get(name)): BrokerUrl {
  const bad = (why: string) => new UserError("BROKER_URL", `--broker ${JSON.stringify(shown(text))} ${why}`);
  const password = environment("CWTS_BROKER_PASSWORD") ?? fromFile(environment("CWTS_BROKER_PASSWORD_FILE"));
  if (shown(text) !== text) {
    throw bad("holds a password, which everybody can read: put it into CWTS_BROKER_PASSWORD");
  }
  try {
    return parseBrokerUrl(text, () => password);
  } catch (error) {
    throw bad((error as Error).message);
  }
}

/** What may be shown of what was typed: no password. */
const shown = (text: string): string => text.replace(/:\/\/([^/@:]*):[^/@]*@/, "://$1:…@");

/** Opens a broker. Throws UserError for the address, and BrokerError for what the server says. */
export function brokerOpener(text: string, environment?: Environment): (options: BrokerOptions) => Promise<Broker> {
  const url = parseBroker(text, environment);
  return (options) => openBrokerAt(url, { ...options, ...{ maxLength: KEPT } });
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
