/** The brokers of a cluster, opened as soon as they answer: a node starts, and is killed, without those that do not. */
import { brokerName, type Credentials, parseBroker } from "../../config/mod.ts";
import { LastingBroker, type Route } from "../../runtime/transport/mod.ts";
import { openBroker } from "../../runtime/transport/open.ts";
import { MICROS_PER_MS, MICROS_PER_SECOND } from "../../runtime/mod.ts";
import { type BreakerOptions, createBreaker } from "../../supervision/mod.ts";

/** Two failures of the latest four open it; it is looked at again after half a second, and later each time. */
export const ROUTE_BREAKER: BreakerOptions = {
  window: 4,
  minimumCalls: 2,
  failureRate: 0.5,
  slowAfter: Infinity,
  slowRate: 1,
  openFor: 500 * MICROS_PER_MS,
  openFactor: 2,
  openMost: 10 * MICROS_PER_SECOND,
  jitter: 0.2,
  probes: 2,
  probeWithin: 10 * MICROS_PER_SECOND,
};

/** What is said about stopping is said again soon: a broker that does not answer is not asked for long. */
const RETRY_MS = 2_000;

/** One partition for each topic that is made: what is said about stopping needs no more. `chance` spreads the looks at a failed one. */
export function waysTo(
  urls: readonly string[],
  node: string,
  { who, chance }: { readonly who: Credentials; readonly chance: () => number },
): readonly (Route & { readonly broker: LastingBroker })[] {
  return urls.map((text) => {
    const url = parseBroker(text);
    const open = () => openBroker({ ...url, ...who }, { node, partitions: 1, retryMs: RETRY_MS });
    return {
      name: brokerName(url),
      broker: new LastingBroker(url.kind, open, RETRY_MS),
      breaker: createBreaker(ROUTE_BREAKER, chance),
    };
  });
}
