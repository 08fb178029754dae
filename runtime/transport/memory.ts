/**
 * A broker in the memory of one process: what the others are measured against, and where a system of one process starts.
 * Written to be read; whoever wants to know what a broker promises reads this one.
 */
import { Sleep } from "../internal/wall.ts";
import type { Broker, BrokerOptions } from "./broker.ts";
import { BrokerError, unknownTopic } from "./errors.ts";
import type { Bounds, LogReader, LogServer, RawEntry, RawRecord, ReadFrom } from "./log.ts";
import { LogBroker } from "./log_broker.ts";
import type { Register } from "./register.ts";

interface MemoryLog {
  /** Offset of the first record that is kept. */
  first: number;
  readonly records: RawRecord[];
}

/** The server: several brokers may be opened on one. */
export class MemoryServer {
  readonly topics = new Map<string, readonly MemoryLog[]>();
  readonly registers = new Map<string, Register>();
  private revisions = 0;
  private arrival = Promise.withResolvers<void>();
  private up = true;
  private readonly severed = new Set<string>();

  /** `maxLength`: records of a partition that are kept; the oldest go. */
  constructor(private readonly maxLength: number = Infinity) {}

  /** From now on it does not answer, as if it had been killed; it keeps what it has. */
  stop(): void {
    this.up = false;
  }

  start(): void {
    this.up = true;
  }

  /** From now on a node does not reach it, as if the node had died or its cable had been pulled. */
  sever(node: string): void {
    this.severed.add(node);
  }

  mend(node: string): void {
    this.severed.delete(node);
  }

  /** Throws where `node` gets no answer. */
  answer(node: string): void {
    if (this.up && !this.severed.has(node)) return;
    throw new BrokerError("BROKER_UNREACHABLE", "the memory broker does not answer.");
  }

  log(topic: string, partition: number): MemoryLog {
    const log = this.topics.get(topic)?.[partition];
    if (log === undefined) throw unknownTopic(topic);
    return log;
  }

  /** What stands on a topic need not be a letter. */
  put(topic: string, partition: number, frame: string | null): void {
    const log = this.log(topic, partition);
    log.records.push({ partition, offset: log.first + log.records.length, frame });
    if (log.records.length > this.maxLength) {
      log.records.shift();
      log.first++;
    }
    this.arrival.resolve();
    this.arrival = Promise.withResolvers();
  }

  /** Resolves when something is put anywhere, or the time is over. */
  async wait(ms: number): Promise<void> {
    const sleep = new Sleep(ms);
    void this.arrival.promise.then(() => sleep.end());
    await sleep.done;
  }

  write(name: string, value: string, revision: number): number | null {
    if ((this.registers.get(name)?.revision ?? 0) !== revision) return null;
    this.registers.set(name, { value, revision: ++this.revisions });
    return this.revisions;
  }
}

export function openMemory(server: MemoryServer, options: BrokerOptions): Promise<Broker> {
  return Promise.resolve(new LogBroker(new MemoryConnection(server, options.node), options));
}

class MemoryConnection implements LogServer {
  readonly kind = "memory";

  constructor(private readonly server: MemoryServer, private readonly node: string) {}

  partitions(topic: string): Promise<number | null> {
    return this.ask(() => this.server.topics.get(topic)?.length ?? null);
  }

  createTopic(topic: string, partitions: number): Promise<void> {
    return this.ask(() => {
      const { topics } = this.server;
      if (!topics.has(topic)) topics.set(topic, Array.from({ length: partitions }, () => ({ first: 0, records: [] })));
    });
  }

  append(topic: string, entries: readonly RawEntry[]): Promise<void> {
    return this.ask(() => {
      for (const { partition, frame } of entries) this.server.put(topic, partition, frame);
    });
  }

  bounds(topic: string, partition: number): Promise<Bounds> {
    return this.ask(() => {
      const { first, records } = this.server.log(topic, partition);
      return { first, next: first + records.length };
    });
  }

  reader(topic: string): Promise<LogReader> {
    const { server, node } = this;
    return this.ask(() => ({
      async read(from: readonly ReadFrom[], most: number, waitMs: number): Promise<readonly RawRecord[]> {
        const look = () =>
          from.flatMap(({ partition, offset }) => {
            const { first, records } = server.log(topic, partition);
            const begin = Math.max(0, offset - first);
            return records.slice(begin, begin + most);
          }).slice(0, most);
        server.answer(node);
        const found = look();
        if (found.length > 0 || waitMs === 0) return found;
        await server.wait(waitMs);
        server.answer(node);
        return look();
      },
      close: () => Promise.resolve(),
    }));
  }

  read(name: string): Promise<Register | null> {
    return this.ask(() => this.server.registers.get(name) ?? null);
  }

  erase(name: string): Promise<void> {
    return this.ask(() => void this.server.registers.delete(name));
  }

  write(name: string, value: string, revision: number): Promise<number | null> {
    return this.ask(() => this.server.write(name, value, revision));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  // deno-lint-ignore require-await -- what a server refuses is a rejection, as it is of the others
  private async ask<T>(answer: () => T): Promise<T> {
    this.server.answer(this.node);
    return answer();
  }
}
