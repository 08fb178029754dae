/**
 * Several brokers as one: each topic belongs to a class, and the class says over which brokers it goes. The rule, and what it
 * promises, is in routes.ts.
 */
import type { Registers } from "../register.ts";
import { processMark } from "../../internal/wall.ts";
import type { Broker, Lease, LeaseOptions, Letter, PartitionLag, Publication } from "../broker.ts";
import type { SubscribeOptions, Subscription } from "../broker.ts";
import { BrokerError, checkName } from "../errors.ts";
import { checkSize, encodeFrame } from "../frame.ts";
import { DEFAULT_MAX_BYTES, DEFAULT_RETRY_MS } from "../broker.ts";
import { within } from "./answer.ts";
import { EveryWriter, FirstCopy, type Spread } from "./everywhere.ts";
import { Probe } from "./probe.ts";
import { Progress, type ProgressState } from "./progress.ts";
import { ClassSubscription } from "./reader.ts";
import { DEFAULT_ANSWER_MS, type Route, type RouteOptions } from "./routes.ts";
import { RouteWriter } from "./writer.ts";

/** Names of brokers in the order in which they are to be used; or all of them at once. */
export type ClassPlan = readonly string[] | "everywhere";

export interface ClassedOptions extends RouteOptions {
  /** Name of this node. */
  readonly node: string;
  /** Brokers and their circuit breakers; what opens late may be a `LastingBroker`. */
  readonly routes: readonly Route[];
  readonly classes: Readonly<Record<string, ClassPlan>>;
  /** The class of a topic; called once for each. */
  readonly classOf: (topic: string) => string;
  /** Default DEFAULT_MAX_BYTES, less what the mark takes. */
  readonly maxBytes?: number;
}

export interface ClassSubscribeOptions extends SubscribeOptions {
  /** What the group has dealt with, as it was kept with the effects. */
  readonly progress?: Progress | ProgressState;
}

/** Room for the mark of a letter. */
const MARK_BYTES = 1_000;

let producers = 0;

export class ClassedBroker implements Broker {
  readonly kind = "classed";
  private readonly producer: string;
  private readonly writers = new Map<string, RouteWriter | EveryWriter>();
  private readonly subscriptions = new Set<ClassSubscription>();
  private readonly probes: ReadonlyMap<Route, Probe>;
  private readonly answerMs: number;
  private subscribed = 0;
  private closed = false;

  /** Throws RangeError for a class that names a broker that there is not. */
  constructor(private readonly options: ClassedOptions) {
    const { node, routes, classes } = options;
    this.answerMs = options.answerMs ?? DEFAULT_ANSWER_MS;
    // No two objects bear one name: what a producer has numbered, no other one numbers.
    this.producer = `${node}/${processMark}.${++producers}`;
    for (const [name, plan] of Object.entries(classes)) {
      const unknown = plan === "everywhere" ? [] : plan.filter((one) => !routes.some((route) => route.name === one));
      if (unknown.length > 0 || plan.length === 0 || routes.length === 0) {
        throw new RangeError(`the class ${name} goes over ${unknown.join(", ") || "no broker"}, and there is none.`);
      }
    }
    const well = () => {
      for (const writer of this.writers.values()) if (writer instanceof RouteWriter) writer.look();
    };
    this.probes = new Map(routes.map((route) => [route, new Probe(node, route, this.answerMs, well)]));
  }

  async createTopic(topic: string, partitions?: number): Promise<void> {
    const made = await Promise.allSettled(
      this.routesOf(topic).map(({ broker }) => broker.createTopic(topic, partitions)),
    );
    const failed = made.filter((one) => one.status === "rejected");
    if (failed.length === made.length) throw failed[0].reason;
  }

  publish(topic: string, key: string, letter: Letter): Promise<void> {
    return this.publishBatch(topic, [{ key, letter }]);
  }

  // deno-lint-ignore require-await -- what is refused at once is a rejection, as the rest is
  async publishBatch(topic: string, publications: readonly Publication[]): Promise<void> {
    return this.writer(topic, publications).add(publications);
  }

  /** Of a class that goes everywhere: to every broker, and what each said by the time `past` is over. */
  publishEverywhere(topic: string, key: string, letter: Letter, past: Promise<unknown>): Promise<Spread> {
    const publications = [{ key, letter }];
    const writer = this.writer(topic, publications);
    if (writer instanceof EveryWriter) return writer.tell(publications, past);
    throw new RangeError(`the topic "${topic}" is of a class that goes over one broker at a time.`);
  }

  // deno-lint-ignore require-await -- the roads subscribe by themselves, each as soon as its broker answers
  async subscribe(group: string, topic: string, options: ClassSubscribeOptions = {}): Promise<Subscription> {
    this.refuseClosed();
    checkName("group", group);
    const { progress = {}, ...rest } = options;
    const everywhere = this.planOf(topic) === "everywhere";
    const known = progress instanceof Progress ? progress : new Progress(progress);
    const subscription: ClassSubscription = new ClassSubscription(
      this.routesOf(topic).map(({ broker }) => broker),
      group,
      topic,
      rest,
      everywhere ? new FirstCopy() : known,
      this.answerMs,
      peekGroup(group, this.options.node, ++this.subscribed),
      (self) => this.subscriptions.delete(self),
    );
    this.subscriptions.add(subscription);
    return subscription;
  }

  /** Of all brokers of its class, numbered as the subscription numbers them; rejects when one does not answer. */
  async lag(group: string, topic: string): Promise<readonly PartitionLag[]> {
    const routes = this.routesOf(topic);
    const lags = await Promise.all(routes.map(({ broker }) => broker.lag(group, topic)));
    return lags.flatMap((lag, at) => lag.map((one) => ({ ...one, partition: one.partition * routes.length + at })))
      .sort((a, b) => a.partition - b.partition);
  }

  /** Of the first broker alone: on two, two could hold it. While that one is down nobody gets one, and who has one loses it. */
  lease(name: string, options?: LeaseOptions): Promise<Lease | null> {
    return this.options.routes[0].broker.lease(name, options);
  }

  get registers(): Registers {
    return this.options.routes[0].broker.registers;
  }

  /** Of each topic that was published to: which broker carries it. */
  get carriers(): ReadonlyMap<string, string> {
    const carriers = new Map<string, string>();
    for (const [topic, writer] of this.writers) {
      if (writer instanceof RouteWriter && writer.carrier !== null) carriers.set(topic, writer.carrier);
    }
    return carriers;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    const writers = [...this.writers.values()].filter((writer) => writer instanceof RouteWriter);
    await Promise.all(writers.map((writer) => writer.close()));
    await Promise.all([...this.probes.values()].map((probe) => probe.close()));
    await Promise.all([...this.subscriptions].map((subscription) => subscription.close()));
    const patience = this.options.retryMs ?? DEFAULT_RETRY_MS;
    await Promise.all(this.options.routes.map(({ broker }) => within(broker.close(), patience)));
  }

  private planOf(topic: string): ClassPlan {
    const name = this.options.classOf(topic);
    const plan = this.options.classes[name];
    if (plan === undefined) throw new RangeError(`there is no class "${name}" for the topic "${topic}".`);
    return plan;
  }

  private routesOf(topic: string): readonly Route[] {
    checkName("topic", topic);
    const plan = this.planOf(topic);
    const { routes } = this.options;
    return plan === "everywhere" ? routes : plan.map((name) => routes.find((route) => route.name === name)!);
  }

  private writer(topic: string, publications: readonly Publication[]): RouteWriter | EveryWriter {
    this.refuseClosed();
    const mostBytes = (this.options.maxBytes ?? DEFAULT_MAX_BYTES) - MARK_BYTES;
    for (const publication of publications) checkSize(encodeFrame(publication), mostBytes);
    let writer = this.writers.get(topic);
    if (writer === undefined) {
      const routes = this.routesOf(topic);
      writer = this.planOf(topic) === "everywhere"
        ? new EveryWriter(topic, this.producer, routes)
        : new RouteWriter(topic, this.producer, routes, this.options, (at) => this.probes.get(routes[at])!.begin());
      this.writers.set(topic, writer);
    }
    return writer;
  }

  private refuseClosed(): void {
    if (this.closed) throw new BrokerError("BROKER_CLOSED", "the broker has been closed.");
  }
}

/** Used again after a restart, so that no server keeps more and more of them. */
function peekGroup(group: string, node: string, n: number): string {
  return `${group.slice(0, 40)}-peek-${node.replace(/[^A-Za-z0-9_-]/g, "_").slice(0, 40)}-${n}`;
}
