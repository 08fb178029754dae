/**
 * The programs of `deno task bench actors` at small sizes, on every engine, each in its own process as when they are
 * measured. A program itself fails when a message is lost or a sum is wrong.
 */
import assert from "node:assert/strict";
import { CASES } from "../../bench/actors/cases.ts";
import { type Contender, CONTENDERS } from "../../bench/actors/engines.ts";
import { floor } from "../../bench/actors/engines/floor.ts";
import type { ActorEngine, Address, World } from "../../bench/actors/port.ts";
import type { Reply } from "../../bench/actors/wire.ts";
import { cleanUp } from "../../bench/opponents/otp.ts";
import { SMALL } from "./small.ts";

/** Cases in which a runtime of ours alone takes part. */
const OWN = ["restart", "restart-million", "stop-served"];

for (const contender of CONTENDERS) {
  const why = contender.absent();
  const need = why === null ? "" : ` [needs ${contender.name.startsWith("otp") ? "erl" : contender.name}]`;
  Deno.test({
    name: `${contender.name} does what the measured programs ask${need}`,
    ignore: why !== null,
    fn: async () => {
      const replies = await play(contender);
      for (const [name, reply] of replies) {
        if (reply.leavesOut === undefined) assert.ok(reply.value! > 0, `${name}: ${JSON.stringify(reply)}`);
      }
      const left = [...replies].filter(([, { leavesOut }]) => leavesOut !== undefined).map(([name]) => name);
      assert.deepEqual(left.filter((name) => !mayLeaveOut(contender.name, name)), []);
    },
  });
}

function mayLeaveOut(engine: string, name: string): boolean {
  if (engine === "cwts") return false;
  if (engine === "otp-gen-server") return !["tell", "ask", "spawn-stop", "memory", "restart"].includes(name);
  return [...OWN, "children-5000"].includes(name);
}

async function play(contender: Contender): Promise<Map<string, Reply>> {
  const process = contender.start();
  try {
    assert.match(await process.greeting(), /\d/);
    const replies = new Map<string, Reply>();
    for (const { name, parameters } of SMALL) replies.set(name, await process.run(name, parameters));
    return replies;
  } finally {
    await process.end();
    cleanUp();
  }
}

/** The floor, but one message in a hundred never arrives. */
const leaky: ActorEngine = {
  ...floor,
  open() {
    const world = floor.open() as World;
    let sent = 0;
    const leak = <M>(address: Address<M>): Address<M> => ({
      tell: (message) => ++sent % 100 === 0 ? undefined : address.tell(message),
    });
    return {
      spawn: (behaviour, capacity) => leak(world.spawn(behaviour, capacity)),
      child: (parent, behaviour) => leak(world.child(parent, behaviour)),
      supervised: async (into, behaviour, onGone) => {
        await world.supervised(into, behaviour, onGone);
        for (let i = 0; i < into.length; i++) into[i] = leak(into[i]);
      },
      finish: (goal) => world.finish(goal),
      close: () => world.close(),
    };
  },
};

Deno.test("there is no figure when a message was lost", async () => {
  for (const name of ["tell", "savina-count", "spawn-stop", "ask", "skynet-100k", "savina-fjthrput", "savina-big"]) {
    const { program, parameters } = SMALL.find((one) => one.name === name)!;
    const big = { ...parameters, ...("leaves" in parameters ? { leaves: 1_000 } : { actors: 200 }) };
    await assert.rejects(program!(leaky, big), /missing|would be a lie/, name);
  }
});

Deno.test("every case has a name of its own and parameters for a small run", () => {
  assert.equal(new Set(CASES.map(({ name }) => name)).size, CASES.length);
  for (const { name, parameters } of SMALL) {
    for (const [key, value] of Object.entries(parameters)) assert.ok(value > 0, `${name} has no small ${key}`);
  }
});
