/** kafkajs as it is used here: silent, with its idle loop mended, and its refusals as errors of the port. */
import { Kafka, logLevel, RequestQueue, type RetryOptions } from "./kafkajs.ts";
import { BrokerError, full, unknownTopic } from "./errors.ts";
import { allWords, authorities, CONNECT_MS, hostOf, HungUp, type Way, words } from "./way.ts";

export type SaslMechanism = "plain" | "scram-sha-256" | "scram-sha-512";

export interface KafkaWay extends Way {
  /** How user and password are shown; default "scram-sha-256". */
  readonly mechanism?: SaslMechanism;
}

/** Tries of one request before its failure is told; who wants it done tries again for longer. */
export const PATIENT: RetryOptions = { initialRetryTime: 50, maxRetryTime: 500, retries: 4 };
/** The first connection is the caller's to try again. */
export const IMPATIENT: RetryOptions = { ...PATIENT, retries: 0 };

/** A request without an answer for so long has failed; the client's own 30 s, five times in a row, tell nobody in time. */
const REQUEST_MS = 5_000;

/**
 * kafkajs 2.2.4 looks at its queue of requests every millisecond for ever, whether anything waits in it or not: 6 % of a core
 * for each idle client. With nothing waiting there is nothing to look at; what comes then looks by itself.
 */
function calm(prototype: typeof RequestQueue.prototype): void {
  const { scheduleCheckPendingRequests } = prototype;
  prototype.scheduleCheckPendingRequests = function (this: typeof prototype) {
    if (this.pending.length > 0) scheduleCheckPendingRequests.call(this);
  };
}
calm(RequestQueue.prototype);

export async function makeClient(way: KafkaWay, node: string): Promise<Kafka> {
  const ca = await authorities(way);
  const { user: username, password = "", mechanism = "scram-sha-256" } = way;
  const sasl = username === undefined ? undefined : { mechanism, username, password };
  return new Kafka({
    clientId: node,
    brokers: [`${hostOf(way)}:${way.port}`],
    ssl: way.tls === undefined ? false : { ca: ca === undefined ? undefined : [ca] },
    sasl,
    connectionTimeout: CONNECT_MS,
    authenticationTimeout: CONNECT_MS,
    requestTimeout: REQUEST_MS,
    retry: PATIENT,
    logLevel: logLevel.NOTHING,
  });
}

/** The name of Kafka's own error, such as "UNKNOWN_TOPIC_OR_PARTITION"; undefined where it has none. */
export function protocolError(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { type } = at as { readonly type?: unknown };
    if (typeof type === "string") return type;
  }
  return undefined;
}

const LOST = ["REBALANCE_IN_PROGRESS", "ILLEGAL_GENERATION", "UNKNOWN_MEMBER_ID", "FENCED_INSTANCE_ID"];
/** Of the producer: what it counted and what the server counted differ. A new one begins anew. */
const COUNTED_WRONG = [
  "OUT_OF_ORDER_SEQUENCE_NUMBER",
  "UNKNOWN_PRODUCER_ID",
  "INVALID_PRODUCER_EPOCH",
  "DUPLICATE_SEQUENCE_NUMBER",
];

export function countedWrong(error: unknown): boolean {
  return COUNTED_WRONG.includes(protocolError(error) ?? "");
}

export function kafkaError(error: unknown, topic: string): BrokerError {
  if (error instanceof BrokerError) return error;
  const type = protocolError(error);
  const options = { cause: error };
  if (type === "UNKNOWN_TOPIC_OR_PARTITION") return unknownTopic(topic);
  if (type === "MESSAGE_TOO_LARGE" || type === "RECORD_LIST_TOO_LARGE") {
    return new BrokerError("MESSAGE_TOO_LARGE", `Kafka takes no message as large as this: ${words(error)}`, options);
  }
  if (type !== undefined && LOST.includes(type)) {
    return new BrokerError("PARTITION_LOST", `the group has divided "${topic}" anew: ${words(error)}`, options);
  }
  if (type === "KAFKA_STORAGE_ERROR") return full("Kafka", words(error), error);
  // An answer of the server's that another try does not change; what is no answer may pass.
  const retriable = (error as { readonly retriable?: boolean }).retriable !== false ||
    (error as Error).name === "KafkaJSNumberOfRetriesExceeded";
  if (type !== undefined && !retriable && !countedWrong(error)) {
    return new BrokerError("BROKER_REFUSED", `Kafka refuses: ${words(error)}`, options);
  }
  return new BrokerError("BROKER_UNREACHABLE", `Kafka does not answer: ${words(error)}`, options);
}

/** A server that wants TLS, or a user, hangs up on one that brings none. */
export function hangUp(error: unknown, way: Way): unknown {
  if (!/closed connection|ECONNRESET|socket hang up/i.test(allWords(error))) return error;
  if (way.tls === undefined) return new HungUp("it hung up: does it want TLS?", { cause: error });
  if (way.user === undefined) return new HungUp("it hung up before authentication", { cause: error });
  return error;
}
