/**
 * The way of one life of a node to the simulated broker. Every call is a request and an answer, each with a latency of its own,
 * so calls overtake each other. Either may be lost: then nothing comes, and the caller takes the broker for unreachable after
 * `answerMs`, though the call may have been carried out, or may still be. A request may arrive twice; of several records that
 * are to be kept a part may be, and no answer come.
 */
import type { Micros } from "../../mod.ts";
import { BrokerError } from "../../transport/errors.ts";
import type { Bounds, LogReader, LogServer, RawEntry, RawRecord, ReadFrom } from "../../transport/log.ts";
import type { MemoryServer } from "../../transport/memory.ts";
import type { Register } from "../../transport/register.ts";
import { MICROS_PER_MS } from "../../time.ts";
import type { Agenda, Entry, Owner } from "./agenda.ts";

/** What happens to the calls of one life. Asked for each, in the order of the calls. */
export interface Weather {
  /** How long a packet is under way. */
  latency(): Micros;
  requestLost(what: string): boolean;
  answerLost(what: string): boolean;
  requestTwice(what: string): boolean;
  /** How many of so many records are kept before the broker is gone; null: all. */
  torn(count: number, what: string): number | null;
}

export interface LineOptions {
  readonly server: SimulatedServer;
  readonly agenda: Agenda;
  readonly now: () => Micros;
  readonly owner: Owner;
  readonly weather: Weather;
  /** Milliseconds until a call that nobody answers is given up. */
  readonly answerMs: number;
}

/** The broker behind all lines: what it keeps outlives every node. */
export class SimulatedServer implements Owner {
  readonly over = false;
  frozenUntil = 0;
  private readonly readers = new Set<() => void>();

  constructor(readonly memory: MemoryServer) {}

  /** Keeps records, and wakes who waits for some. */
  keep(topic: string, entries: readonly RawEntry[]): void {
    for (const { partition, frame } of entries) this.memory.put(topic, partition, frame);
    for (const look of [...this.readers]) look();
  }

  look(topic: string, from: readonly ReadFrom[], most: number): readonly RawRecord[] {
    return from.flatMap(({ partition, offset }) => {
      const { first, records } = this.memory.log(topic, partition);
      const begin = Math.max(0, offset - first);
      return records.slice(begin, begin + most);
    }).slice(0, most);
  }

  /** Calls `look` whenever something is kept, until the returned function is called. */
  awaits(look: () => void): () => void {
    this.readers.add(look);
    return () => void this.readers.delete(look);
  }
}

/** The server's side of a call: answers now, or later. */
type Serve<T> = (answer: (result: T) => void) => void;

export class Line implements LogServer {
  readonly kind = "simulated";

  constructor(private readonly options: LineOptions) {}

  partitions(topic: string): Promise<number | null> {
    return this.ask("partitions", () => this.memory.topics.get(topic)?.length ?? null);
  }

  createTopic(topic: string, partitions: number): Promise<void> {
    return this.ask("createTopic", () => {
      const { topics } = this.memory;
      if (!topics.has(topic)) topics.set(topic, Array.from({ length: partitions }, () => ({ first: 0, records: [] })));
    });
  }

  append(topic: string, entries: readonly RawEntry[]): Promise<void> {
    const { server, weather } = this.options;
    const what = `${entries.length} letters for ${topic}`;
    const kept = weather.torn(entries.length, what);
    if (kept === null) return this.ask(what, () => server.keep(topic, entries));
    return this.call(what, () => server.keep(topic, entries.slice(0, kept)));
  }

  bounds(topic: string, partition: number): Promise<Bounds> {
    return this.ask("bounds", () => {
      const { first, records } = this.memory.log(topic, partition);
      return { first, next: first + records.length };
    });
  }

  reader(topic: string): Promise<LogReader> {
    const reader: LogReader = {
      read: (from, most, waitMs) => this.read(topic, from, most, waitMs),
      close: () => Promise.resolve(),
    };
    return this.ask("reader", () => {
      this.memory.log(topic, 0);
      return reader;
    });
  }

  read(name: string): Promise<Register | null>;
  read(topic: string, from: readonly ReadFrom[], most: number, waitMs: number): Promise<readonly RawRecord[]>;
  read(name: string, from?: readonly ReadFrom[], most = 0, waitMs = 0): Promise<unknown> {
    if (from === undefined) return this.ask(`read ${name}`, () => this.memory.registers.get(name) ?? null);
    const { server, agenda, now } = this.options;
    const places = from.map(({ partition, offset }) => ({ partition, offset }));
    return this.call<readonly RawRecord[]>(`letters of ${name}`, (answer) => {
      const found = server.look(name, places, most);
      if (found.length > 0 || waitMs === 0) return answer(found);
      const end = () => {
        forget();
        late.cancelled = true;
        answer(server.look(name, places, most));
      };
      const late: Entry = agenda.at(now() + Math.round(waitMs * MICROS_PER_MS), server, end);
      const forget = server.awaits(() => {
        if (server.look(name, places, most).length > 0) end();
      });
    }, waitMs);
  }

  write(name: string, value: string, revision: number): Promise<number | null> {
    return this.ask(`write ${name}`, () => this.memory.write(name, value, revision));
  }

  erase(name: string): Promise<void> {
    return this.ask(`erase ${name}`, () => void this.memory.registers.delete(name));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private get memory(): MemoryServer {
    return this.options.server.memory;
  }

  private ask<T>(what: string, execute: () => T): Promise<T> {
    return this.call<T>(what, (answer) => answer(execute()));
  }

  /** `serve` that never answers is a call that was carried out and whose answer was lost. */
  private call<T>(what: string, serve: Serve<T>, waitMs = 0): Promise<T> {
    const { agenda, now, owner, server, weather, answerMs } = this.options;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const late = agenda.at(now() + Math.round((waitMs + answerMs) * MICROS_PER_MS), owner, () => {
      reject(new BrokerError("BROKER_UNREACHABLE", "the simulated broker does not answer."));
    });
    const back = (settle: () => void) => {
      const latency = weather.latency();
      if (weather.answerLost(what)) return;
      agenda.at(now() + latency, owner, () => {
        late.cancelled = true;
        settle();
      });
    };
    const arrive = (answered: boolean) => () => {
      try {
        serve((result) => answered && back(() => resolve(result)));
      } catch (error) {
        if (answered) back(() => reject(error));
      }
    };
    const [latency, later] = [weather.latency(), weather.latency()];
    const [lost, twice] = [weather.requestLost(what), weather.requestTwice(what)];
    if (!lost) agenda.at(now() + latency, server, arrive(true));
    // Only one of the two is answered.
    if (twice) agenda.at(now() + latency + later, server, arrive(false));
    return promise;
  }
}
