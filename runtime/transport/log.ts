/**
 * What a server has to be able to do so that groups, commits and leases can be made of it (log_broker.ts): logs with
 * offsets, and registers. Memory, Redis and NATS are opened through this; Kafka has groups of its own.
 */
import type { Registers } from "./register.ts";

export interface RawEntry {
  readonly partition: number;
  readonly frame: string;
}

export interface RawRecord {
  readonly partition: number;
  /** Of one more than that of the record before it, unless what was between has been thrown away. */
  readonly offset: number;
  /** Null: what stands there is none of ours. */
  readonly frame: string | null;
}

/** The part of a partition that is kept; empty when both are equal. */
export interface Bounds {
  readonly first: number;
  readonly next: number;
}

/** Where to read on in a partition. */
export interface ReadFrom {
  readonly partition: number;
  readonly offset: number;
}

export interface LogReader {
  /**
   * Records from these places on, in the order of each partition, `most` in all; as soon as there is one, and none when
   * there was none for `waitMs`. Keeps nothing that it was not asked for but one answer of the server.
   */
  read(from: readonly ReadFrom[], most: number, waitMs: number): Promise<readonly RawRecord[]>;
  close(): Promise<void>;
}

/** All reject with BrokerError, BROKER_UNREACHABLE or BROKER_FULL where trying again may help. */
export interface LogServer extends Registers {
  readonly kind: string;
  /** Null: there is no such topic. */
  partitions(topic: string): Promise<number | null>;
  /** Leaves a topic that is there as it is. */
  createTopic(topic: string, partitions: number): Promise<void>;
  /** Keeps all in their order; when it rejects, a part from the front may be kept. */
  append(topic: string, entries: readonly RawEntry[]): Promise<void>;
  bounds(topic: string, partition: number): Promise<Bounds>;
  reader(topic: string): Promise<LogReader>;
  /** Takes a register away, whatever stands there: for names that nobody uses again. */
  erase(register: string): Promise<void>;
  close(): Promise<void>;
}
