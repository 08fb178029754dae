/** A broker's server that is reached through a chaos proxy only. */
import { ChaosProxy } from "./chaos_proxy.ts";
import { startKafka } from "./kafka.ts";
import { startNats } from "./nats.ts";
import { startRedis } from "./redis.ts";
import { freePort, type Service } from "./service.ts";

export interface BehindProxy extends AsyncDisposable {
  readonly service: Service;
  readonly proxy: ChaosProxy;
}

export async function startBehindProxy(kind: "redis" | "nats" | "kafka"): Promise<BehindProxy> {
  const port = freePort();
  const proxy = await ChaosProxy.start({ port });
  const start = {
    redis: () => startRedis({ port }),
    nats: () => startNats({ port }),
    // Kafka tells its clients where to come by.
    kafka: () => startKafka({ port, advertisedPort: proxy.port }),
  };
  const service = await start[kind]().catch(async (error) => {
    await proxy.stop();
    throw error;
  });
  return {
    service,
    proxy,
    async [Symbol.asyncDispose]() {
      await proxy.stop();
      await service.stop();
    },
  };
}
