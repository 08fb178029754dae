/** The way to a server, the same for every broker that has one, and what is said when it is closed. */
import { Sleep } from "../internal/wall.ts";
import { BrokerError } from "./errors.ts";

export interface Way {
  /** Default 127.0.0.1. */
  readonly host?: string;
  readonly port: number;
  readonly user?: string;
  readonly password?: string;
  /** Speaks TLS; `caFile` is a PEM file of the authorities to trust instead of the machine's. */
  readonly tls?: { readonly caFile?: string };
}

/** Milliseconds for a connection to come about. */
export const CONNECT_MS = 5_000;

export const hostOf = ({ host = "127.0.0.1" }: Way): string => host;

const address = (way: Way): string => `${hostOf(way)}:${way.port}`;

/** PEM text of the authorities; undefined for the machine's. Throws BROKER_TLS when the file cannot be read. */
export async function authorities({ tls }: Way): Promise<string | undefined> {
  if (tls?.caFile === undefined) return undefined;
  try {
    return await Deno.readTextFile(tls.caFile);
  } catch (error) {
    throw new BrokerError("BROKER_TLS", `the file of authorities ${tls.caFile} cannot be read: ${words(error)}`);
  }
}

export function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** All that an error says, with what caused it. */
export function allWords(error: unknown): string {
  const parts: string[] = [];
  for (let at: unknown = error; at !== undefined && at !== null && parts.length < 5; at = (at as Error).cause) {
    parts.push(`${(at as { code?: unknown }).code ?? ""} ${words(at)}`);
    if (at instanceof AggregateError) parts.push(...at.errors.map(words));
  }
  return parts.join(" ");
}

/** A server that hung up without a word, and what that means when it does so to everybody. */
export class HungUp extends Error {}

/** Long enough for a server that was ended to be gone, milliseconds. */
const SECOND_GREETING_MS = 300;

/**
 * Greets a server. One that hangs up without a word may miss something that we do not bring, or may have been ended at that
 * very moment: it is taken at its word when it does so twice. Rejects with what `open` rejected with last.
 */
export async function greet<T>(open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof HungUp)) throw error;
  }
  await new Sleep(SECOND_GREETING_MS).done;
  return await open();
}

const TLS =
  /certificate|cert_|_cert|issuer|\btls\b|\bssl\b|handshake|wrong version|corrupt message|InvalidContentType/i;

/** A first connection that did not come about, as one sentence. `login`: what the server says to a wrong password. */
export function notConnected(kind: string, way: Way, error: unknown, login: RegExp): BrokerError {
  if (error instanceof BrokerError) return error;
  const said = allWords(error);
  const [where, options] = [address(way), { cause: error }];
  if (login.test(said)) {
    const who = way.user === undefined ? "without a user" : `user "${way.user}"`;
    return new BrokerError("BROKER_LOGIN", `${kind} at ${where} refuses ${who}: check user and password.`, options);
  }
  if (TLS.test(said)) {
    const how = way.tls === undefined ? "speaks TLS, or wants it: give tls" : "cannot be trusted: check tls.caFile";
    return new BrokerError("BROKER_TLS", `${kind} at ${where} ${how} (${words(error)}).`, options);
  }
  const message = `${kind} at ${where} does not answer: is it running there? (${words(error)})`;
  return new BrokerError("BROKER_UNREACHABLE", message, options);
}
