import assert from "node:assert/strict";
import { RequestQueue } from "../../runtime/transport/kafkajs.ts";
import { missing, need } from "../services/needs.ts";
import { pause } from "../services/service.ts";
import { brokerContract } from "./contract.ts";
import { letter } from "./letters.ts";
import { kafkaWorld } from "./kafka_world.ts";
import type { World } from "./world.ts";

let world: World;
brokerContract("kafka", async () => world = await kafkaWorld("4.3"));

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
