/** What a message carries, here and on its way to another node. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type ActorDef,
  type ActorRef,
  Departures,
  EnvelopeError,
  fromHeaders,
  type MessageEnvelope,
  toHeaders,
  type WireEnvelope,
} from "../../runtime/mod.ts";
import { finish, pass, probe, settle, testSystem } from "../../runtime/testkit/mod.ts";

const count = fc.maxSafeNat();
const word = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 });
const envelope: fc.Arbitrary<WireEnvelope> = fc.record({
  node: word,
  epoch: count,
  sender: fc.option(word.map((name) => `/${name}`)),
  sequence: count,
  id: count,
  cause: count,
  root: count,
  deadline: fc.oneof(count, fc.constant(Infinity)),
  schema: fc.option(fc.record({ id: word, version: count }, { noNullPrototype: true })),
}, { noNullPrototype: true });

Deno.test("An envelope survives the way through headers, as text and as bytes", () => {
  fc.assert(fc.property(envelope, (sent) => {
    const headers = toHeaders(sent);
    for (const value of Object.values(headers)) assert.match(value, /^[!-~]+$/);
    assert.deepEqual(fromHeaders({ ...headers, "other-header": "\n" }), sent);
    const encoder = new TextEncoder();
    const bytes = Object.entries(headers).map(([name, value]) => [name, encoder.encode(value)] as const);
    assert.deepEqual(fromHeaders(Object.fromEntries(bytes)), sent);
  }));
});

Deno.test("Headers that are no envelope are refused with a sentence that names the header", () => {
  const good = toHeaders({
    node: "n",
    epoch: 1,
    sender: "/a",
    sequence: 1,
    id: 1,
    cause: 0,
    root: 1,
    deadline: 5,
    schema: { id: "orders", version: 2 },
  });
  for (const name of Object.keys(good)) {
    const optional = ["sender", "deadline", "schema"].some((part) => name === `cwts-${part}`);
    const { [name]: _, ...without } = good;
    if (optional) fromHeaders(without);
    else {assert.throws(() =>
        fromHeaders(without), (error) =>
        error instanceof EnvelopeError && error.message.includes(name));}
    for (const broken of ["", "ä", "%zz", "1.5\n"]) {
      assert.throws(
        () => fromHeaders({ ...good, [name]: broken }),
        (error) => error instanceof EnvelopeError && error.code === "ENVELOPE_HEADERS" && error.message.includes(name),
        `${name} = ${JSON.stringify(broken)}`,
      );
    }
  }
  assert.throws(() => fromHeaders({ ...good, "cwts-epoch": "9007199254740993" }), EnvelopeError);
});

/** Keeps the envelopes of what it handles. */
function keeper(more: Partial<ActorDef<string>> = {}) {
  const envelopes: MessageEnvelope[] = [];
  const def: ActorDef<string> = {
    type: "keeper",
    ...more,
    init: (context) => ({ receive: () => void envelopes.push(context.envelope!) }),
  };
  return { envelopes, def };
}

Deno.test("ids of a system begin behind the one that it is given", () => {
  const system = testSystem({ idsAfter: 2 ** 40 });
  assert.deepEqual([system.nextId(), system.nextId()], [2 ** 40 + 1, 2 ** 40 + 2]);
  for (const bad of [-1, 0.5, 2 ** 53]) assert.throws(() => testSystem({ idsAfter: bad }), RangeError);
});

Deno.test("An envelope names the epoch of its system and the schema of its receiver", async () => {
  const system = testSystem({ epoch: 7 });
  const { envelopes, def } = keeper({ schema: { id: "orders", version: 2 } });
  const plain = keeper();
  system.start("a", def, undefined).tell("x");
  system.start("b", plain.def, undefined).tell("x");
  await settle(system);
  const [{ epoch, schema, origin }] = envelopes;
  assert.deepEqual({ epoch, schema, origin }, { epoch: 7, schema: { id: "orders", version: 2 }, origin: null });
  assert.equal(plain.envelopes[0].schema, null);
  await finish(system);
});

Deno.test("A door numbers what each sender sends, from 1 and without a gap", async () => {
  const system = testSystem({ epoch: 3 });
  const departures = new Departures("node-1");
  const sent: WireEnvelope[] = [];
  const door = system.start("door", {
    type: "door",
    init: (context) => ({ receive: () => void sent.push(departures.stamp(context.envelope!)) }),
  }, undefined) as ActorRef<string>;
  const senders = ["a", "b"].map((name) =>
    system.start<number, void>(name, {
      type: "sender",
      init: () => ({
        receive(n) {
          for (let i = 0; i < n; i++) door.tell("x");
        },
      }),
    }, undefined)
  );
  senders[0].tell(2);
  senders[1].tell(1);
  senders[0].tell(1);
  await settle(system);
  assert.deepEqual(
    sent.map(({ sender, sequence, epoch, node }) => [node, epoch, sender, sequence]).sort(),
    [["node-1", 3, "/a", 1], ["node-1", 3, "/a", 2], ["node-1", 3, "/a", 3], ["node-1", 3, "/b", 1]],
  );
  assert.ok(sent.every(({ cause, root, id }) => cause > 0 && root === cause && id > cause));
  await finish(system);
});

const wire = (deadline = Infinity): WireEnvelope => ({
  node: "far",
  epoch: 2,
  sender: "/desk",
  sequence: 9,
  id: 41,
  cause: 40,
  root: 12,
  deadline,
  schema: null,
});

Deno.test("A message from another node keeps the envelope it came with, also for those who ask why", async () => {
  const system = testSystem();
  const seen = probe<string>(system, "seen");
  const { envelopes, def } = keeper();
  const keeps = system.start("keeper", def, undefined);
  const passes = system.start<string, void>("passes", {
    type: "passes",
    init: () => ({
      receive(message) {
        keeps.tell(message);
        seen.ref.tell(message);
      },
    }),
  }, undefined);
  system.deliver(passes, "hello", wire());
  await settle(system);
  assert.deepEqual(seen.messages, ["hello"]);
  const chain = system.debug.why(envelopes[0].id);
  assert.deepEqual(chain.map(({ receiver, origin }) => [receiver, origin]), [
    ["/keeper", undefined],
    ["/passes", { ...wire(), deadline: "none" }],
  ]);
  assert.equal(chain[0].root, chain[1].id);
  system.deliver(keeps, "again", wire());
  await settle(system);
  assert.deepEqual(envelopes[1].origin, wire());
  await finish(system);
});

Deno.test("A message from another node that awaits no answer says none where its deadline would stand", async () => {
  const system = testSystem();
  const frail: ActorDef<string> = {
    type: "frail",
    init: () => ({
      receive(message) {
        throw new Error(message);
      },
    }),
  };
  const ref = system.start("frail", frail, undefined);
  system.deliver(ref, "told", wire());
  await settle(system);
  system.deliver(system.start("other", frail, undefined), "asked", wire(500));
  await settle(system);
  const crashes = system.debug.crashes();
  assert.deepEqual(JSON.parse(JSON.stringify(crashes)), crashes);
  assert.deepEqual(crashes.map(({ message }) => message!.origin!.deadline), ["none", 500]);
  await finish(system);
});

Deno.test("A message from another node expires at the deadline that it came with", async () => {
  const system = testSystem();
  const { envelopes, def } = keeper();
  const ref = system.start("a", def, undefined);
  await pass(system, 100);
  system.deliver(ref, "late", wire(100));
  system.deliver(ref, "in time", wire(101));
  await settle(system);
  assert.deepEqual(envelopes.map(({ deadline }) => deadline), [101]);
  assert.equal(system.counters().expired, 1);
  await finish(system);
});

Deno.test("Nobody asks on behalf of a question from another node for longer than it is awaited", async () => {
  const system = testSystem();
  const silent = probe<unknown>(system, "silent");
  const failures: unknown[] = [];
  const ref = system.start<string, void>("a", {
    type: "a",
    init: (context) => ({
      async receive() {
        const answer = await context.ask(silent.ref, () => "?", 1_000_000);
        failures.push([answer.ok || answer.failure, context.clock.now()]);
      },
    }),
  }, undefined);
  system.deliver(ref, "question", wire(500));
  await pass(system, 2_000_000);
  assert.deepEqual(failures, [["timeout", 500]]);
  await finish(system);
});
