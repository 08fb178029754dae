/** Reliable delivery between actors of two nodes. */
import assert from "node:assert/strict";
import { type Delivery, type DeliveryControl, ReliableConsumer, ReliableProducer } from "../../runtime/mod.ts";
import { deliveryOf } from "../../runtime/remote/mod.ts";
import { until } from "../transport/letters.ts";
import { count, nodes } from "./nodes.ts";

const deliveries = deliveryOf(count);
const WINDOW = 8;
const MESSAGES = 400;

Deno.test("Reliable delivery over nodes sends no further than the demand, and comes once and in order while the way is cut", () =>
  nodes(async ({ node, server }) => {
    const seen: number[] = [];
    let sent = 0;
    let most = 0;
    const b = await node("b", (remote, system) => {
      const ref = system.start<Delivery<number>, void>("consumer", {
        type: "consumer",
        init() {
          const consumer = new ReliableConsumer<number>(WINDOW);
          return { receive: (delivery) => consumer.receive(delivery, (n) => void seen.push(n)) };
        },
      }, undefined);
      remote.offer("consumer", ref, deliveries);
    }, { silenceMs: 60_000 });
    const a = await node("a", undefined, { silenceMs: 60_000 });
    a.system.inject(() => {
      a.system.start<DeliveryControl | number, void>("producer", {
        type: "producer",
        init(context) {
          const target = a.remote.find("consumer", deliveries);
          const counting = {
            path: target.path,
            tell(delivery: Delivery<number>) {
              sent = Math.max(sent, delivery.sequence);
              most = Math.max(most, sent - seen.length);
              return target.tell(delivery);
            },
          };
          const producer = new ReliableProducer<number>(context as never, {
            ...{ id: "p", epoch: a.remote.epoch, target: counting, resendAfter: 300_000 },
          });
          context.timers.once("go", 0, 1);
          return {
            receive(message) {
              if (typeof message !== "number") return producer.receive(message);
              for (let n = 1; n <= MESSAGES; n++) assert.ok(producer.send(n));
            },
          };
        },
      }, undefined);
    });
    for (const [reached, cut] of [[50, a], [120, b], [200, a], [280, b]] as const) {
      await until(() => seen.length >= reached, `${reached} have come`, 60_000);
      cut.vanish();
      await new Promise((resolve) => setTimeout(resolve, 400));
      cut.comeBack();
    }
    await until(() => seen.length >= 340, "340 have come", 60_000);
    server.stop();
    await new Promise((resolve) => setTimeout(resolve, 400));
    server.start();
    await until(() => seen.length >= MESSAGES, "all have come", 60_000);
    assert.deepEqual(seen, Array.from({ length: MESSAGES }, (_, i) => i + 1));
    assert.ok(most <= WINDOW + 1, `${most} were under way`);
    assert.equal(a.remote.counters.unexplained, 0);
  }));
