/**
 * The port through which nodes speak to each other: topics of letters on a broker. One contract, four brokers: memory,
 * Redis Streams, NATS JetStream, Kafka. What each of them adds or takes away is in docs/transport.md.
 *
 * A topic is a fixed number of partitions, each a log with offsets. A letter goes to the partition of its key.
 *
 * **Order.** Letters of one key that one broker object publishes are kept in the order of the calls, also when the server
 * dies in between: what is not confirmed is sent again before anything that comes after it. Between keys, and between
 * publishers, nothing is promised.
 *
 * **At least once.** When `publish` has resolved, the letter is kept as the server keeps things, and every group gets it. It
 * may be kept twice, and may be kept although `publish` rejected: an answer was lost. A group gets a letter again after its
 * holder died, lost the partition or sought back. Whoever must not act twice asks a `Deduplicator` (deduplication.ts).
 *
 * **Sharing.** In a group each partition has one holder at a time, as far as anybody can know: one that was silent for a
 * session may wake up and hand out what it had read, while its successor hands out the same. It cannot commit it.
 *
 * **Commit** means: what comes up to here is dealt with, whoever takes this partition over begins behind it. It is kept
 * when it has resolved. It is refused (PARTITION_LOST) to one that has lost the partition. It says nothing of other groups.
 *
 * **Demand.** A subscription reads no further ahead of `take` than one answer of the server, so a slow subscriber costs the
 * server's disk and nobody's memory.
 *
 * **Lease.** Of all who ask for a lease of one name at most one gets each epoch, and every later holder's is higher. A lease
 * is not a lock: a holder that was paused may believe for a moment that it still holds. Hence the epoch: write it into what
 * you send, and whoever receives refuses what is lower than the highest it has seen, as `Deduplicator`, the journal and
 * the reliable consumer do. Before what cannot be taken back, `check` asks the broker.
 *
 * **Bad frames.** What stands on a topic and is no letter is delivered as `bad`, at its place and committed like any other.
 * Letters that were thrown away unread, by the limits of the topic, are delivered as `lost`, with their number.
 */
import type { Registers } from "./register.ts";
import type { WireEnvelope } from "../message.ts";
import type { FrameErrorCode } from "./errors.ts";

/** What is sent: an envelope (envelope.ts) and the message as text, as `encode` of codec.ts writes it. */
export interface Letter {
  readonly envelope: WireEnvelope;
  readonly body: string;
  /** What else is to be known of it on its way, such as the trace it belongs to; absent when nothing is. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A letter and the key whose letters keep their order. */
export interface Publication {
  readonly key: string;
  readonly letter: Letter;
}

/** Where something stands. Offsets of a partition rise; they need not begin at 0 nor be without gaps. */
export interface Position {
  readonly partition: number;
  readonly offset: number;
}

/** What a subscription hands out. */
export type Delivered =
  & Position
  & (
    /** `frame`: the text that stands there, which the letter was read from. */
    | { readonly kind: "letter"; readonly key: string; readonly letter: Letter; readonly frame: string }
    /** No letter. `why` is for people, `frame` what stands there. */
    | { readonly kind: "bad"; readonly code: FrameErrorCode; readonly why: string; readonly frame: string }
    /** `count` letters before and at this offset are gone before they were read. */
    | { readonly kind: "lost"; readonly count: number }
  );

/** Where a group begins that has committed nothing in a partition: with the oldest that is kept, or with what comes. */
export type Beginning = "first" | "next";

export interface SubscribeOptions {
  /** Default "first". */
  readonly from?: Beginning;
  /** Silence after which the others take a subscriber for dead, milliseconds; default DEFAULT_SESSION_MS. */
  readonly sessionMs?: number;
  /** The group is of this subscription alone, and nothing of it is kept when that closes in order; default false. */
  readonly passing?: boolean;
}

/** Long enough for a collection of garbage and a slow handler's neighbour, short enough that nobody calls. */
export const DEFAULT_SESSION_MS = 10_000;
/** How long a lease outlives its last sign of life, milliseconds, where nobody says otherwise. */
export const DEFAULT_LEASE_MS = 10_000;
/** How long a call goes on trying to reach a server that was there when the broker was opened, milliseconds. */
export const DEFAULT_RETRY_MS = 30_000;
/** Most bytes of a frame (envelope and body), the same for all so that a topic may move; Kafka and NATS default to 2^20. */
export const DEFAULT_MAX_BYTES = 1_000_000;
export const DEFAULT_PARTITIONS = 4;

/** What every adapter is opened with, beside the way to its server. */
export interface BrokerOptions {
  /** Name of this node: no two that are alive may bear the same. */
  readonly node: string;
  /** Whether publishing and subscribing make a missing topic, with `partitions`; default true. */
  readonly createTopics?: boolean;
  /** Default DEFAULT_PARTITIONS. */
  readonly partitions?: number;
  /** Default DEFAULT_MAX_BYTES. */
  readonly maxBytes?: number;
  /** Default DEFAULT_RETRY_MS. */
  readonly retryMs?: number;
}

/** How far a group is behind in one partition. */
export interface PartitionLag {
  readonly partition: number;
  /** Where it goes on; null: it has committed nothing. */
  readonly committed: number | null;
  /** Letters that are kept and not committed. */
  readonly behind: number;
}

export interface Broker {
  /** "memory", "redis", "nats" or "kafka". */
  readonly kind: string;
  /** Makes a topic, unless it is there; its partitions stay as they are. */
  createTopic(topic: string, partitions?: number): Promise<void>;
  /** Resolves when it is kept. Rejects with BrokerError: TOPIC_UNKNOWN, MESSAGE_TOO_LARGE, BROKER_UNREACHABLE, BROKER_FULL. */
  publish(topic: string, key: string, letter: Letter): Promise<void>;
  /** Several in one go, in their order; when it rejects, a part of them may be kept. */
  publishBatch(topic: string, publications: readonly Publication[]): Promise<void>;
  /** Joins a group. Partitions come to it by and by: when `take` hands nothing out, it may hold none yet. */
  subscribe(group: string, topic: string, options?: SubscribeOptions): Promise<Subscription>;
  lag(group: string, topic: string): Promise<readonly PartitionLag[]>;
  /** Waits up to `waitMs` (default: not at all) for a lease to be free; null when it is not. */
  lease(name: string, options?: LeaseOptions): Promise<Lease | null>;
  /** Small values by their names, which the nodes of this broker share. Of several brokers: those of the first. */
  readonly registers: Registers;
  /** Ends subscriptions, gives leases back, waits for what is being published. */
  close(): Promise<void>;
}

export interface LeaseOptions {
  /** Default DEFAULT_LEASE_MS. */
  readonly ttlMs?: number;
  readonly waitMs?: number;
}

/** One member of a group. Its calls are made one after the other, by one actor. */
export interface Subscription {
  /** What it holds now. */
  readonly partitions: readonly number[];
  /** At least one and at most `most`, in the order of each partition; none when nothing came within `waitMs`. */
  take(most: number, waitMs: number): Promise<readonly Delivered[]>;
  /** In each partition everything up to the last of these. */
  commit(delivered: readonly Position[]): Promise<void>;
  /** Goes on from an offset of a partition that it holds. Commits nothing. */
  seek(partition: number, to: number | Beginning): Promise<void>;
  /** Leaves the group at once, so that the others need not wait for the session to end. What was not committed comes again. */
  close(): Promise<void>;
}

export interface Lease {
  readonly name: string;
  /** Higher than that of every holder before. */
  readonly epoch: number;
  /** False as soon as it is lost, or could be: no sign of life has been confirmed for three quarters of its time. */
  readonly held: boolean;
  /** Asks the broker. Rejects with LEASE_LOST when somebody else has it. */
  check(): Promise<void>;
  release(): Promise<void>;
}
