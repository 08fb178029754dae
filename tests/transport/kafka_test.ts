import assert from "node:assert/strict";
import { Kafka, logLevel, Partitioners, RequestQueue } from "../../runtime/transport/kafkajs.ts";
import { startKafka } from "../services/kafka.ts";
import { missing, need } from "../services/needs.ts";
import { pause } from "../services/service.ts";
import { brokerContract } from "./contract.ts";
import { letter } from "./letters.ts";
import { serverWorld, type World } from "./world.ts";

async function put(port: number, topic: string, partition: number, frame: string): Promise<void> {
  const kafka = new Kafka({ brokers: [`127.0.0.1:${port}`], logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  await producer.send({ topic, messages: [{ key: "k", value: frame, partition }] });
  await producer.disconnect();
}

let world: World;
brokerContract("kafka", async () => world = serverWorld("kafka", await startKafka(), put));

const absent = missing("kafka");

Deno.test({
  name: `an idle Kafka client does not look at its queue again and again${need(absent)}`,
  ignore: absent.length > 0,
  async fn() {
    const broker = await world.open("idle");
    await broker.publish("idle", "k", letter(1));
    const prototype = RequestQueue.prototype;
    const { checkPendingRequests } = prototype;
    let looks = 0;
    prototype.checkPendingRequests = function () {
      looks++;
      checkPendingRequests.call(this);
    };
    try {
      await pause(300);
    } finally {
      prototype.checkPendingRequests = checkPendingRequests;
      await broker.close();
    }
    // Unmended it looks every one or two milliseconds in each of two connections.
    assert.ok(looks < 10, `${looks} looks in 300 ms`);
  },
});
