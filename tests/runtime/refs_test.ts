/** Refs to some of an actor's messages, and refs that turn somebody else's messages into its own. */
import assert from "node:assert/strict";
import type { ActorDef, ActorRef, ServiceKey } from "../../runtime/mod.ts";
import { finish, probe, record, settle, testSystem } from "../../runtime/testkit/mod.ts";
import { supervise, worker } from "../../supervision/mod.ts";

interface Buy {
  readonly kind: "Buy";
  readonly lots: number;
}
interface Halt {
  readonly kind: "Halt";
}
type DeskMessage = Buy | Halt;

const accepts = <M>(_ref: ActorRef<M>): void => {};

Deno.test("A ref to all messages of an actor serves as a ref to some of them, and never the other way round", async () => {
  const system = testSystem();
  const desk = probe<DeskMessage>(system, "desk");
  const buyer: ActorRef<Buy> = desk.ref;
  accepts<Buy>(desk.ref);
  buyer.tell({ kind: "Buy", lots: 1 });
  // @ts-expect-error: a buyer cannot halt the desk.
  buyer.tell({ kind: "Halt" });
  // @ts-expect-error: a ref to some messages is none to all of them.
  const all: ActorRef<DeskMessage> = buyer;
  // @ts-expect-error: nor is one to others.
  accepts<{ readonly kind: "Sell" }>(desk.ref);
  // @ts-expect-error: a message has all its fields.
  desk.ref.tell({ kind: "Buy" });
  const nobody: ActorRef<never> = all;
  // @ts-expect-error: to a ref of nobody's kind nothing can be told.
  const tellNobody = () => nobody.tell({ kind: "Halt" });
  assert.equal(typeof tellNobody, "function");
  const key: ServiceKey<Buy> = { name: "desk" };
  const found: ActorRef<Buy> | undefined = system.registry.find(key);
  assert.equal(found, undefined);
  // @ts-expect-error: a name's holder takes what the key says and nothing else.
  const wrong: ActorRef<DeskMessage> | undefined = system.registry.find(key);
  assert.equal(wrong, undefined);
  await settle(system);
  assert.equal(desk.messages.length, 3);
  await finish(system);
});

interface Fill {
  readonly fill: number;
}
interface Booked {
  readonly kind: "Booked";
  readonly lots: number;
}

/** Hands its adapter to whoever asks for it, and records what it gets. */
function booking(seen: Booked[], adapters: ActorRef<Fill>[], more: Partial<ActorDef<Booked>> = {}): ActorDef<Booked> {
  return {
    type: "booking",
    ...more,
    init(context) {
      adapters.push(context.adapt<Fill>(({ fill }) => {
        if (fill < 0) throw new RangeError(`a fill of ${fill}`);
        return { kind: "Booked", lots: fill };
      }));
      return more.batch === undefined
        ? { receive: (message) => void seen.push(message) }
        : { receiveBatch: (messages) => void seen.push(...messages) };
    },
  };
}

Deno.test("An adapter turns messages of another kind into its actor's own, in their order", async () => {
  const system = testSystem();
  for (const batch of [undefined, 8]) {
    const [seen, adapters]: [Booked[], ActorRef<Fill>[]] = [[], []];
    const ref = system.start(`a${batch}`, booking(seen, adapters, { batch }), undefined);
    ref.tell({ kind: "Booked", lots: 1 });
    adapters[0].tell({ fill: 2 });
    ref.tell({ kind: "Booked", lots: 3 });
    adapters[0].urgent({ fill: 0 });
    await settle(system);
    assert.deepEqual(seen.map(({ lots }) => lots), [0, 1, 2, 3]);
    // @ts-expect-error: an adapter takes the foreign kind alone.
    const own: ActorRef<Booked> = adapters[0];
    assert.match(own.path, /^\/a(undefined|8)\/adapters\/\d+$/);
  }
  await finish(system);
});

Deno.test("What an adapter throws is a crash of its actor and not of the sender", async () => {
  for (const batch of [undefined, 8]) {
    const system = testSystem();
    const crashed = record(system, "crashed");
    const [seen, adapters]: [Booked[], ActorRef<Fill>[]] = [[], []];
    supervise(system, "top", {
      id: "top",
      strategy: "one_for_one",
      children: [worker("a", booking(seen, adapters, { batch }), undefined)],
    });
    adapters[0].tell({ fill: 1 });
    assert.equal(adapters[0].tell({ fill: -1 }), "enqueued");
    await settle(system);
    assert.deepEqual(crashed.map((event) => "reason" in event && event.reason), ["RangeError: a fill of -1"]);
    await finish(system);
  }
});

Deno.test("An adapter ends with its incarnation, and what comes to it later expires", async () => {
  const system = testSystem();
  const [seen, adapters]: [Booked[], ActorRef<Fill>[]] = [[], []];
  supervise(system, "top", {
    id: "top",
    strategy: "one_for_one",
    children: [worker("a", booking(seen, adapters), undefined)],
  });
  system.crash(system.find("/top/a")!, new Error("on purpose"));
  adapters[0].tell({ fill: 1 });
  await settle(system);
  assert.equal(adapters.length, 2);
  adapters[0].tell({ fill: 2 });
  adapters[1].tell({ fill: 3 });
  await settle(system);
  assert.deepEqual(seen.map(({ lots }) => lots), [3]);
  assert.equal(system.counters().expired, 2);
  await finish(system);
});

Deno.test("a monitor on an adapter watches its actor", async () => {
  const system = testSystem();
  const adapters: ActorRef<Fill>[] = [];
  const ref = system.start("a", booking([], adapters), undefined);
  const watcher = probe<never>(system, "watcher");
  watcher.watch(adapters[0]);
  await settle(system);
  assert.equal(watcher.signals.length, 0);
  await system.stop(ref);
  await settle(system);
  assert.deepEqual(watcher.signals.map((signal) => "path" in signal && signal.path), ["/a"]);
  await finish(system);
});

Deno.test("a mailbox that coalesces looks at what an adapter makes of a message, and leaves a failure to its actor", async () => {
  const system = testSystem();
  const crashed = record(system, "crashed");
  const [seen, adapters]: [Booked[], ActorRef<Fill>[]] = [[], []];
  const mailbox = { coalesce: ({ lots }: Booked) => lots % 2 };
  system.start("a", booking(seen, adapters, { mailbox }), undefined);
  for (const fill of [1, 2, 3]) adapters[0].tell({ fill });
  await settle(system);
  assert.deepEqual(seen.map(({ lots }) => lots), [3, 2]);
  assert.equal(adapters[0].tell({ fill: -1 }), "enqueued");
  await settle(system);
  assert.equal(crashed.length, 1);
  await finish(system);
});
