/** Names of streams, and what JetStream answers when it refuses, as errors of the port. */
import { JetStreamApiError } from "@nats-io/jetstream";
import { InvalidArgumentError } from "@nats-io/transport-node";
import { BrokerError, full } from "./errors.ts";
import { words } from "./way.ts";

/** "stream not found", "consumer not found": while a server starts, streams come up one by one; readers' consumers do not. */
const COMES_UP = [10_059, 10_014];

/** "insufficient resources", "insufficient storage resources available", "insufficient memory resources available". */
const NO_ROOM = [10_023, 10_047, 10_028];

export const streamOf = (topic: string, partition: number): string => `CWTS_${topic}_${partition}`;

export function natsError(error: unknown): BrokerError {
  if (error instanceof BrokerError) return error;
  if (error instanceof JetStreamApiError && NO_ROOM.includes(error.code)) return full("NATS", error.message, error);
  if (error instanceof JetStreamApiError && !COMES_UP.includes(error.code) && error.status < 500) {
    return new BrokerError("BROKER_REFUSED", `NATS refuses: ${error.message}`, { cause: error });
  }
  if (error instanceof InvalidArgumentError) {
    return new BrokerError("BROKER_REFUSED", `NATS takes no such thing: ${error.message}`, { cause: error });
  }
  return new BrokerError("BROKER_UNREACHABLE", `NATS does not answer: ${words(error)}`, { cause: error });
}
