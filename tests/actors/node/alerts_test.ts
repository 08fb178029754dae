/** Alerts of a whole node: what rings, how nobody's answer stops trading, and what a second start finds. */
import assert from "node:assert/strict";
import { concern, type Principal } from "../../../actors/protocol/mod.ts";
import type { Config } from "../../../config/mod.ts";
import { ScopeState } from "../../../ffi/layout.gen.ts";
import { BOB, DAN } from "../alerts/rig.ts";
import { composed } from "./composed.ts";
import { records, run, withDirectory } from "./run.ts";

const attended = (acknowledgeS: number) => (config: Config): Config => ({
  ...config,
  alerts: { ...config.alerts, attended: "always", acknowledgeS },
});
const shown = (node: { alerts: { view(by: Principal): { alerts: readonly { kind: string; subject: string }[] } } }) =>
  node.alerts.view(DAN).alerts.map(({ kind, subject }) => [kind, subject]);

Deno.test("a concern of the mode rings, and one that ends says so; a trigger rings with what it measured", () =>
  composed(async ({ node, until }) => {
    await until(1);
    const { mode } = node.parts;
    const told = (active: boolean) =>
      mode.report(concern({ kind: "position-mismatch", subject: "1/0", active, detail: "differ", time: 1 }), 1);
    told(true);
    told(true);
    assert.deepEqual(shown(node), [["position-mismatch", "1/0"]]);
    told(false);
    const [alert] = node.alerts.view(DAN).alerts;
    assert.deepEqual([alert.count, alert.state, alert.ended === null], [1, "raised", false]);
  }));

Deno.test("a critical alert that nobody acknowledges lets only cancels of the firm pass; one that is acknowledged does not", async () => {
  for (const answered of [true, false]) {
    await composed(async ({ node, control, gate, until }) => {
      await until(5);
      node.parts.mode.report(concern({ kind: "gave-up", subject: "x", active: true, detail: "gave up", time: 1 }), 1);
      if (answered) node.alerts.acknowledge(BOB, 1, "looking", "here");
      // Real milliseconds pass while market seconds do.
      for (let second = 6; second < 60 && control.scope(0) === 0; second++) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        await until(second);
      }
      if (answered) return assert.equal(control.scope(0), ScopeState.Active);
      assert.equal(control.scope(0), ScopeState.CancelOnly);
      const [fired, first] = node.alerts.view(DAN).alerts;
      assert.deepEqual(first.escalated.map(({ to }) => to), ["risk-officer", "compliance", "trigger"]);
      assert.deepEqual([fired.kind, fired.subject], ["trigger", "unacknowledged:firm"]);
      const { accepted } = gate.counters();
      await until(90);
      const after = gate.counters();
      assert.equal(after.accepted, accepted, "nothing passes any more but cancels, which are not counted");
    }, { change: attended(0.005) });
  }
});

Deno.test("a run faster than the clock on the wall is attended by nobody unless it is said to be", () =>
  composed(async ({ node, until }) => {
    await until(1);
    const { attended, roles, acknowledgeMs } = node.alerts.view(DAN);
    assert.deepEqual([attended, roles, acknowledgeMs], [false, ["operator", "risk-officer", "compliance"], 120_000]);
  }));

Deno.test("a node that starts again has the alerts of the run before, and says so on its log", () =>
  withDirectory(async (directory) => {
    // A tenth of a lot is lost at once: the rule fires in the first seconds.
    const environment = { CWTS_NODE_DURATION: "60", CWTS_KILL_TRIGGERS_LOSS_ORGANISM: "0.01" };
    await run(directory, { environment });
    const raised = records(directory).filter(({ value }) => value.alert === "trigger").map(({ value }) => value);
    assert.ok(raised.length > 0);
    assert.match(raised[0].subject, /^loss:organism:/);
    await run(directory, { environment: { CWTS_NODE_DURATION: "1" } });
    const [restored] = records(directory).filter(({ value }) => value.alerts === "restored").map(({ value }) => value);
    assert.deepEqual(
      restored.open.map(({ kind, subject }: { kind: string; subject: string }) => [kind, subject]),
      [
        ...new Set(raised.map(({ subject }) => subject)),
      ].map((subject) => ["trigger", subject]),
    );
  }));
