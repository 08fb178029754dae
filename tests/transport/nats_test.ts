import { connect } from "@nats-io/transport-node";
import { startNats } from "../services/nats.ts";
import { brokerContract } from "./contract.ts";
import { serverWorld } from "./world.ts";

async function put(port: number, topic: string, partition: number, frame: string): Promise<void> {
  const connection = await connect({ servers: `127.0.0.1:${port}` });
  await connection.request(`cwts.${topic}.${partition}`, frame);
  await connection.close();
}

brokerContract("nats", async () => serverWorld("nats", await startNats(), put));
