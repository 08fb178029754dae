/**
 * The brokers of a role. One is enough; of several, each topic belongs to a class, and a class names its brokers in the order
 * in which they are used: what must be kept is "durable" (orders, reports), what is worth nothing when it is late is "fast"
 * (status), and configuration goes everywhere at once. Leases are of the first broker that is named, and of no other: two
 * brokers that do not hear each other could each give one out.
 */
import {
  type BrokerAddress,
  brokerName,
  type BrokerPlan,
  type Credentials,
  type TopicClass,
} from "../../../config/mod.ts";
import {
  type Broker,
  type BrokerOptions,
  ClassedBroker,
  LastingBroker,
  type RouteChange,
} from "../../../runtime/transport/mod.ts";
import { openBroker } from "../../../runtime/transport/open.ts";
import { createBreaker } from "../../../supervision/mod.ts";
import { ROUTE_BREAKER } from "../../cluster/mod.ts";
import type { CarrierStatus } from "../../protocol/mod.ts";

/** Letters of a partition that are kept: market data is worth nothing after seconds, and nobody reads back. */
const KEPT = 100_000;
/** How long a letter is tried while no broker of its class is well, and how long closing waits for one, milliseconds. */
const RETRY_MS = 5_000;

export type BrokerOpener = (options: BrokerOptions, onRoute?: (change: RouteChange) => void) => Promise<Broker>;

/**
 * The first broker has to answer, because leases are there; the others are used as soon as they do. `classOf`: the class of
 * a topic. `chance` spreads the looks at a failed one.
 */
export function brokersOpener(
  plan: BrokerPlan,
  { who, chance }: { readonly who: Credentials; readonly chance: () => number },
): BrokerOpener {
  const [leases, ...others] = plan.addresses;
  return async (options, onRoute = () => {}) => {
    const open = (address: BrokerAddress) => openBroker({ ...address, ...who }, { ...options, maxLength: KEPT });
    const first = await open(leases);
    if (others.length === 0) return first;
    const route = (address: BrokerAddress, broker: Broker) => ({
      ...{ name: brokerName(address), broker, breaker: createBreaker(ROUTE_BREAKER, chance) },
    });
    return new ClassedBroker({
      node: options.node,
      routes: [
        route(leases, first),
        ...others.map((one) => route(one, new LastingBroker(one.kind, () => open(one), RETRY_MS))),
      ],
      classes: { durable: plan.durable, fast: plan.fast, control: "everywhere" },
      classOf,
      retryMs: RETRY_MS,
      onRoute,
    });
  };
}

/** By the end of its name: the beginning is the cluster's. */
export function classOf(topic: string): TopicClass {
  if (topic.endsWith("-status")) return "fast";
  return topic.endsWith("-configuration") ? "control" : "durable";
}

/** Of a node with several brokers, by what it has published so far. */
export class Carriers {
  readonly #of = new Map<TopicClass, CarrierStatus>();

  hear({ topic, to, preferred }: RouteChange): void {
    const name = classOf(topic);
    this.#of.set(name, { class: name, broker: to, first: preferred });
  }

  get all(): readonly CarrierStatus[] {
    return [...this.#of.values()].sort((a, b) => (a.class < b.class ? -1 : 1));
  }
}
