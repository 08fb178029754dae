/**
 * Two gateways and two holders of one shard, each a system of actors of its own in virtual time, over a model of a broker that
 * delays, repeats and loses letters, while nodes freeze and are cut off. Seats, doors and fences are the real ones; guardian
 * and organism are puppets. Everything is a function of the seed.
 *
 * What must hold, whatever happens: once a later gateway has taken an order no earlier one takes any; the same for holders
 * at one gateway; no order is taken twice nor out of its order; what a holder before left open is withdrawn before the next
 * one's first order; and when all is well again somebody trades.
 */
import { door, doorKeys, DoorState, type FromSeat } from "../../../actors/placement/door.ts";
import { type FromHolder, seat, SeatState } from "../../../actors/placement/seat.ts";
import { readHolderWord, readSeatWord } from "../../../actors/placement/words.ts";
import {
  GUARDIAN,
  type GuardianMessage,
  type StrategyMessage,
  VENUE,
  type VenueMessage,
} from "../../../actors/protocol/mod.ts";
import { type ActorDef, type ActorRef, ActorSystem, createRandom, MICROS_PER_MS } from "../../../runtime/mod.ts";
import type { Random } from "../../../runtime/mod.ts";
import type { Letter } from "../../../runtime/transport/mod.ts";
import { supervise, type SupervisorMessage, worker } from "../../../supervision/mod.ts";

const STEP_MS = 10;
const LEASE_MS = 400;
const SURE = 0.75;
const BEAT_MS = 50;
const ORDER_MS = 20;
/** With faults, and then without, so that somebody trades at the end. */
const FAULTY_MS = 6_000;
const QUIET_MS = 3_000;
const NAMES = ["g1", "g2", "h1", "h2"] as const;
type Name = typeof NAMES[number];

export interface Taken {
  readonly at: number;
  readonly gateway: number;
  readonly holder: number;
  readonly order: number;
  /** Whether everything was withdrawn since the holder before. */
  readonly clean: boolean;
}

export interface Outcome {
  readonly taken: readonly Taken[];
  /** Sentences; empty when everything held. */
  readonly broken: readonly string[];
  readonly gateways: number;
  readonly holders: number;
  readonly fenced: number;
}

/** A lease as the brokers have it: taken by whoever sees it unchanged for its time, lost to its holder before that. */
class LeaseModel {
  holder: Name | null = null;
  epoch = 0;
  changed = -Infinity;

  take(who: Name, now: number): boolean {
    if (this.holder !== null && now - this.changed < LEASE_MS) return false;
    [this.holder, this.epoch, this.changed] = [who, this.epoch + 1, now];
    return true;
  }

  /** Whether it was still its own. */
  beat(who: Name, epoch: number, now: number): boolean {
    if (this.holder !== who || this.epoch !== epoch) return false;
    this.changed = now;
    return true;
  }
}

interface Mine {
  readonly epoch: number;
  confirmed: number;
}

class Node {
  system = new ActorSystem({ seed: 1, start: 0, speed: "max", patienceMs: 1 });
  mine: Mine | null = null;
  frozenUntil = 0;
  cutUntil = 0;
  nextBeat = 0;
  /** Gateway epoch that a holder trades over. */
  over = 0;
  lives = 0;
  /** What could not be published while it was cut off: brokers send it as soon as they are reached again. */
  readonly outbox: { topic: "up" | "down"; letter: Letter }[] = [];
  readonly inbox: { at: number; topic: "up" | "down"; letter: Letter }[] = [];

  constructor(readonly name: Name) {}
}

export async function splitBrain(seed: number): Promise<Outcome> {
  const random = createRandom(seed);
  const world = new World(random);
  for (; world.now < FAULTY_MS + QUIET_MS; world.now += STEP_MS) await world.step();
  return world.outcome();
}

class World {
  now = 0;
  private readonly nodes = NAMES.map((name) => new Node(name));
  private readonly gateway = new LeaseModel();
  private readonly shard = new LeaseModel();
  private readonly taken: Taken[] = [];
  private fenced = 0;
  /** Epochs of holders, by the ids that they give out. */
  private readonly epochs = new Map<number, number>();
  private readonly clean = new Set<string>();

  constructor(private readonly random: Random) {}

  private chance = (p: number): boolean => this.random.next() < p;
  private upTo = (n: number): number => this.random.next() * n;
  private get faulty(): boolean {
    return this.now < FAULTY_MS;
  }

  async step(): Promise<void> {
    for (const node of this.nodes) {
      if (this.faulty && this.chance(0.004)) node.frozenUntil = this.now + this.upTo(1_500);
      if (this.faulty && this.chance(0.003)) node.cutUntil = this.now + this.upTo(1_500);
      if (this.now < node.frozenUntil) continue;
      if (!this.cut(node)) { for (const { topic, letter } of node.outbox.splice(0)) this.keep(topic, letter); }
      await this.lease(node);
      while (node.inbox.length > 0 && node.inbox[0].at <= this.now) this.deliver(node, node.inbox.shift()!);
      await node.system.run({ until: this.now * MICROS_PER_MS });
    }
  }

  private cut = (node: Node): boolean => this.now < node.cutUntil;
  private held = (node: Node, mine: Mine) => node.mine === mine && this.now - mine.confirmed < LEASE_MS * SURE;

  private async lease(node: Node): Promise<void> {
    const gateway = node.name.startsWith("g");
    const model = gateway ? this.gateway : this.shard;
    if (this.now >= node.nextBeat && !this.cut(node)) {
      node.nextBeat = this.now + LEASE_MS / 4;
      if (node.mine === null) {
        if (model.take(node.name, this.now)) {
          node.mine = { epoch: model.epoch, confirmed: this.now };
          await this.begin(node);
        }
      } else if (model.beat(node.name, node.mine.epoch, this.now)) node.mine.confirmed = this.now;
      else node.mine = null;
      // Who hosts organisms hears of another gateway now and then.
      if (!gateway && node.mine !== null && this.gateway.epoch !== node.over) await this.begin(node);
    }
  }

  /** A gateway or a holder begins anew: a system of its own, as a process or a session has. */
  private async begin(node: Node): Promise<void> {
    await node.system.stop();
    const start = this.now * MICROS_PER_MS;
    const life = ++node.lives * (node.name.endsWith("1") ? 1 : 1_000);
    this.epochs.set(life, node.mine!.epoch);
    node.system = new ActorSystem({ seed: 1, start, speed: "max", patienceMs: 1, idsAfter: life * 2 ** 32 });
    if (node.name.startsWith("g")) this.beginGateway(node, node.mine!);
    else this.beginHolder(node, node.mine!);
  }

  private beginGateway(node: Node, mine: Mine): void {
    const state = new SeatState();
    node.system.start<GuardianMessage, void>("guardian", {
      type: "guardian",
      init: (context) => {
        context.register(GUARDIAN);
        return {
          receive: (message) => {
            const place = String(mine.epoch);
            if (message.kind === "AttachStrategy") {
              message.subscriber.tell({ kind: "PositionSnapshot", strategy: 1, positions: [] });
            } else if (message.kind === "CancelAll") this.clean.add(place);
            else if (message.kind === "SubmitOrder") {
              const holder = this.epochs.get(Math.floor(message.orderId / 2 ** 32))!;
              const before = this.taken.findLast(({ gateway }) => gateway === mine.epoch);
              const clean = before?.holder === holder || this.clean.has(place);
              this.clean.delete(place);
              this.taken.push({ at: this.now, gateway: mine.epoch, holder, order: message.orderId, clean });
            }
          },
        };
      },
    }, undefined);
    node.system.start<VenueMessage, void>("venue", {
      type: "venue",
      init: (context) => {
        context.register(VENUE);
        return { receive() {} };
      },
    }, undefined);
    node.system.start("seat", seat, {
      shard: "s",
      strategy: 1,
      instruments: [0],
      state,
      node: node.name,
      epoch: mine.epoch,
      config: "same",
      mayTrade: () => this.held(node, mine),
      send: (letter) => this.send(node, "down", letter),
      note: ({ event }) => void (event === "shard-fenced" && this.fenced++),
      beatEvery: BEAT_MS * MICROS_PER_MS,
      silence: LEASE_MS * SURE * MICROS_PER_MS,
    });
  }

  private beginHolder(node: Node, mine: Mine): void {
    node.over = this.gateway.epoch;
    const { system } = node;
    const root: ActorRef<SupervisorMessage> = supervise(system, "s", {
      id: "s",
      strategy: "rest_for_one",
      children: [
        worker("door", door, {
          shard: "s",
          strategy: 1,
          instruments: [0],
          state: new DoorState(),
          node: node.name,
          epoch: mine.epoch,
          gateway: node.over,
          config: "same",
          killed: () => null,
          held: () => this.held(node, mine),
          send: (letter) => this.send(node, "up", letter),
          again: () => {
            root.tell({ kind: "TerminateChild", id: "organism" });
            root.tell({ kind: "RestartChild", id: "organism" });
          },
          over: () => {},
          beatEvery: BEAT_MS * MICROS_PER_MS,
          silence: LEASE_MS * SURE * MICROS_PER_MS,
        }),
        worker("organism", puppet, undefined),
      ],
    });
  }

  private send(from: Node, topic: "up" | "down", letter: Letter): void {
    if (this.faulty && this.chance(0.002)) return;
    if (this.cut(from)) from.outbox.push({ topic, letter });
    else this.keep(topic, letter);
  }

  private keep(topic: "up" | "down", letter: Letter): void {
    for (const node of this.nodes) {
      if (node.name.startsWith("g") !== (topic === "up")) continue;
      const times = this.faulty && this.chance(0.02) ? 2 : 1;
      for (let n = 0; n < times; n++) {
        // One partition has one order for all its readers.
        const last = node.inbox.findLast((one) => one.topic === topic)?.at ?? 0;
        node.inbox.push({ at: Math.max(last, this.now + this.upTo(40)), topic, letter });
      }
    }
  }

  private deliver(node: Node, { topic, letter }: Node["inbox"][number]): void {
    const { node: from, epoch, sequence } = letter.envelope;
    if (topic === "up") {
      const ref = node.system.find("/seat") as ActorRef<FromHolder> | undefined;
      const words = readHolderWord(letter);
      if (ref) node.system.deliver(ref, { kind: "FromHolder", node: from, epoch, sequence, ...words }, letter.envelope);
    } else {
      const ref = node.system.find("/s/door") as ActorRef<FromSeat> | undefined;
      const words = readSeatWord(letter);
      if (ref) node.system.deliver(ref, { kind: "FromSeat", epoch, sequence, ...words }, letter.envelope);
    }
  }

  outcome(): Outcome {
    const { taken } = this;
    const broken: string[] = [];
    const [seen, last] = [new Set<number>(), new Map<string, number>()];
    for (const [i, one] of taken.entries()) {
      const before = taken[i - 1];
      const where = `at ${one.at} ms: gateway ${one.gateway} took order ${one.order} of holder ${one.holder}`;
      if (before && one.gateway < before.gateway) broken.push(`${where} after gateway ${before.gateway} had taken one`);
      else if (before?.gateway === one.gateway && one.holder < before.holder) {
        broken.push(`${where} after holder ${before.holder}`);
      }
      if (seen.has(one.order)) broken.push(`${where} a second time`);
      seen.add(one.order);
      const key = `${one.gateway}/${one.holder}`;
      if (one.order < (last.get(key) ?? 0)) broken.push(`${where} behind a newer one`);
      last.set(key, one.order);
      if (!one.clean) broken.push(`${where} before the orders of the holder before were withdrawn`);
    }
    if ((taken.at(-1)?.at ?? 0) < FAULTY_MS + QUIET_MS - 500) broken.push("nobody trades although all is well");
    return { taken, broken, gateways: this.gateway.epoch, holders: this.shard.epoch, fenced: this.fenced };
  }
}

type PuppetMessage = StrategyMessage | { readonly kind: "Order" } | { readonly kind: "Again" };

/** Attaches until it is answered, and orders from then on without looking at anything. */
const puppet: ActorDef<PuppetMessage> = {
  type: "puppet",
  init(context) {
    const keys = doorKeys("s");
    const orders = context.registry.get(keys.orders);
    const attach = () => orders.tell({ kind: "AttachStrategy", strategy: 1, subscriber: context.self, orders: [] });
    attach();
    context.timers.every("again", 100 * MICROS_PER_MS, { kind: "Again" });
    return {
      receive(message) {
        if (message.kind === "Again") attach();
        else if (message.kind === "PositionSnapshot") {
          context.timers.cancel("again");
          context.timers.every("order", ORDER_MS * MICROS_PER_MS, { kind: "Order" });
        } else if (message.kind === "Order") {
          orders.tell({
            kind: "SubmitOrder",
            orderId: context.nextId(),
            ...{ strategy: 1, instrument: 0, side: 0, orderType: 0, tif: 0, price: 1, quantity: 1 },
            ...{ postOnly: false, reduceOnly: false, time: 0, stamp: 0, cause: 0 },
          });
        }
      },
    };
  },
};
