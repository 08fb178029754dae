/** The dead-man's switch: what counts as dead, and a node whose process stands still. */
import assert from "node:assert/strict";
import { DeadMan } from "../../cli/dead_man.ts";
import { ensureCore } from "../../ffi/build.ts";
import { ScopeState } from "../../ffi/layout.gen.ts";
import { ControlPage } from "../../ffi/mod.ts";
import { fileURLToPath } from "node:url";
import { STOP_SCOPE } from "../../bench/kill/gate_process.ts";
import { cwts, withDirectory } from "./run.ts";

ensureCore();

Deno.test("a node is dead when its sign of life stands still for longer than the limit, and is told once", () => {
  const deadMan = new DeadMan(2_000);
  const look = (now: number, heartbeat: number, more = {}) =>
    deadMan.look({ ownerPid: 7, heartbeat, gateSequence: 0, ...more }, true, now);
  assert.equal(look(0, 5), null);
  // It is starting: no sign yet, nothing decided.
  assert.equal(look(9_000, 5), null);
  assert.equal(look(9_100, 6), null);
  assert.equal(look(11_100, 6), null);
  assert.match(look(11_101, 6)!, /^process 7 gave no sign of life for 2001 ms$/);
  assert.equal(look(12_000, 6), null);
  // A clock that is put back is a sign like any other; what stands still after it is dead again.
  assert.equal(look(12_100, 1), null);
  assert.match(look(14_200, 1)!, /^process 7 gave no sign/);
  // An orderly end, and the next node.
  assert.equal(look(20_000, 1, { ownerPid: 0 }), null);
  assert.equal(look(30_000, 1, { ownerPid: 8 }), null);
  assert.equal(look(31_000, 1, { ownerPid: 8, gateSequence: 3 }), null);
  assert.match(look(32_100, 1, { ownerPid: 8, gateSequence: 3 })!, /^process 8 gave no sign/);
});

Deno.test("a process that is gone without an orderly end is dead too", () => {
  const deadMan = new DeadMan(100);
  const signs = { ownerPid: 7, heartbeat: 1, gateSequence: 9 };
  assert.equal(deadMan.look(signs, true, 0), null);
  assert.match(deadMan.look(signs, false, 101)!, /^process 7 is gone without an orderly end$/);
});

/** Resolves with the milliseconds it took. */
async function until(condition: () => boolean, millis: number): Promise<number> {
  const before = performance.now();
  while (!condition()) {
    if (performance.now() - before > millis) throw new Error(`nothing happened for ${millis} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return performance.now() - before;
}

Deno.test("a node that stands still is stopped from outside within three seconds, and comes back to a shut gate", async () => {
  await withDirectory(async (directory) => {
    const at = ["--data-dir", directory];
    const node = cwts(["start", ...at, "--console-port", "off", "--durability", "memory", "--summary", "json"]).spawn();
    const output = node.output();
    try {
      await until(() => {
        try {
          using page = ControlPage.openExisting(directory);
          return page.header().gateSequence > 0;
        } catch {
          return false;
        }
      }, 30_000);
      using page = ControlPage.openExisting(directory);
      const watchdog = cwts(["watchdog", ...at, "--once"]).spawn();
      const watched = watchdog.output();
      // It lets a node alone that lives.
      await new Promise((resolve) => setTimeout(resolve, 4_000));
      assert.equal(page.scope(0), ScopeState.Active);
      node.kill("SIGSTOP");
      const millis = await until(() => page.scope(0) === ScopeState.Killed, 10_000);
      console.log(`stopped ${Math.round(millis)} ms after the node stood still`);
      assert.ok(millis <= 3_000, `${millis} ms`);
      assert.ok(millis >= 1_500, `${millis} ms`);
      assert.match(new TextDecoder().decode((await watched).stdout), /KILLED firm: process \d+ gave no sign of life/);
      assert.equal(page.header().actor, "watchdog");
      node.kill("SIGCONT");
      await until(() => page.pending() === null, 5_000);
    } finally {
      node.kill("SIGCONT");
      node.kill("SIGTERM");
    }
    const { stdout } = await output;
    assert.deepEqual(JSON.parse(new TextDecoder().decode(stdout).trim().split("\n").at(-1)!).killed, ["firm"]);
  });
});

Deno.test("a process that hangs in a loop that sends orders is stopped from outside: nothing is accepted after the decision", async () => {
  await withDirectory(async (directory) => {
    using page = ControlPage.open(directory);
    const answer = `${directory}/answer`;
    const script = fileURLToPath(new URL("../../bench/kill/gate_process.ts", import.meta.url));
    const hanging = new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "-A", "--no-check", script, directory, answer],
      stdout: "null",
    }).spawn();
    try {
      await until(() => page.header().gateSequence > 1_000, 30_000);
      const { stdout } = await cwts(["watchdog", "--data-dir", directory, "--limit", "300ms", "--once"]).output();
      const [, last] = /KILLED firm: .* accepted after decision (\d+)/.exec(new TextDecoder().decode(stdout))!;
      await until(() => page.header().gateSequence > Number(last) + 1_000, 5_000);
      page.request(STOP_SCOPE, ScopeState.Killed, "the end", "test", 1);
      await hanging.status;
      const accepted = await Deno.readFile(answer);
      assert.ok(accepted.subarray(0, Number(last)).includes(1));
      assert.ok(!accepted.subarray(Number(last) + 1).includes(1));
    } finally {
      page.request(STOP_SCOPE, ScopeState.Killed, "the end", "test", 1);
      await hanging.status;
    }
  });
});
