/** Organisms and their hosts have no way to limits: nothing they can name, import or forge leads there. */
import assert from "node:assert/strict";
import { limitsDesk } from "../../../actors/controls/mod.ts";
import * as protocol from "../../../actors/protocol/mod.ts";
import { type LimitsMessage, type LimitsReply, type Mandate, MATRIX, mayAct } from "../../../actors/protocol/mod.ts";
import { ActorSystem } from "../../../runtime/mod.ts";
import { readImportGraph } from "../../../tools/import_graph.ts";
import { BOB, GROSS, openRig } from "./rig.ts";

Deno.test("no name that an actor could find leads to the limits desk", () => {
  const names = Object.entries(protocol)
    .filter(([, value]) => typeof value === "object" && value !== null && "name" in value && !Array.isArray(value))
    .map(([key]) => key);
  assert.deepEqual(names.sort(), ["DROP_COPY", "GUARDIAN", "MODE", "SURVEILLANCE", "VENUE"]);
});

Deno.test("no file that an organism or its host reaches by imports can change a limit", async () => {
  const { edges } = await readImportGraph();
  const reached = new Set(["actors/organisms/host.ts", "actors/organisms/desk.ts", "actors/organisms/organism.ts"]);
  for (const file of reached) for (const { from, to } of edges) if (from === file) reached.add(to);
  assert.ok(reached.size > 20);
  const ways = [...reached].filter((file) => /^actors\/(controls|access|node|console)\//.test(file));
  assert.deepEqual(ways, []);
});

Deno.test("a request with a mandate that somebody made up is refused, recorded and told, and changes nothing", async () => {
  using rig = openRig();
  const system = new ActorSystem({ seed: 1, start: 0, speed: "max" });
  const { issue, holderOf } = protocol.createMandates();
  const elsewhere = protocol.createMandates();
  const desk = system.start("limits-desk", limitsDesk, { keeper: rig.keeper, holderOf });
  const running = system.run();
  const ask = async (mandate: Mandate) => {
    const command = { verb: "tighten", ref: GROSS, value: "4000001", reason: "r" } as const;
    const answer = await system.ask<LimitsMessage, LimitsReply>(
      desk,
      (replyTo) => ({ kind: "LimitsRequest", mandate, command, from: "organism", replyTo }),
      1e9,
    );
    assert.ok(answer.ok);
    return answer.value;
  };
  const forged = [{}, BOB, { principal: BOB }, null, "owner", elsewhere.issue(BOB), structuredClone(issue(BOB))];
  for (const mandate of forged) {
    const reply = await ask(mandate as unknown as Mandate);
    assert.equal(reply.ok || reply.code, "NO_MANDATE");
  }
  assert.equal(rig.valueOf(GROSS), "5000000");
  assert.equal(rig.events.filter(({ code }) => code === "NO_MANDATE").length, forged.length);
  assert.match(rig.alerts[0], /without a mandate/);
  assert.ok((await ask(issue(BOB))).ok);
  assert.equal(rig.valueOf(GROSS), "4000001");
  system.halt();
  await running;
  await system.stop();
});

Deno.test("no role of those who write or run strategies may take an action that changes a limit", () => {
  const changing = Object.keys(MATRIX).filter((action) => /^(tighten|propose|approve|withdraw)-/.test(action));
  assert.equal(changing.length, 4);
  for (const action of changing) {
    for (const role of ["researcher", "trader", "operator"] as const) {
      assert.ok(!mayAct([role], action as keyof typeof MATRIX), `${role} ${action}`);
    }
  }
});
