/**
 * NATS JetStream. A partition is a stream of its own, so that sequences have no gaps but losses; registers are the last
 * messages of subjects, written with the sequence that is expected to stand there. Runs on servers from 2.9 on.
 *
 * JetStream's durable consumers are not used for positions: what a dead subscriber had comes again behind what is newer. Each
 * holder of a partition reads by an ephemeral consumer from where the group stands.
 */
import { jetstream, JetStreamApiError, type JetStreamClient, type JetStreamManager } from "@nats-io/jetstream";
import { DiscardPolicy, jetstreamManager, RetentionPolicy, StorageType } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { type Broker, type BrokerOptions, DEFAULT_MAX_BYTES } from "./broker.ts";
import { BrokerError, tooLarge } from "./errors.ts";
import type { Bounds, LogReader, LogServer, RawEntry } from "./log.ts";
import { LogBroker } from "./log_broker.ts";
import { natsError, streamOf } from "./nats_answers.ts";
import { NatsReader } from "./nats_reader.ts";
import type { Register } from "./register.ts";
import { authorities, CONNECT_MS, hostOf, notConnected, type Way } from "./way.ts";

export interface NatsOptions extends BrokerOptions, Way {
  /** Messages of a partition that are kept; default 1 000 000. Older ones go, read or not. */
  readonly maxLength?: number;
}

const MAX_LENGTH = 1_000_000;
const RECONNECT_MS = 100;
/** What was asked of a server that died is answered by nobody, and the client does not say so before this. */
const ANSWER_MS = 2_000;
/** A server that does not answer pings for so long is taken for gone. */
const PING_MS = 2_500;
/** "wrong last sequence" of the JetStream API. */
const WRONG_LAST_SEQUENCE = 10_071;
/** "no message found" */
const NO_MESSAGE = 10_037;

const REGISTERS = "CWTS-REGISTERS";
/** Names of registers have dots, and so have subjects. */
const registerSubject = (name: string): string => `cwts-register.${name.replaceAll(".", "/")}`;
const subjectOf = (topic: string, partition: number): string => `cwts.${topic}.${partition}`;
const topicRegister = (topic: string): string => `topic.${topic}`;

/** Opens a connection. Rejects with BROKER_UNREACHABLE, BROKER_LOGIN or BROKER_TLS. */
export async function openNats(options: NatsOptions): Promise<Broker> {
  const ca = await authorities(options);
  let connection: NatsConnection | null = null;
  try {
    connection = await connect({
      servers: `${hostOf(options)}:${options.port}`,
      name: options.node,
      user: options.user,
      pass: options.password,
      tls: options.tls === undefined ? undefined : { ca },
      timeout: CONNECT_MS,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_MS,
      reconnectJitter: 0,
      pingInterval: PING_MS,
      // Else it gives up when the server, while it starts anew, refuses twice.
      ignoreAuthErrorAbort: true,
    });
    const manager = await jetstreamManager(connection, { timeout: ANSWER_MS });
    const config = {
      name: REGISTERS,
      subjects: ["cwts-register.>"],
      max_msgs_per_subject: 1,
      storage: StorageType.File,
    };
    await manager.streams.add(config);
    return new LogBroker(
      new NatsServer(connection, jetstream(connection, { timeout: ANSWER_MS }), manager, options),
      options,
    );
  } catch (error) {
    await connection?.close();
    if (error instanceof Error && error.name === "JetStreamNotEnabled") {
      throw new BrokerError("BROKER_REFUSED", "the NATS server runs without JetStream: start it with jetstream.");
    }
    throw notConnected("NATS", options, error, /authorization|authentication/i);
  }
}

class NatsServer implements LogServer {
  readonly kind = "nats";
  private readonly maxLength: number;
  private readonly maxBytes: number;

  constructor(
    private readonly connection: NatsConnection,
    private readonly stream: JetStreamClient,
    private readonly manager: JetStreamManager,
    options: NatsOptions,
  ) {
    this.maxLength = options.maxLength ?? MAX_LENGTH;
    this.maxBytes = Math.min(connection.info?.max_payload ?? Infinity, options.maxBytes ?? DEFAULT_MAX_BYTES);
  }

  async partitions(topic: string): Promise<number | null> {
    const found = await this.read(topicRegister(topic));
    return found === null ? null : Number(found.value);
  }

  async createTopic(topic: string, partitions: number): Promise<void> {
    if (await this.partitions(topic) !== null) return;
    for (let partition = 0; partition < partitions; partition++) {
      await this.ask(() =>
        this.manager.streams.add({
          name: streamOf(topic, partition),
          subjects: [subjectOf(topic, partition)],
          retention: RetentionPolicy.Limits,
          discard: DiscardPolicy.Old,
          storage: StorageType.File,
          max_msgs: this.maxLength,
        })
      );
    }
    // The register comes last: a topic that has it is whole. Somebody else may have been faster.
    await this.write(topicRegister(topic), String(partitions), 0);
  }

  async append(topic: string, entries: readonly RawEntry[]): Promise<void> {
    for (const { frame } of entries) if (frame.length * 3 > this.maxBytes) this.checkBytes(frame);
    await this.ask(() =>
      Promise.all(entries.map(({ partition, frame }) => this.stream.publish(subjectOf(topic, partition), frame)))
    );
  }

  async bounds(topic: string, partition: number): Promise<Bounds> {
    const { state } = await this.ask(() => this.manager.streams.info(streamOf(topic, partition)));
    const next = state.last_seq + 1;
    return { first: state.messages === 0 ? next : state.first_seq, next };
  }

  reader(topic: string): Promise<LogReader> {
    return Promise.resolve(new NatsReader(this.stream, this.manager, topic));
  }

  async read(name: string): Promise<Register | null> {
    try {
      const message = await this.manager.streams.getMessage(REGISTERS, { last_by_subj: registerSubject(name) });
      return message === null ? null : { value: message.string(), revision: message.seq };
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === NO_MESSAGE) return null;
      throw natsError(error);
    }
  }

  async write(name: string, value: string, revision: number): Promise<number | null> {
    try {
      const expect = { lastSubjectSequence: revision };
      return (await this.stream.publish(registerSubject(name), value, { expect })).seq;
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === WRONG_LAST_SEQUENCE) return null;
      throw natsError(error);
    }
  }

  async erase(name: string): Promise<void> {
    await this.ask(() => this.manager.streams.purge(REGISTERS, { filter: registerSubject(name) }));
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  private checkBytes(frame: string): void {
    const bytes = new TextEncoder().encode(frame).length;
    if (bytes > this.maxBytes) throw tooLarge(bytes, this.maxBytes);
  }

  private async ask<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw natsError(error);
    }
  }
}
