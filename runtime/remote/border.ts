/**
 * The border of a node: every message that leaves is checked and written here, and every letter that comes in is read and
 * checked here (catalogue.ts). Nothing passes that its schema does not describe, in either direction.
 */
import { z } from "zod";
import { CodecError, encode } from "../codec.ts";
import { Departures } from "../envelope.ts";
import type { MessageEnvelope, MessageSchema, WireEnvelope } from "../message.ts";
import type { Broker, Letter } from "../transport/mod.ts";
import { type Catalogue, firstFault, type Reading } from "./catalogue.ts";
import type { MessageDef } from "./message_def.ts";
import { type RefHost, withRefs } from "./ref_schema.ts";
import { continued } from "./trace_context.ts";

/** A message that may not leave: its schema does not describe it, or it cannot be written. */
export class BorderError extends Error {
  override readonly name = "BorderError";
  readonly code = "MESSAGE_INVALID";
}

export interface BorderOptions {
  /** Name of this node. */
  readonly node: string;
  /** How often this node has begun anew: higher than in any life before, or its letters count as those of that life. */
  readonly epoch: number;
  readonly catalogue: Catalogue;
  /** Makes addresses of the refs in messages; without it no ref leaves or enters. */
  readonly refs?: RefHost;
}

/** What goes with a message beside its content. */
export interface SendOptions {
  /** The message whose handling sends this one, as `context.envelope`; without it the letter comes from outside all actors. */
  readonly cause?: MessageEnvelope | null;
  /** The `traceparent` of the letter whose handling sends this one; without it the chain of causes names a trace. */
  readonly trace?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** When an answer is no longer awaited, microseconds by this node's clock; default: that of no question. */
  readonly deadline?: number;
}

export class Border {
  readonly node: string;
  readonly epoch: number;
  readonly catalogue: Catalogue;
  private readonly departures: Departures;
  private readonly refs: RefHost | null;

  constructor({ node, epoch, catalogue, refs }: BorderOptions) {
    if (!Number.isSafeInteger(epoch) || epoch < 0) {
      throw new RangeError(`the epoch of a node is a whole number of at least 0, not ${epoch}.`);
    }
    [this.node, this.epoch, this.catalogue] = [node, epoch, catalogue];
    this.departures = new Departures(node);
    this.refs = refs ?? null;
  }

  /** The letter for a message; to be sent in the order of the calls. Throws BorderError for what may not leave. */
  write<M>(def: MessageDef<M>, message: M, options: SendOptions = {}): Letter {
    return this.letter(def, this.bodyOf(def, message), options);
  }

  /** The letter around a text that `bodyOf` has made. */
  letter(def: MessageSchema, body: string, options: SendOptions = {}): Letter {
    const envelope = this.envelope(def, options);
    return { envelope, body, headers: { ...options.headers, traceparent: continued(envelope, options.trace) } };
  }

  /** A letter that waited, as its sender would send it now. */
  renumbered(letter: Letter): Letter {
    const { envelope } = letter;
    return { ...letter, envelope: { ...envelope, sequence: this.departures.next(envelope.sender) } };
  }

  /** Writes and publishes; resolves when the broker has it. */
  // deno-lint-ignore require-await -- what may not leave is a rejection, as is what the broker refuses
  async send<M>(
    broker: Broker,
    topic: string,
    key: string,
    def: MessageDef<M>,
    message: M,
    options: SendOptions = {},
  ): Promise<void> {
    return broker.publish(topic, key, this.write(def, message, options));
  }

  read(letter: Letter): Reading {
    return withRefs(this.refs, () => this.catalogue.read(letter));
  }

  /** A message as text, checked. Throws BorderError for what may not leave. */
  bodyOf<M>(def: MessageDef<M>, message: M): string {
    const name = `"${def.id}" version ${def.version}`;
    let written: ReturnType<typeof z.safeEncode>;
    try {
      written = withRefs(this.refs, () => z.safeEncode(def.schema, message as never));
    } catch (error) {
      throw new BorderError(`a message cannot be written as ${name}: ${String(error)}`, { cause: error });
    }
    if (!written.success) throw new BorderError(`a message is no ${name}: ${firstFault(written.error)}.`);
    try {
      return encode(written.data);
    } catch (error) {
      if (!(error instanceof CodecError)) throw error;
      throw new BorderError(`a message cannot be written as ${name}: ${error.message}`, { cause: error });
    }
  }

  private envelope({ id, version }: MessageSchema, { cause = null, deadline = Infinity }: SendOptions): WireEnvelope {
    const schema = { id, version };
    if (cause !== null) return { ...this.departures.stamp(cause), epoch: this.epoch, deadline, schema };
    // Counted together with what is told from outside of actors: two of one number would be taken for one.
    const n = this.departures.next(null);
    const { node, epoch } = this;
    return { node, epoch, sender: null, sequence: n, id: n, cause: 0, root: n, deadline, schema };
  }
}
