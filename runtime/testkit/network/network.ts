/**
 * Several nodes in one virtual time, over a simulated broker, under one seed.
 *
 * A node is given by how it begins (`Boot`): it opens its system on the life it is handed, its broker with `life.broker()`,
 * and everything else that a process of it would, over the code that `start` uses. Lives end, die and stand still as the
 * adversary wants; a node that died begins anew. What a boot keeps outside of the life is its disk, and survives.
 *
 * One thing happens at a time: a packet arrives, a wait is over, a timer of an actor is due. Then everything runs that this
 * makes possible, in the life it belongs to, before the next. So a run is a function of the seed.
 */
import {
  ActorSystem,
  type Adversary,
  type Clock,
  type MessageCounters,
  type Micros,
  type Random,
  type SystemOptions,
} from "../../mod.ts";
import { yieldToLoop } from "../../internal/wall.ts";
import { MICROS_PER_MS } from "../../time.ts";
import { passes } from "../../transport/errors.ts";
import { MemoryServer } from "../../transport/memory.ts";
import { Agenda } from "./agenda.ts";
import { type Boot, Life } from "./life.ts";
import { SimulatedServer, type Weather } from "./line.ts";
import { type NetworkRates, TICK_MS } from "./rates.ts";

/** Virtual time after which nodes that are told to end count as stuck. */
const END_MS = 120_000;

/** Who decides what happens: the adversary of the scenario. */
export interface Decides {
  /** While false nothing happens. */
  readonly active: boolean;
  happens(rate: number | undefined, kind: string, what: string): boolean;
  /** What decides within the system of one node. */
  on(node: string): Adversary;
}

export interface NetworkOptions {
  readonly rates: NetworkRates;
  readonly random: Random;
  readonly seed: number;
}

export class Network {
  now: Micros = 0;
  readonly clock: Clock = { now: () => this.now };
  /** All lives that there were, in their order. */
  readonly lives: Life[] = [];
  readonly server = new SimulatedServer(new MemoryServer());
  private readonly agenda = new Agenda();
  private readonly boots = new Map<string, Boot>();
  private failure: { readonly error: unknown } | null = null;
  private ending = false;

  constructor(private readonly options: NetworkOptions, private readonly adversary: Decides) {
    this.tick();
  }

  /** A node from now on: its first life begins at once. */
  node(name: string, boot: Boot): void {
    this.boots.set(name, boot);
    this.begin(name);
  }

  /** Lives that are not over. */
  get alive(): readonly Life[] {
    return this.lives.filter(({ over }) => !over);
  }

  /** Makes the system of a life, with the adversary in it. Once for each life. */
  open(life: Life, options: Partial<SystemOptions> = {}): ActorSystem {
    const { seed } = this.options;
    const adversary = this.adversary.on(life.node);
    const system = new ActorSystem({
      ...{ start: 0, idsAfter: life.number * 2 ** 32, patienceMs: 0, yieldMs: Infinity },
      ...options,
      ...{ seed: seed + life.number, speed: "max", adversary },
    });
    life.runs(system);
    return system;
  }

  async run({ until = Infinity }: { readonly until?: Micros } = {}): Promise<void> {
    await this.settle(this.alive);
    for (;;) {
      const soonest = this.alive.reduce<Life | null>(
        (best, life) => best === null || life.due < best.due ? life : best,
        null,
      );
      const [due, next] = [soonest?.due ?? Infinity, this.agenda.next];
      if (Math.min(due, next) > until || Math.min(due, next) === Infinity) break;
      this.now = Math.max(this.now, Math.min(due, next));
      if (next <= due) {
        const { owner, happens } = this.agenda.take();
        happens();
        await yieldToLoop();
        await this.settle(owner instanceof Life ? [owner] : []);
      } else await this.settle([soonest!]);
    }
    if (until !== Infinity) this.now = Math.max(this.now, until);
  }

  /** The faults are over: what was cut is joined, what stands still goes on, and every node has a life. */
  calm(): void {
    this.server.frozenUntil = 0;
    for (const life of this.alive) [life.frozenUntil, life.cutOut, life.cutIn] = [0, 0, 0];
  }

  /** All lives end in order. */
  async stop(): Promise<void> {
    this.ending = true;
    for (const life of this.alive) this.end(life);
    const end = this.now + END_MS * MICROS_PER_MS;
    while (this.alive.length > 0) {
      if (this.now >= end) {
        throw new Error(`${this.alive.map(({ node }) => node).join(", ")} did not end in ${END_MS} ms.`);
      }
      await this.run({ until: this.now + 10 * MICROS_PER_MS });
    }
  }

  /** Of all lives that have a system, added up. */
  counters(): MessageCounters {
    const sum = { enqueued: 0, handled: 0, rejected: 0, dropped: 0, expired: 0, dead: 0, inFlight: 0, unexplained: 0 };
    for (const { system } of this.lives) {
      if (system === null) continue;
      for (const [name, count] of Object.entries(system.counters())) sum[name as keyof typeof sum] += count;
    }
    return sum;
  }

  private begin(node: string): Life {
    const { rates: { answerMs = 100 } } = this.options;
    const life: Life = new Life({
      ...{ node, number: this.lives.length + 1, agenda: this.agenda, now: () => this.now },
      line: { server: this.server, answerMs, weather: this.weather(() => life) },
    });
    this.lives.push(life);
    this.boots.get(node)!(life).then((close) => {
      life.close = close;
      if (this.ending || life.ending) this.end(life);
    }, (error) => {
      // A process that cannot begin ends, and is begun again: its name is another's still, or the broker does not answer.
      if (passes(error) || (error as { readonly code?: unknown }).code === "NODE_TAKEN") this.dies(life, 0);
      else this.failure ??= { error };
    });
    return life;
  }

  /** Everything runs that can, without time. */
  private async settle(lives: readonly Life[]): Promise<void> {
    for (const life of lives) {
      do {
        await life.run();
        await yieldToLoop();
      } while (life.due <= this.now);
    }
    if (this.failure !== null) throw this.failure.error;
  }

  private weather(life: () => Life): Weather {
    const { rates: { lost, twice, torn, late, maxLateMs = 500, latencyMs: [least, most] = [1, 10] }, random } =
      this.options;
    const { adversary, server } = this;
    const draw = (ms: number) => Math.round(random.next() * ms * MICROS_PER_MS);
    return {
      latency: () => {
        const [usual, more] = [least * MICROS_PER_MS + draw(most - least), draw(maxLateMs)];
        return adversary.happens(late, "packet-late", `a packet of ${life().node} is late`) ? usual + more : usual;
      },
      requestLost: (what) =>
        adversary.happens(lost, "request-lost", `${life().node}: ${what}, the request is lost`) ||
        this.now < life().cutOut || this.now < server.frozenUntil,
      answerLost: (what) =>
        adversary.happens(lost, "answer-lost", `${life().node}: ${what}, the answer is lost`) ||
        this.now < life().cutIn,
      requestTwice: (what) => adversary.happens(twice, "request-twice", `${life().node}: ${what}, asked twice`),
      torn: (count, what) => {
        const kept = random.int(Math.max(1, count));
        return count > 1 && adversary.happens(torn, "torn", `${life().node}: of ${what} only ${kept} are kept`)
          ? kept
          : null;
      },
    };
  }

  private tick(): void {
    this.agenda.at(this.now + TICK_MS * MICROS_PER_MS, { over: false, frozenUntil: 0 }, () => {
      this.tick();
      if (!this.adversary.active || this.ending) return;
      this.strikeServer();
      for (const life of this.alive) if (life.close !== null && !life.ending) this.strike(life);
    });
  }

  private strikeServer(): void {
    const { rates: { outage, maxOutageMs = 1000 } } = this.options;
    const ms = this.span(maxOutageMs);
    if (this.adversary.happens(outage, "outage", `the broker answers nobody`)) this.server.frozenUntil = this.now + ms;
  }

  private strike(life: Life): void {
    const { adversary, options: { rates, random } } = this;
    const { cut, freeze, die, leave, twin, maxCutMs = 2000, maxFreezeMs = 2000, maxGoneMs = 1000 } = rates;
    // All is drawn whatever comes of it, so that leaving one out moves none of the others.
    const [cutFor, frozenFor, gone, way] = [
      this.span(maxCutMs),
      this.span(maxFreezeMs),
      this.span(maxGoneMs),
      random.int(3),
    ];
    const { node } = life;
    if (adversary.happens(cut, "cut", `${node} is cut off${["", ", outward", ", inward"][way]}`)) {
      if (way !== 2) life.cutOut = this.now + cutFor;
      if (way !== 1) life.cutIn = this.now + cutFor;
    }
    if (adversary.happens(freeze, "freeze", `${node} stands still`)) life.frozenUntil = this.now + frozenFor;
    if (adversary.happens(twin, "twin", `${node} stands still, and another of its name begins`)) {
      life.frozenUntil = this.now + 2 * frozenFor;
      // The newest of a name is the one that is kept alive.
      if (this.newest(node) === life) this.begin(node);
    } else if (adversary.happens(leave, "leave", `${node} ends in order`)) {
      this.end(life);
    } else if (adversary.happens(die, "die", `${node} dies`)) this.dies(life, gone);
  }

  private span(ms: number): Micros {
    return Math.round(this.options.random.next() * ms * MICROS_PER_MS);
  }

  private newest(node: string): Life {
    return this.lives.findLast((life) => life.node === node)!;
  }

  private dies(life: Life, gone: Micros): void {
    life.over = true;
    this.again(life, gone);
  }

  /** A life ends in order, as one does that has been told to. Its node begins anew. */
  end(life: Life): void {
    life.ending = true;
    if (life.close === null) return;
    const { close } = life;
    life.close = null;
    close().then(() => {
      life.over = true;
      this.again(life, 0);
    }, (error) => {
      this.failure ??= { error };
    });
  }

  /** A node without a life begins one. */
  private again(life: Life, gone: Micros): void {
    if (this.ending) return;
    this.agenda.at(this.now + gone, { over: false, frozenUntil: 0 }, () => {
      if (!this.ending && this.alive.every(({ node }) => node !== life.node)) this.begin(life.node);
    });
  }
}
