/** Opens the broker of a kind by what a test knows of its server. */
import type { Broker, BrokerOptions } from "../../runtime/transport/mod.ts";
import type { Way } from "../../runtime/transport/way.ts";

export type ServerKind = "redis" | "nats" | "kafka";

export interface Adaptation extends BrokerOptions, Way {
  readonly maxLength?: number;
}

export async function openBroker(kind: ServerKind, options: Adaptation): Promise<Broker> {
  switch (kind) {
    case "redis":
      return await (await import("../../runtime/transport/redis.ts")).openRedis(options);
    case "nats":
      return await (await import("../../runtime/transport/nats.ts")).openNats(options);
    case "kafka":
      return await (await import("../../runtime/transport/kafka.ts")).openKafka(options);
  }
}
