/**
 * The envelope of a message that leaves its node, and its form as headers.
 *
 * Inside a node a message carries four numbers (id, cause, root, sender); what is constant stands where it is constant: the
 * epoch in the system, the schema in the definition of the actor that takes the message. A door to the outer world, which
 * is an actor, puts it all together for a message it passes on: `departures.stamp(context.envelope)` and `toHeaders`. At the
 * other end `fromHeaders` and `system.deliver` hand it to an actor, whose `context.envelope.origin` is what was stamped.
 *
 * (node, sender, epoch, sequence) names a message for ever: a receiver that has seen a sequence drops it when it comes again,
 * and one that misses a sequence knows that something was lost.
 */
import type { MessageEnvelope, WireEnvelope } from "./message.ts";

/** Envelopes for what leaves through one door, numbered per sender. */
export class Departures {
  private readonly sequences = new Map<string | null, number>();

  constructor(private readonly node: string) {}

  /** To be called once per message, in the order of their sending. */
  stamp({ id, cause, root, sender, deadline, epoch, schema }: MessageEnvelope): WireEnvelope {
    return { node: this.node, epoch, sender, sequence: this.next(sender), id, cause, root, deadline, schema };
  }

  /** The number of what a sender sends next, where it is no message of an actor. Null: nobody in particular. */
  next(sender: string | null): number {
    const sequence = (this.sequences.get(sender) ?? 0) + 1;
    this.sequences.set(sender, sequence);
    return sequence;
  }
}

/** Headers that are no envelope: one is missing or has no such value. */
export class EnvelopeError extends Error {
  override readonly name = "EnvelopeError";
  readonly code = "ENVELOPE_HEADERS";
}

const NAME = "cwts-";

/** As header names and values of plain ASCII; what is absent has no header. */
export function toHeaders(envelope: WireEnvelope): Record<string, string> {
  const { node, epoch, sender, sequence, id, cause, root, deadline, schema } = envelope;
  const headers: Record<string, string> = {
    [`${NAME}node`]: encodeURIComponent(node),
    [`${NAME}epoch`]: String(epoch),
    [`${NAME}sequence`]: String(sequence),
    [`${NAME}id`]: String(id),
    [`${NAME}cause`]: String(cause),
    [`${NAME}root`]: String(root),
  };
  if (sender !== null) headers[`${NAME}sender`] = encodeURIComponent(sender);
  if (deadline !== Infinity) headers[`${NAME}deadline`] = String(deadline);
  if (schema !== null) {
    headers[`${NAME}schema`] = encodeURIComponent(schema.id);
    headers[`${NAME}schema-version`] = String(schema.version);
  }
  return headers;
}

/** What `toHeaders` wrote. Throws EnvelopeError for anything else; headers of other names are passed over. */
export function fromHeaders(headers: Readonly<Record<string, string | Uint8Array | undefined>>): WireEnvelope {
  const text = (name: string): string | undefined => {
    const value = headers[NAME + name];
    return value instanceof Uint8Array ? new TextDecoder().decode(value) : value;
  };
  const optional = <T>(name: string, read: (value: string) => T): T | undefined => {
    const value = text(name);
    return value === undefined ? undefined : read(value);
  };
  const required = <T>(name: string, read: (name: string, value: string) => T): T => {
    const value = text(name);
    if (value === undefined) throw new EnvelopeError(`header ${NAME}${name} is missing: is the sender a CWTS node?`);
    return read(name, value);
  };
  const schema = optional("schema", (value) => word("schema", value));
  return {
    node: required("node", word),
    epoch: required("epoch", whole),
    sender: optional("sender", (value) => word("sender", value)) ?? null,
    sequence: required("sequence", whole),
    id: required("id", whole),
    cause: required("cause", whole),
    root: required("root", whole),
    deadline: optional("deadline", (value) => whole("deadline", value)) ?? Infinity,
    schema: schema === undefined ? null : { id: schema, version: required("schema-version", whole) },
  };
}

function whole(name: string, value: string): number {
  const number = Number(value);
  if (/^\d{1,16}$/.test(value) && Number.isSafeInteger(number)) return number;
  throw new EnvelopeError(`header ${NAME}${name} is a whole number that is safe as a double, not "${value}".`);
}

function word(name: string, value: string): string {
  try {
    if (/^[!-~]+$/.test(value)) return decodeURIComponent(value);
  } catch {
    // Falls through to the sentence below.
  }
  throw new EnvelopeError(`header ${NAME}${name} is a word of ASCII, other characters as %XX, not "${value}".`);
}
