/** What goes wrong between a node and its broker, each with a stable code and a sentence that says what to do. */

export type BrokerErrorCode =
  /** Nobody answers at the address, or not any more. */
  | "BROKER_UNREACHABLE"
  /** Memory or disk of the server is full. This one and the one above pass by themselves. */
  | "BROKER_FULL"
  /** User or password. */
  | "BROKER_LOGIN"
  /** Certificates, or one side speaks TLS and the other does not. */
  | "BROKER_TLS"
  | "TOPIC_UNKNOWN"
  /** A topic, group or lease with a name that not every broker takes. */
  | "NAME_BAD"
  | "MESSAGE_TOO_LARGE"
  /** More is waiting to be published than is kept for it. */
  | "PUBLISH_OVERFLOW"
  /** Somebody else holds the partition now. */
  | "PARTITION_LOST"
  /** Somebody else holds the lease now. */
  | "LEASE_LOST"
  | "BROKER_CLOSED"
  /** The server refused for a reason of its own, which the sentence repeats. */
  | "BROKER_REFUSED";

/** Why a text is no letter: nobody could read it, or a newer version could. */
export type FrameErrorCode = "FRAME_BAD" | "FRAME_NEWER";

/** A text that is no letter. */
export class FrameError extends Error {
  override readonly name = "FrameError";

  constructor(message: string, readonly code: FrameErrorCode = "FRAME_BAD") {
    super(message);
  }
}

export class BrokerError extends Error {
  override readonly name = "BrokerError";

  constructor(readonly code: BrokerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** Whether trying again may help. */
export function passes(error: unknown): boolean {
  return error instanceof BrokerError && (error.code === "BROKER_UNREACHABLE" || error.code === "BROKER_FULL");
}

/** `kind`: the server's name for people. `why`: its own words. */
export function full(kind: string, why: string, cause: unknown): BrokerError {
  const message = `${kind} has no room for more: give it memory or disk, or remove what nobody needs (${why}).`;
  return new BrokerError("BROKER_FULL", message, { cause });
}

export function tooLarge(bytes: number, most: number): BrokerError {
  return new BrokerError("MESSAGE_TOO_LARGE", `a message of ${bytes} bytes is above the limit of ${most}: send less.`);
}

export function unknownTopic(topic: string): BrokerError {
  return new BrokerError(
    "TOPIC_UNKNOWN",
    `there is no topic "${topic}" and none is made here: create it or open the broker with createTopics.`,
  );
}

const NAME = /^[A-Za-z0-9_-]{1,100}$/;

/** Names that every broker takes as they are. */
export function checkName(what: "topic" | "group" | "lease", name: string): void {
  if (NAME.test(name)) return;
  throw new BrokerError("NAME_BAD", `a ${what} is named by 1 to 100 letters, digits, "-" and "_", not "${name}".`);
}
