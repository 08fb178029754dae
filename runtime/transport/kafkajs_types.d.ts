/**
 * The part of kafkajs that is used here, in types of our own: the package's own bring along types of Node that differ from
 * Deno's, and would change what the rest of the house is checked against.
 */
export interface RetryOptions {
  readonly initialRetryTime?: number;
  readonly maxRetryTime?: number;
  readonly retries?: number;
  readonly restartOnFailure?: (error: Error) => Promise<boolean>;
}

export interface KafkaConfig {
  readonly clientId?: string;
  readonly brokers: readonly string[];
  readonly ssl?: false | { readonly ca?: readonly string[] };
  readonly sasl?: { readonly mechanism: string; readonly username: string; readonly password: string };
  readonly connectionTimeout?: number;
  readonly requestTimeout?: number;
  readonly authenticationTimeout?: number;
  readonly retry?: RetryOptions;
  readonly logLevel?: number;
}

export const logLevel: { readonly NOTHING: number };

export const Partitioners: { readonly DefaultPartitioner: () => unknown };

interface Message {
  readonly key?: string;
  readonly value: string | Uint8Array;
  readonly partition?: number;
}

export interface Producer {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  send(record: {
    readonly topic: string;
    readonly messages: readonly Message[];
    readonly acks?: -1;
  }): Promise<readonly { readonly partition: number; readonly baseOffset?: string }[]>;
}

export interface ProducerConfig {
  readonly idempotent?: boolean;
  readonly maxInFlightRequests?: number;
  readonly allowAutoTopicCreation?: boolean;
  readonly createPartitioner?: () => unknown;
}

export interface TopicConfig {
  readonly topic: string;
  readonly numPartitions?: number;
  readonly replicationFactor?: number;
  readonly configEntries?: readonly { readonly name: string; readonly value: string }[];
}

export interface Admin {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  listTopics(): Promise<readonly string[]>;
  createTopics(
    wanted: { readonly topics: readonly TopicConfig[]; readonly waitForLeaders?: boolean },
  ): Promise<boolean>;
  fetchTopicMetadata(
    wanted: { readonly topics: readonly string[] },
  ): Promise<{ readonly topics: readonly { readonly partitions: readonly unknown[] }[] }>;
  fetchTopicOffsets(
    topic: string,
  ): Promise<readonly { readonly partition: number; readonly high: string; readonly low: string }[]>;
  fetchOffsets(wanted: { readonly groupId: string; readonly topics: readonly string[] }): Promise<
    readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
    }[]
  >;
}

interface Bytes {
  toString(): string;
}

export interface Batch {
  readonly partition: number;
  readonly messages: readonly { readonly key: Bytes | null; readonly value: Bytes | null; readonly offset: string }[];
  lastOffset(): string;
}

export interface EachBatchPayload {
  readonly batch: Batch;
  resolveOffset(offset: string): void;
  heartbeat(): Promise<void>;
  isRunning(): boolean;
  isStale(): boolean;
}

export type EachBatchHandler = (payload: EachBatchPayload) => Promise<void>;

export interface ConsumerConfig {
  readonly groupId: string;
  readonly sessionTimeout?: number;
  readonly rebalanceTimeout?: number;
  readonly heartbeatInterval?: number;
  readonly maxWaitTimeInMs?: number;
  readonly minBytes?: number;
  readonly maxBytesPerPartition?: number;
  readonly allowAutoTopicCreation?: boolean;
  readonly retry?: RetryOptions;
}

interface ConsumerEvents {
  readonly GROUP_JOIN: "consumer.group_join";
  readonly REBALANCING: "consumer.rebalancing";
  readonly CRASH: "consumer.crash";
}

interface TopicPartitionOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}

export interface Consumer {
  readonly events: ConsumerEvents;
  on(
    event: ConsumerEvents["GROUP_JOIN"],
    listener: (event: { readonly payload: { readonly memberAssignment: Readonly<Record<string, number[]>> } }) => void,
  ): unknown;
  on(event: ConsumerEvents["REBALANCING"], listener: () => void): unknown;
  on(
    event: ConsumerEvents["CRASH"],
    listener: (event: { readonly payload: { readonly error: Error } }) => void,
  ): unknown;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  subscribe(wanted: { readonly topics: readonly string[]; readonly fromBeginning?: boolean }): Promise<void>;
  run(config: {
    readonly autoCommit?: boolean;
    readonly eachBatchAutoResolve?: boolean;
    readonly partitionsConsumedConcurrently?: number;
    readonly eachBatch: EachBatchHandler;
  }): Promise<void>;
  commitOffsets(offsets: readonly TopicPartitionOffset[]): Promise<void>;
  seek(to: TopicPartitionOffset): void;
}

export class Kafka {
  constructor(config: KafkaConfig);
  admin(config?: { readonly retry?: RetryOptions }): Admin;
  producer(config?: ProducerConfig): Producer;
  consumer(config: ConsumerConfig): Consumer;
}

interface Queue {
  readonly pending: readonly unknown[];
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
}

/** kafkajs/src/network/requestQueue: its default export. */
declare const RequestQueue: { readonly prototype: Queue };
export default RequestQueue;
