import assert from "node:assert/strict";
import {
  type ActorDef,
  type ActorRef,
  createRandom,
  type Delivery,
  type DeliveryControl,
  ReliableConsumer,
  ReliableProducer,
} from "../../runtime/mod.ts";
import { finish, settle, testSystem } from "../../runtime/testkit/mod.ts";

type Wire = Delivery<number> | DeliveryControl;

interface Faults {
  readonly drop: number;
  readonly repeat: number;
  readonly delay: number;
}

/** Passes everything on to `target`, badly. Every route has one for each direction. */
function lossy(target: () => ActorRef<never>, seed: number, faults: Faults): ActorDef<Wire> {
  return {
    type: "lossy",
    mailbox: { capacity: 1 << 20 },
    init(context) {
      const chance = createRandom(seed);
      let held = 0;
      const pass = (message: Wire) => (target() as ActorRef<Wire>).tell(message);
      return {
        receive(message) {
          if ("late" in message) return void pass((message as unknown as { late: Wire }).late);
          if (chance.next() < faults.drop) return;
          if (chance.next() < faults.repeat) pass(message);
          if (chance.next() < faults.delay) {
            const late = { late: message } as unknown as Wire;
            context.timers.once(`late-${held++}`, Math.floor(chance.next() * 50), late);
          } else pass(message);
        },
      };
    },
  };
}

async function transfer(count: number, seed: number, faults: Faults, window = 50) {
  const system = testSystem({ seed });
  const got: number[] = [];
  let most = 0;
  let refused = 0;
  const routes: { there?: ActorRef<Wire>; back?: ActorRef<Wire>; producer?: ActorRef<never> } = {};
  const consumer = system.start<Delivery<number>, void>("consumer", {
    type: "consumer",
    mailbox: { capacity: 1 << 20 },
    init() {
      const inbox = new ReliableConsumer<number>(window);
      return {
        receive: (delivery) =>
          inbox.receive({ ...delivery, replyTo: routes.back as ActorRef<DeliveryControl> }, (n) => got.push(n)),
      };
    },
  }, undefined);
  routes.there = system.start("there", lossy(() => consumer as ActorRef<never>, seed, faults), undefined);
  const producer = system.start<DeliveryControl | "go", void>("producer", {
    type: "producer",
    mailbox: { capacity: 1 << 20 },
    init(context) {
      const out = new ReliableProducer<number>(context, {
        id: "p",
        epoch: 0,
        target: routes.there as ActorRef<Delivery<number>>,
        resendAfter: 1000,
      });
      let next = 0;
      return {
        receive(message) {
          if (message !== "go") out.receive(message);
          while (next < count && out.send(next)) next++;
          if (next < count) refused++;
          most = Math.max(most, out.waiting);
        },
      };
    },
  }, undefined);
  routes.back = system.start("back", lossy(() => producer as ActorRef<never>, seed + 1, faults), undefined);
  producer.tell("go");
  await system.run({ until: 60_000_000 });
  await finish(system);
  return { got, most, refused };
}

const expected = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

Deno.test("Every message is delivered once and in order over a way that loses, repeats and reorders", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { got } = await transfer(2000, seed, { drop: 0.1, repeat: 0.1, delay: 0.2 });
    assert.deepEqual(got, expected(2000), `seed ${seed}`);
  }
});

Deno.test("A producer sends no further than the consumer is willing to take, and refuses what it cannot keep", async () => {
  const system = testSystem();
  const seen: number[] = [];
  const wire = system.start<Delivery<number>, void>("wire", {
    type: "wire",
    init: () => ({ receive: ({ sequence }) => void seen.push(sequence) }),
  }, undefined);
  const accepted: boolean[] = [];
  const producer = system.start<DeliveryControl, void>("p", {
    type: "p",
    init(context) {
      const out = new ReliableProducer<number>(context, { id: "p", epoch: 0, target: wire, buffer: 5 });
      for (let n = 0; n < 7; n++) accepted.push(out.send(n));
      return { receive: (control) => out.receive(control) };
    },
  }, undefined);
  await settle(system);
  assert.deepEqual(accepted, [true, true, true, true, true, false, false]);
  assert.deepEqual(seen, [1], "one message goes out to be heard of");
  producer.tell({ kind: "Confirmed", producer: "p", epoch: 0, sequence: 1, upTo: 3 });
  await settle(system);
  assert.deepEqual(seen, [1, 2, 3]);
  producer.tell({ kind: "Confirmed", producer: "p", epoch: 1, sequence: 3, upTo: 9 });
  await settle(system);
  assert.deepEqual(seen, [1, 2, 3], "the answer to another epoch is not ours");
  await finish(system);
});

Deno.test("Without loss nothing is sent twice and the producer never stops at a window", async () => {
  const { got, most } = await transfer(5000, 1, { drop: 0, repeat: 0, delay: 0 });
  assert.deepEqual(got, expected(5000));
  assert.ok(most <= 1024);
});

const to: ActorRef<DeliveryControl> = {
  id: 0,
  path: "/to",
  tell: () => "enqueued",
  urgent: () => "enqueued",
};
const delivery = (epoch: number, sequence: number): Delivery<string> => ({
  kind: "Delivery",
  producer: "p",
  epoch,
  sequence,
  message: `${epoch}/${sequence}`,
  replyTo: to,
});

Deno.test("A consumer takes a higher epoch from its beginning and nothing of a lower one", () => {
  const got: string[] = [];
  const consumer = new ReliableConsumer<string>();
  for (const [epoch, sequence] of [[1, 1], [1, 2], [2, 1], [1, 3], [2, 2], [2, 2]]) {
    consumer.receive(delivery(epoch, sequence), (message) => got.push(message));
  }
  assert.deepEqual(got, ["1/1", "1/2", "2/1", "2/2"]);
});

Deno.test("A consumer that kept its state does not see a message again", () => {
  const first = new ReliableConsumer<string>();
  first.receive(delivery(1, 1), () => {});
  const got: string[] = [];
  const second = new ReliableConsumer<string>(50, JSON.parse(JSON.stringify(first.state)));
  for (const sequence of [1, 2]) second.receive(delivery(1, sequence), (message) => got.push(message));
  assert.deepEqual(got, ["1/2"]);
});
