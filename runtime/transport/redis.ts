/**
 * Redis Streams. A partition is a stream whose ids are `0-1`, `0-2` …, numbered by the server, so that an offset is a number
 * and a gap is a loss. Wants Redis 7, with `appendonly yes` and `appendfsync always` for nothing to be lost.
 *
 * Redis' own consumer groups are not used: they hand every entry to whoever asks, so two consumers would take turns within
 * one key, and what a dead one had comes back behind what is newer. Positions are kept in registers instead.
 *
 * One connection for each subscription, because what comes behind a blocking read waits for it.
 */
import { createClient, ErrorReply, MultiErrorReply } from "./redis_client.ts";
import type { Broker, BrokerOptions } from "./broker.ts";
import { BrokerError, full } from "./errors.ts";
import type { Bounds, LogReader, LogServer, RawEntry, RawRecord, ReadFrom } from "./log.ts";
import { LogBroker } from "./log_broker.ts";
import type { Register } from "./register.ts";
import { allWords, authorities, CONNECT_MS, greet, hostOf, HungUp, notConnected, type Way, words } from "./way.ts";

export interface RedisOptions extends BrokerOptions, Way {
  /**
   * Entries of a partition that are kept, about; default DEFAULT_MAX_LENGTH. Older ones go, read or not: keep what `lag`
   * says well below it.
   */
  readonly maxLength?: number;
}

/** A million messages of a partition: hours of a busy market, some hundred megabytes. */
export const DEFAULT_MAX_LENGTH = 1_000_000;

const RECONNECT_MS = 100;
/** A server that says nothing for so long is taken for gone; it is asked often enough in between. */
const SILENCE_MS = 10_000;
const PING_MS = 2_500;
/** The longest a read blocks, milliseconds: below SILENCE_MS. */
const LONGEST_BLOCK_MS = 2_000;

/** Registers go on where memory is full: they are few and small, and leases and commits hang on them. */
const WRITE = `#!lua flags=allow-oom
local at = tonumber(redis.call('HGET', KEYS[1], 'revision') or '0')
if at ~= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], 'value', ARGV[1], 'revision', at + 1)
return at + 1`;

const TOPICS = "cwts:topics";
const streamOf = (topic: string, partition: number): string => `cwts:topic:${topic}:${partition}`;
const registerOf = (name: string): string => `cwts:register:${name}`;

/** Opens a connection. Rejects with BROKER_UNREACHABLE, BROKER_LOGIN or BROKER_TLS. */
export async function openRedis(options: RedisOptions): Promise<Broker> {
  const ca = await authorities(options);
  const connection = await Connection.open(options, ca);
  return new LogBroker(new RedisServer(connection, options, ca), options);
}

/** What a connection replies, as RESP 2 has it. */
type Reply = string | number | null | readonly Reply[];

class Connection {
  private constructor(private readonly client: ReturnType<typeof makeClient>) {}

  static async open(way: Way, ca: string | undefined): Promise<Connection> {
    try {
      return await greet(() => Connection.greeted(way, ca));
    } catch (error) {
      throw notConnected("Redis", way, error, /WRONGPASS|NOAUTH|NOPERM|AUTH/);
    }
  }

  private static async greeted(way: Way, ca: string | undefined): Promise<Connection> {
    let connected = false;
    const client = makeClient(way, ca, () => connected);
    // Without a listener an error would end the process; what fails is told by the call that it fails.
    client.on("error", () => {});
    try {
      await client.connect();
      // A server that wants a user lets anybody connect, and says so at the first command.
      await client.ping();
      connected = true;
      return new Connection(client);
    } catch (error) {
      if (client.isOpen) client.destroy();
      throw closedAtOnce(error, way);
    }
  }

  async ask(...command: readonly string[]): Promise<Reply> {
    try {
      return await this.client.sendCommand(command) as Reply;
    } catch (error) {
      throw refused(error);
    }
  }

  /** All of them or none, in their order: a server that has no room for the first may have some for the second. */
  async together(commands: readonly (readonly string[])[]): Promise<void> {
    if (commands.length === 1) return void await this.ask(...commands[0]);
    const multi = this.client.multi();
    for (const command of commands) multi.addCommand(command);
    try {
      await multi.exec();
    } catch (error) {
      throw refused(error);
    }
  }

  close(): void {
    if (this.client.isOpen) this.client.destroy();
  }
}

function makeClient(way: Way, ca: string | undefined, connected: () => boolean) {
  const socket = {
    host: hostOf(way),
    port: way.port,
    connectTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    // The first connection is the caller's to try again.
    reconnectStrategy: (_tries: number, cause: Error) => connected() ? RECONNECT_MS : cause,
  };
  return createClient({
    RESP: 2,
    username: way.user,
    password: way.password,
    socket: way.tls === undefined ? socket : { ...socket, tls: true, ca },
    disableOfflineQueue: true,
    pingInterval: PING_MS,
  });
}

/** A server that speaks TLS hangs up on one that does not. */
function closedAtOnce(error: unknown, way: Way): unknown {
  if (way.tls !== undefined || !/closed unexpectedly|ECONNRESET/i.test(allWords(error))) return error;
  return new HungUp("it hung up: does it want TLS?", { cause: error });
}

/** Memory above its limit; a disk that takes nothing, which is a full one as a rule. */
const NO_ROOM = /^(OOM|MISCONF)/;

function refused(error: unknown): BrokerError {
  if (error instanceof BrokerError) return error;
  if (error instanceof MultiErrorReply) return refused(error.replies[error.errorIndexes[0]]);
  if (error instanceof ErrorReply && NO_ROOM.test(error.message)) return full("Redis", error.message, error);
  if (error instanceof ErrorReply && !/^(LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN)/.test(error.message)) {
    return new BrokerError("BROKER_REFUSED", `Redis refuses: ${error.message}`, { cause: error });
  }
  return new BrokerError("BROKER_UNREACHABLE", `Redis does not answer: ${words(error)}`, { cause: error });
}

class RedisServer implements LogServer {
  readonly kind = "redis";
  private readonly maxLength: string;

  constructor(
    private readonly connection: Connection,
    private readonly way: RedisOptions,
    private readonly ca: string | undefined,
  ) {
    this.maxLength = String(way.maxLength ?? DEFAULT_MAX_LENGTH);
  }

  async partitions(topic: string): Promise<number | null> {
    const count = await this.connection.ask("HGET", TOPICS, topic);
    return count === null ? null : Number(count);
  }

  async createTopic(topic: string, partitions: number): Promise<void> {
    await this.connection.ask("HSETNX", TOPICS, topic, String(partitions));
  }

  async append(topic: string, entries: readonly RawEntry[]): Promise<void> {
    await this.connection.together(
      entries.map((
        { partition, frame },
      ) => ["XADD", streamOf(topic, partition), "MAXLEN", "~", this.maxLength, "0-*", "f", frame]),
    );
  }

  async bounds(topic: string, partition: number): Promise<Bounds> {
    let info: readonly Reply[];
    try {
      info = await this.connection.ask("XINFO", "STREAM", streamOf(topic, partition)) as readonly Reply[];
    } catch (error) {
      if (error instanceof BrokerError && /no such key/.test(error.message)) return { first: 1, next: 1 };
      throw error;
    }
    const field = (name: string): Reply => info[info.indexOf(name) + 1];
    const next = offsetOf(field("last-generated-id")) + 1;
    const entry = field("first-entry") as readonly Reply[] | null;
    return { first: entry === null ? next : offsetOf(entry[0]), next };
  }

  async reader(topic: string): Promise<LogReader> {
    return new RedisReader(await Connection.open(this.way, this.ca), topic);
  }

  async read(name: string): Promise<Register | null> {
    const [value, revision] = await this.connection.ask("HMGET", registerOf(name), "value", "revision") as Reply[];
    return value === null ? null : { value: String(value), revision: Number(revision) };
  }

  async write(name: string, value: string, revision: number): Promise<number | null> {
    const written = await this.connection.ask("EVAL", WRITE, "1", registerOf(name), value, String(revision));
    return written === 0 ? null : Number(written);
  }

  async erase(name: string): Promise<void> {
    await this.connection.ask("DEL", registerOf(name));
  }

  close(): Promise<void> {
    this.connection.close();
    return Promise.resolve();
  }
}

class RedisReader implements LogReader {
  constructor(private readonly connection: Connection, private readonly topic: string) {}

  async read(from: readonly ReadFrom[], most: number, waitMs: number): Promise<readonly RawRecord[]> {
    const places = from.slice(0, most);
    // The count is for each stream.
    const count = Math.max(1, Math.floor(most / places.length));
    const block = waitMs < 1 ? [] : ["BLOCK", String(Math.min(LONGEST_BLOCK_MS, Math.floor(waitMs)))];
    const partitions = new Map(places.map(({ partition }) => [streamOf(this.topic, partition), partition]));
    const after = places.map(({ offset }) => `0-${Math.max(0, offset - 1)}`);
    const reply = await this.connection.ask(
      ...["XREAD", "COUNT", String(count), ...block, "STREAMS", ...partitions.keys(), ...after],
    ) as readonly (readonly [string, readonly (readonly [string, readonly string[]])[]])[] | null;
    const records: RawRecord[] = [];
    for (const [stream, entries] of reply ?? []) {
      const partition = partitions.get(stream)!;
      for (const [id, fields] of entries) {
        records.push({ partition, offset: offsetOf(id), frame: fields[0] === "f" ? fields[1] : null });
      }
    }
    return records;
  }

  close(): Promise<void> {
    this.connection.close();
    return Promise.resolve();
  }
}

function offsetOf(id: Reply): number {
  const [time, number] = String(id).split("-");
  if (time === "0") return Number(number);
  throw new BrokerError(
    "BROKER_REFUSED",
    `somebody numbered an entry ${String(id)}: only CWTS may write to its streams, by ids of the form 0-*.`,
  );
}
