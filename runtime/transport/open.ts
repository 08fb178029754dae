/** A broker of any kind, whose client is imported when it is opened. */
import type { Broker, BrokerOptions } from "./broker.ts";
import type { Way } from "./way.ts";

export interface BrokerPlace extends Way {
  readonly kind: "redis" | "nats" | "kafka";
}

export interface OpenOptions extends BrokerOptions {
  /** Messages of a partition that are kept, about; Kafka keeps by its own rules. */
  readonly maxLength?: number;
}

/** Rejects with BROKER_UNREACHABLE, BROKER_LOGIN or BROKER_TLS. */
export async function openBroker({ kind, ...way }: BrokerPlace, options: OpenOptions): Promise<Broker> {
  switch (kind) {
    case "redis":
      return await (await import("./redis.ts")).openRedis({ ...options, ...way });
    case "nats":
      return await (await import("./nats.ts")).openNats({ ...options, ...way });
    case "kafka":
      return await (await import("./kafka.ts")).openKafka({ ...options, ...way });
  }
}
