/**
 * Several brokers and what goes over which: each topic belongs to a class, and a class names its brokers in the order in which
 * they are used. "durable" is what must be kept, "fast" what is worth nothing when it is late, "control" goes everywhere.
 */
import { type BrokerAddress, brokerName, parseBroker, withoutPassword } from "./brokers.ts";
import { UserError } from "./errors.ts";

export const CLASSES = ["durable", "fast", "control"] as const;
export type TopicClass = typeof CLASSES[number];

export interface ClusterBrokers {
  /** Addresses; the first keeps the leases. */
  readonly addresses: readonly string[];
  /** Kinds or addresses, in the order in which they are used; absent: as they are given. */
  readonly durable?: readonly string[];
  /** Absent: Redis first, then NATS, then Kafka. */
  readonly fast?: readonly string[];
}

export interface BrokerPlan {
  readonly addresses: readonly BrokerAddress[];
  /** Names of brokers. */
  readonly durable: readonly string[];
  readonly fast: readonly string[];
}

const FASTEST = ["redis", "nats", "kafka"] as const;

/** Throws UserError BROKER_CLASS for a class that names a broker that there is not, and BROKER_URL. */
export function planOf({ addresses, durable, fast }: ClusterBrokers): BrokerPlan {
  const all = addresses.map((text) => {
    try {
      return parseBroker(text);
    } catch (error) {
      const shown = JSON.stringify(withoutPassword(text));
      throw new UserError("BROKER_URL", `--broker ${shown}: ${(error as Error).message}`);
    }
  });
  const names = all.map(brokerName);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new UserError("BROKER_CLASS", `the broker ${twice} is named twice: once is enough`);
  const speed = (at: number) => FASTEST.indexOf(all[at].kind);
  const byPace = names.map((_, at) => at).sort((a, b) => speed(a) - speed(b) || a - b).map((at) => names[at]);
  return { addresses: all, durable: named("durable", durable, all) ?? names, fast: named("fast", fast, all) ?? byPace };
}

function named(
  what: TopicClass,
  wanted: readonly string[] | undefined,
  all: readonly BrokerAddress[],
): readonly string[] | undefined {
  if (wanted === undefined || wanted.length === 0) return undefined;
  const found = wanted.flatMap((text) => {
    const mine = all.filter((one) => one.kind === text || brokerName(one) === nameOf(text));
    if (mine.length > 0) return mine.map(brokerName);
    throw new UserError(
      "BROKER_CLASS",
      `the class ${what} names ${text}, which is none of the brokers: there are ${all.map(brokerName).join(", ")}`,
    );
  });
  const twice = found.find((name, at) => found.indexOf(name) !== at);
  if (twice === undefined) return found;
  throw new UserError("BROKER_CLASS", `the class ${what} names ${twice} twice: once is enough`);
}

function nameOf(text: string): string | null {
  try {
    return brokerName(parseBroker(text));
  } catch {
    return null;
  }
}
