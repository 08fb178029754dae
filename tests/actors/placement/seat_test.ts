import assert from "node:assert/strict";
import { letterOf } from "../../../actors/placement/words.ts";
import { TO_GATEWAY, TO_HOLDER } from "../../../actors/protocol/mod.ts";
import type { HolderWord, SeatWord } from "../../../actors/protocol/mod.ts";
import type { ActorRef } from "../../../runtime/mod.ts";
import type { SupervisorMessage } from "../../../supervision/mod.ts";
import { type Loop, loop, type LoopOptions } from "./loopback.ts";

const SHARD = "anglerfish-1";
const STRATEGY = 1;

const wish = (orderId: number, strategy = STRATEGY, instrument = 0): HolderWord => ({
  kind: "SubmitOrder",
  orderId,
  strategy,
  instrument,
  side: 0,
  orderType: 0,
  tif: 0,
  price: 100,
  quantity: 1,
  postOnly: false,
  reduceOnly: false,
  cause: 0,
});
const from = (epoch: number, sequence: number, word: HolderWord, to = 1) =>
  letterOf({ node: "elder", epoch, path: "/x", sequence }, TO_GATEWAY, { to, word }, null);
const decisions = (it: Loop) => it.gate.counters().decisions;
const events = (it: Loop, ...kinds: string[]) => it.events.filter(({ event }) => kinds.includes(event));
const resting = (it: Loop) => it.gate.exposure(STRATEGY, 0).openOrders;

/** Lets an organism trade for ten seconds, does `then` to it, and looks twenty seconds later. */
async function disturbed(
  then: (it: Loop) => void,
  look: (it: Loop, before: { decisions: number }) => void | Promise<void>,
  options: LoopOptions = {},
): Promise<void> {
  await loop(async (it) => {
    await it.until(10);
    assert.equal(it.seats.get(SHARD)!.halted, null, "it trades");
    const before = { decisions: decisions(it) };
    then(it);
    await it.until(30);
    await look(it, before);
  }, options);
}

Deno.test("an organism behind a seat has the fills it would have on the node itself, and the same kinds of records", async () => {
  const lived = (local: boolean) =>
    loop(async (it) => {
      await it.until(60);
      const { executions, rejected } = it.gate.counters();
      const pnl = [1, 2, 3].map((strategy) => it.node.parts.books.portfolio.profitAndLoss(strategy));
      return { fills: it.node.parts.books.fills, executions, rejected, pnl, kinds: it.kinds() };
    }, { local });
  const [there, here] = [await lived(false), await lived(true)];
  assert.ok(here.fills > 50);
  assert.deepEqual(there, here);
});

Deno.test("a node whose organisms live elsewhere is a function of its seed", async () => {
  const root = (seed: number) =>
    loop(async (it) => {
      await it.until(20);
      return it.root();
    }, { seed });
  assert.equal(await root(7), await root(7));
  assert.notEqual(await root(7), await root(8));
});

Deno.test("a lost letter of the holder halts the shard and withdraws its orders, and the organism begins anew", async () => {
  let lost = 0;
  await disturbed((it) => {
    it.way.up = (shard, _letter, { word }) => shard !== SHARD || word.kind !== "SubmitOrder" || lost++ > 0;
  }, (it, before) => {
    assert.deepEqual(events(it, "shard-halted").map(({ event: _, ...rest }) => rest), [
      { shard: SHARD, node: "organisms-1", epoch: 3, reason: "a letter of its holder is missing" },
    ]);
    assert.deepEqual(it.anew.map(({ shard }) => shard), [SHARD]);
    assert.equal(it.seats.get(SHARD)!.halted, null);
    assert.ok(decisions(it) > before.decisions, "it trades again");
  });
});

Deno.test("a lost letter of the gateway makes the organism begin anew", async () => {
  let lost = 0;
  await disturbed((it) => {
    it.way.down = (shard, _letter, { word }) => shard !== SHARD || word.kind !== "ExecutionReport" || lost++ > 0;
  }, (it) => {
    assert.deepEqual(it.anew, [{ shard: SHARD, reason: "a letter of the gateway is missing" }]);
    assert.equal(it.seats.get(SHARD)!.halted, null);
  });
});

Deno.test("letters that come twice are taken once", async () => {
  const run = (twice: boolean) =>
    loop(async (it) => {
      let again = false;
      it.way.up = (shard, letter) => {
        if (again || !twice) return true;
        again = true;
        it.up(shard, letter);
        again = false;
        return true;
      };
      await it.until(30);
      assert.deepEqual(it.anew, []);
      return it.gate.counters();
    });
  assert.deepEqual(await run(true), await run(false));
});

Deno.test("what an older holder says is refused, recorded and told, and reaches no gate", async () => {
  await loop(async (it) => {
    await it.until(10);
    const fenced: number[] = [];
    it.way.down = (_shard, _letter, { to, word }) => {
      if (word.kind === "ShardFenced") fenced.push(to);
      return true;
    };
    const before = decisions(it);
    it.up(SHARD, from(2, 900, wish(1)));
    it.up(SHARD, from(2, 901, { kind: "ShardAttach", config: "same", orders: [] }));
    await it.until(10.001);
    assert.equal(decisions(it), before);
    assert.deepEqual(events(it, "shard-fenced").map(({ event: _, ...rest }) => rest), [
      { shard: SHARD, node: "elder", epoch: 2, highest: 3, word: "SubmitOrder" },
      { shard: SHARD, node: "elder", epoch: 2, highest: 3, word: "ShardAttach" },
    ]);
    assert.deepEqual(fenced, [2, 2]);
    assert.equal(it.seats.get(SHARD)!.halted, null, "the one that holds it trades on");
  });
});

Deno.test("a later holder takes over: the orders of the one before are withdrawn, and it is told to stop", async () => {
  await loop(async (it) => {
    await it.until(10);
    assert.ok(resting(it) > 0);
    it.up(SHARD, from(4, 1, { kind: "ShardAttach", config: "same", orders: [] }));
    await it.until(10.1);
    assert.equal(resting(it), 0);
    await it.until(12);
    assert.match(it.over.join(), /anglerfish-1: a holder of epoch 4 trades now/);
    assert.equal(events(it, "shard-attached").at(-1)!.node, "elder");
  });
});

Deno.test("orders of a holder that was silent are withdrawn, and what it says late enters nothing", async () => {
  await loop(async (it) => {
    await it.until(10);
    it.way.up = (shard) => shard !== SHARD;
    await it.until(12);
    assert.equal(resting(it), 0);
    assert.equal(it.seats.get(SHARD)!.halted, "its holder is silent");
    const before = decisions(it);
    it.way.up = () => true;
    it.up(SHARD, from(3, it.doors.get(SHARD)!.sent + 1, wish(2 ** 40)));
    await it.until(12.01);
    assert.equal(decisions(it), before);
    assert.match(events(it, "shard-refused").at(-1)!.event, /refused/);
    await it.until(20);
    assert.equal(it.seats.get(SHARD)!.halted, null, "once it has begun anew it trades");
  });
});

Deno.test("a gateway that may have been replaced lets nothing in, and goes on when it holds its lease after all", async () => {
  await loop(async (it) => {
    await it.until(10);
    it.belief.gateway = false;
    await it.until(10.5);
    assert.equal(it.gate.counters().openOrders, 0);
    const before = it.gate.counters();
    await it.until(15);
    assert.equal(it.gate.counters().executions, before.executions);
    it.belief.gateway = true;
    await it.until(30);
    assert.ok(it.gate.counters().executions > before.executions);
  });
});

Deno.test("a gateway that hears letters for a later one halts its seats for good", async () => {
  await loop(async (it) => {
    await it.until(10);
    it.up(SHARD, from(3, 1, { kind: "ShardBeat" }, 2));
    await it.until(11);
    assert.equal(resting(it), 0);
    assert.match(it.seats.get(SHARD)!.halted!, /a gateway of epoch 2 is served now/);
    await it.until(20);
    assert.notEqual(it.seats.get(SHARD)!.halted, null);
    assert.equal(it.seats.get("platypus-1")!.halted, null);
  });
});

Deno.test("letters for a gateway before this one change nothing", async () => {
  await loop(async (it) => {
    await it.until(10);
    const before = decisions(it);
    it.up(SHARD, from(9, 1, wish(1), 0));
    await it.until(10.001);
    assert.deepEqual([decisions(it), it.seats.get(SHARD)!.fence.epoch], [before, 3]);
  });
});

Deno.test("what a gateway before this one said to a holder opens and ends nothing", async () => {
  await loop(async (it) => {
    // The gateway of today is silent: nothing newer has been heard.
    it.way.down = (_shard, { envelope: { node } }) => node === "elder";
    await it.until(1);
    let sequence = 0;
    const say = (word: SeatWord) =>
      it.down(
        SHARD,
        letterOf({ node: "elder", epoch: 0, path: "/x", sequence: ++sequence }, TO_HOLDER, { to: 3, word }, null),
      );
    say({ kind: "ShardAttached" });
    say({ kind: "ShardFenced", epoch: 9 });
    await it.until(2);
    const { halted, refused, fence } = it.doors.get(SHARD)!;
    assert.deepEqual([halted, refused, fence.last], ["the seat has not answered yet", false, 0]);
    assert.deepEqual(it.over, []);
  });
});

Deno.test("a holder whose lease is not confirmed lets no order out, and trades again when it is", async () => {
  await loop(async (it) => {
    await it.until(10);
    it.belief.shards = false;
    const said: string[] = [];
    it.way.up = (_shard, _letter, { word }) => {
      said.push(word.kind);
      return true;
    };
    // At once, and not only when the next sign of life is due.
    const door = it.system.find(`/node/elsewhere/${SHARD}/door`) as ActorRef<unknown>;
    door.tell({ ...wish(2 ** 41), time: 0, stamp: 0 });
    await it.until(15);
    assert.deepEqual(said, []);
    assert.equal(it.gate.counters().openOrders, 0);
    it.belief.shards = true;
    await it.until(20);
    const later = new Set<string>(said);
    assert.ok(later.has("ShardAttach") && later.has("SubmitOrder"));
  });
});

Deno.test("a holder of another configuration trades nothing, and one sentence says why", async () => {
  await loop(async (it) => {
    await it.until(5);
    assert.equal(it.node.parts.books.submitted, 0);
    const refused = events(it, "shard-refused").filter(({ shard }) => shard === SHARD);
    assert.equal(refused.length, 1);
    assert.match(
      (refused[0] as { reason: string }).reason,
      /the holder runs the configuration other and the gateway same/,
    );
    assert.equal(it.over.length, 3);
  }, { config: "other" });
});

Deno.test("an order for another organism, or in an instrument that was not given, halts the shard that asks", async () => {
  for (const bad of [wish(2 ** 40, 2), wish(2 ** 40, STRATEGY, 1)]) {
    await loop(async (it) => {
      await it.until(10);
      const before = it.node.parts.books.submitted;
      it.up(SHARD, from(3, it.doors.get(SHARD)!.sent + 1, bad));
      await it.until(10.0001);
      assert.equal(it.node.parts.books.submitted, before);
      const [halted] = events(it, "shard-halted") as { reason: string }[];
      assert.match(halted.reason, /a SubmitOrder for strategy \d is not this organism's/);
      assert.equal(it.seats.get(SHARD)!.halted, null, "it has begun anew");
    });
  }
});

Deno.test("a kill reaches an organism that lives elsewhere as it does one of the node", async () => {
  await loop(async (it) => {
    await it.until(10);
    void it.node.view.kill(`organism:${SHARD}`, "test", "tester");
    await it.until(10.5);
    assert.equal(resting(it), 0);
    const view = it.system.inspect(`/node/elsewhere/${SHARD}/organism`) as { halted: { state: string }[] };
    assert.deepEqual(view.halted.map(({ state }) => state), ["KILLED"]);
  });
});

Deno.test("a guardian that crashes is asked about open orders, and nobody begins anew", async () => {
  await loop(async (it) => {
    await it.until(10);
    it.system.crash(it.system.find("/node/guard/guardian")!, new Error("on purpose"));
    const before = decisions(it);
    await it.until(20);
    assert.deepEqual(it.anew, []);
    assert.ok(decisions(it) > before);
    assert.equal(it.system.counters().unexplained, 0);
  });
});

Deno.test("a seat or a door that crashes makes its organism begin anew, and the others trade on", async () => {
  for (const path of [`/node/organisms/${SHARD}`, `/node/elsewhere/${SHARD}/door`]) {
    await loop(async (it) => {
      await it.until(10);
      it.system.crash(it.system.find(path)!, new Error("on purpose"));
      const before = it.gate.counters().executions;
      await it.until(20);
      for (const [shard, seat] of it.seats) assert.equal(seat.halted, null, `${shard} after ${path}`);
      assert.ok(it.gate.counters().executions > before);
    });
  }
});

Deno.test("a holder that is told to end says so, and what its organism left open is withdrawn at once", async () => {
  await loop(async (it) => {
    await it.until(10);
    assert.ok(resting(it) > 0);
    const elsewhere = it.system.find("/node/elsewhere") as ActorRef<SupervisorMessage>;
    elsewhere.tell({ kind: "TerminateChild", id: SHARD });
    await it.until(10.05);
    assert.equal(resting(it), 0);
    const [halted] = events(it, "shard-halted") as { reason: string }[];
    assert.equal(halted.reason, "its holder gave it up");
  });
});

Deno.test("a kill at the door keeps orders on their node: the organism hears that they are refused, and trades on when it is over", async () => {
  await loop(async (it) => {
    await it.until(10);
    let left = 0;
    it.way.up = (_shard, _letter, { word }) => {
      if (word.kind === "SubmitOrder" || word.kind === "AmendOrder") left++;
      return true;
    };
    it.belief.killed = { killed: true, reason: "drill" };
    await it.until(60);
    const kept = [...it.doors.values()].reduce((sum, { kept }) => sum + kept, 0);
    assert.ok(kept > 5, `${kept} orders were kept`);
    assert.equal(left, 0, "no order and no amendment has left");
    assert.deepEqual(it.anew, [], "nobody begins anew for a kill");
    it.belief.killed = null;
    await it.until(120);
    assert.ok(left > 5, "they trade on");
    for (const [shard, state] of it.seats) assert.equal(state.halted, null, shard);
  });
});
