/** A member of a group over a `LogServer`: keeps up its membership, holds its share of the partitions, reads them. */
import type { Waiting, Wall } from "../internal/wall.ts";
import { type Beginning, DEFAULT_SESSION_MS, type Delivered, type Position, type Subscription } from "./broker.ts";
import type { SubscribeOptions } from "./broker.ts";
import { BrokerError, passes } from "./errors.ts";
import { deliver } from "./delivered.ts";
import { Holding, holdingRegister } from "./holding.ts";
import type { LogReader, LogServer } from "./log.ts";
import { Membership, share } from "./membership.ts";

/** Signs of life in a session: two may be lost. */
const BEATS = 4;
/** Between two tries of a server that does not answer, milliseconds. */
const PAUSE_MS = 50;

export interface Group {
  readonly group: string;
  readonly topic: string;
  readonly partitions: number;
  readonly member: string;
}

const membersRegister = ({ group, topic }: Group): string => `members.${group}.${topic}`;

export class LogSubscription implements Subscription {
  private readonly holdings = new Map<number, Holding>();
  private readonly membership: Membership;
  private readonly sessionMs: number;
  private readonly from: Beginning;
  private readonly passing: boolean;
  private closed = false;
  private reads = 0;
  private sleep: Waiting | null = null;
  private changed = Promise.withResolvers<void>();
  private readonly running: Promise<void>;

  constructor(
    private readonly server: LogServer,
    private readonly group: Group,
    private readonly reader: LogReader,
    { from = "first", sessionMs = DEFAULT_SESSION_MS, passing = false }: SubscribeOptions,
    private readonly insist: <T>(call: () => Promise<T>) => Promise<T>,
    private readonly forget: () => void,
    private readonly wall: Wall,
  ) {
    [this.from, this.sessionMs, this.passing] = [from, sessionMs, passing];
    this.membership = new Membership(server, membersRegister(group), group.member, sessionMs, wall);
    this.running = this.run();
  }

  get partitions(): readonly number[] {
    return [...this.holdings.keys()].sort((a, b) => a - b);
  }

  async take(most: number, waitMs: number): Promise<readonly Delivered[]> {
    const until = this.wall.now() + waitMs;
    for (;;) {
      if (this.closed) throw closed();
      const left = Math.max(0, until - this.wall.now());
      const places = this.places();
      if (places.length === 0) {
        if (left === 0) return [];
        await this.change(left);
        continue;
      }
      try {
        const taken = await this.read(places, most, left);
        if (taken.length > 0) return taken;
      } catch (error) {
        if (!passes(error) || this.closed) throw error;
        await this.wall.sleep(Math.min(PAUSE_MS, left)).done;
      }
      if (this.wall.now() >= until) return [];
    }
  }

  async commit(delivered: readonly Position[]): Promise<void> {
    const upTo = new Map<number, number>();
    for (const { partition, offset } of delivered) upTo.set(partition, Math.max(upTo.get(partition) ?? 0, offset + 1));
    await Promise.all([...upTo].map(async ([partition, position]) => {
      const holding = this.holding(partition);
      try {
        await holding.commit(position);
      } catch (error) {
        if (error instanceof BrokerError && error.code === "PARTITION_LOST") this.drop(holding);
        throw error;
      }
    }));
  }

  async seek(partition: number, to: number | Beginning): Promise<void> {
    const holding = this.holding(partition);
    const next = typeof to === "number" ? to : await this.insist(() => this.begin(partition, to));
    holding.next = next;
    holding.turn++;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.sleep?.end();
    this.changed.resolve();
    this.forget();
    await this.running;
    // When the server is gone, the session ends by its time.
    await Promise.allSettled([...this.holdings.values()].map((holding) => holding.release()));
    this.holdings.clear();
    await this.membership.leave().catch(() => {});
    if (this.passing) await this.erase();
    await this.reader.close();
  }

  private async erase(): Promise<void> {
    const { group, topic, partitions } = this.group;
    const holdings = Array.from({ length: partitions }, (_, partition) => holdingRegister(group, topic, partition));
    // What a server that is gone keeps of it is small.
    await Promise.allSettled([membersRegister(this.group), ...holdings].map((name) => this.server.erase(name)));
  }

  private holding(partition: number): Holding {
    const holding = this.holdings.get(partition);
    if (holding !== undefined) return holding;
    throw new BrokerError("PARTITION_LOST", `partition ${partition} of "${this.group.topic}" is not held here.`);
  }

  /** Where to read on, another partition first each time, so that a full one does not keep the others waiting. */
  private places() {
    if (!this.membership.alive) return [];
    const places = [...this.holdings.values()].filter(({ leaving }) => !leaving)
      .map((holding) => ({ partition: holding.partition, offset: holding.next, holding, turn: holding.turn }));
    const begin = places.length === 0 ? 0 : this.reads++ % places.length;
    return [...places.slice(begin), ...places.slice(0, begin)];
  }

  private async read(places: ReturnType<LogSubscription["places"]>, most: number, waitMs: number) {
    // Not longer than a beat, so that a partition that comes meanwhile is read from as well.
    const records = await this.reader.read(places, most, Math.min(waitMs, this.sessionMs / BEATS));
    const current = new Map(places.map((place) => [place.partition, place]));
    const taken: Delivered[] = [];
    for (const record of records) {
      const { holding, turn } = current.get(record.partition)!;
      // Lost or sought elsewhere while the answer was under way.
      if (this.holdings.get(record.partition) !== holding || holding.turn !== turn || holding.leaving) continue;
      if (record.offset > holding.next) {
        const { partition } = record;
        taken.push({ kind: "lost", partition, offset: record.offset - 1, count: record.offset - holding.next });
      }
      taken.push(deliver(record));
      holding.next = record.offset + 1;
    }
    return taken;
  }

  private async change(mostMs: number): Promise<void> {
    const sleep = this.wall.sleep(Math.min(mostMs, this.sessionMs / BEATS));
    void this.changed.promise.then(() => sleep.end());
    await sleep.done;
  }

  private begin = async (partition: number, where: Beginning): Promise<number> =>
    (await this.server.bounds(this.group.topic, partition))[where];

  private drop(holding: Holding): void {
    if (this.holdings.get(holding.partition) === holding) this.holdings.delete(holding.partition);
  }

  private async run(): Promise<void> {
    while (!this.closed) {
      try {
        await this.balance();
      } catch (error) {
        // The next beat tries again; when all fail, the session ends and with it what is handed out.
        if (!passes(error)) await this.wall.sleep(PAUSE_MS).done;
      }
      if (this.closed) return;
      this.sleep = this.wall.sleep(this.sessionMs / BEATS);
      await this.sleep.done;
    }
  }

  private async balance(): Promise<void> {
    const beat = await this.membership.beat();
    if (beat === null || this.closed) return;
    const mine = share(beat, this.group.member, this.group.partitions);
    for (const holding of [...this.holdings.values()]) {
      // Taken out by the others while it was silent, or overtaken by a process of the same name.
      if (!await holding.verify()) {
        this.drop(holding);
        continue;
      }
      holding.leaving = !mine.has(holding.partition);
      // What has been handed out may still be committed; a subscriber that does not must not hold up the others.
      if (holding.leaving && (holding.settled || holding.patience-- <= 0)) await this.giveBack(holding);
    }
    for (const partition of mine) {
      if (this.closed) return;
      if (!this.holdings.has(partition)) await this.hold(partition, beat);
    }
  }

  private async giveBack(holding: Holding): Promise<void> {
    this.drop(holding);
    await holding.release().catch((error) => {
      if (!(error instanceof BrokerError)) throw error;
    });
  }

  private async hold(partition: number, members: readonly string[]): Promise<void> {
    const { group, topic, member } = this.group;
    const begin = () => this.begin(partition, this.from);
    const where = { group, topic, partition };
    const holding = await Holding.take(this.server, where, member, members, begin, this.insist);
    if (holding === null) return;
    this.holdings.set(partition, holding);
    const { resolve } = this.changed;
    this.changed = Promise.withResolvers<void>();
    resolve();
  }
}

function closed(): BrokerError {
  return new BrokerError("BROKER_CLOSED", "the subscription has been closed.");
}
