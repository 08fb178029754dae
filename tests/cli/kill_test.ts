/** Kill and re-arm from another process: the gate of a running node shuts, and the state outlives the node. */
import assert from "node:assert/strict";
import { ensureCore } from "../../ffi/build.ts";
import { ScopeState } from "../../ffi/layout.gen.ts";
import { ControlPage } from "../../ffi/mod.ts";
import { cwts, outside, withDirectory } from "./run.ts";

ensureCore();

/** Starts a node at full speed, waits until it has traded for a moment, and stops it at the end. */
async function withNode<T>(directory: string, use: (stop: () => Promise<string>) => Promise<T>): Promise<T> {
  const child = cwts([
    "start",
    "--data-dir",
    directory,
    "--speed",
    "max",
    "--console-port",
    "off",
    "--durability",
    "memory",
    "--summary",
    "json",
  ]).spawn();
  const output = child.output();
  const stop = async () => {
    child.kill("SIGTERM");
    return new TextDecoder().decode((await output).stdout);
  };
  let stopped = false;
  try {
    await started(directory);
    return await use(() => {
      stopped = true;
      return stop();
    });
  } finally {
    if (!stopped) await stop();
  }
}

/** Resolves when the node holds the control page. */
async function started(directory: string): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (await exists(`${directory}/control.page`)) {
      using page = ControlPage.open(directory);
      if (page.header().heartbeat > 0 && page.header().gateSequence > 50) return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the node has not begun to trade within 20 s");
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}

Deno.test("kill stops a node at full speed: confirmed, nothing resting, nothing accepted afterwards", async () => {
  await withDirectory(async (directory) => {
    const [kill, summary] = await withNode(directory, async (stop) => {
      const kill = await outside(["kill", "--data-dir", directory, "--reason", "test", "--json"]);
      await new Promise((resolve) => setTimeout(resolve, 500));
      return [kill, await stop()] as const;
    });
    assert.equal(kill.exit, 0, kill.err);
    const report = JSON.parse(kill.out);
    assert.deepEqual(
      [report.scope, report.state, report.previous, report.nodeRunning, report.confirmed, report.unknown],
      ["firm", "KILLED", "ACTIVE", true, true, 0],
    );
    assert.deepEqual(JSON.parse(summary.trim().split("\n").at(-1)!).killed, ["firm"]);

    // The incident is signed, and says what became of every order that was open.
    const at = ["--data-dir", directory, "--json"];
    const { incident, holds } = JSON.parse((await outside(["controls", "incident", ...at])).out);
    assert.equal(holds, true);
    const { scope, reason, unknown, gateSequence, orders } = incident;
    assert.deepEqual([scope, reason, unknown, gateSequence], ["firm", "test", 0, report.gateSequence]);
    assert.ok(orders.length > 0);
    assert.ok(orders.every(({ end }: { end: string }) => end !== "unknown"));
    assert.equal((await Deno.stat(`${directory}/node.key`)).mode! & 0o777, 0o600);
    const file = `${directory}/incidents/000001.json`;
    await Deno.writeTextFile(file, (await Deno.readTextFile(file)).replace('"test"', '"toast"'));
    const forged = await outside(["controls", "incident", "1", "--data-dir", directory]);
    assert.equal(forged.exit, 1);
    assert.match(forged.out, /THE SIGNATURE DOES NOT HOLD/);

    // The log is the judge: new orders decided after the kill were all refused, and no order is left open.
    const shown = await outside([
      "audit",
      "show",
      "--data-dir",
      directory,
      "--type",
      "Decision",
      "--limit",
      "0",
      "--json",
    ]);
    const decisions = shown.out.trim().split("\n").map((line) => JSON.parse(line).content);
    const late = decisions.filter(({ decision }) => decision.sequence > report.gateSequence);
    const entered = late.filter(({ command, decision }) => command.kind === 1 && decision.code === 0);
    assert.deepEqual(entered, []);
  });
});

Deno.test("a kill outlives the node, and a re-arm without a node counts from the next start", async () => {
  await withDirectory(async (directory) => {
    const start = ["start", "--data-dir", directory, "--speed", "max", "--duration", "5s", "--console-port", "off"];
    const run = async () => {
      const { exit, out, err } = await outside([...start, "--durability", "memory", "--summary", "json"]);
      assert.equal(exit, 0, err);
      return JSON.parse(out.trim().split("\n").at(-1)!);
    };
    assert.deepEqual((await run()).killed, []);
    const kill = await outside(["kill", "--data-dir", directory, "--scope", "organism:anglerfish-1"]);
    assert.equal(kill.exit, 0, kill.err);
    assert.match(kill.out, /no node is running on .*: the state is kept/);
    assert.match(kill.out, new RegExp(`re-arm with: .* --data-dir ${directory}$`, "m"));
    assert.deepEqual((await run()).killed, ["organism:anglerfish-1"]);
    const rearm = await outside([
      "rearm",
      "--data-dir",
      directory,
      "--scope",
      "organism:anglerfish-1",
      "--cause",
      "drill",
      "--reason",
      "test",
      "--yes",
    ]);
    assert.equal(rearm.exit, 0, rearm.err);
    assert.match(rearm.out, /^organism:anglerfish-1 is REDUCE_ONLY\nask again in 60 s for it to become ACTIVE\n/);
    assert.deepEqual((await run()).killed, []);
  });
});

Deno.test("a customer is killed from outside while the event loop of the node stands still, and the node carries it out when it can", async () => {
  await withDirectory(async (directory) => {
    const summary = await withNode(directory, async (stop) => {
      using page = ControlPage.openExisting(directory);
      const node = page.header().ownerPid;
      Deno.kill(node, "SIGSTOP");
      try {
        const kill = await outside(["kill", "--data-dir", directory, "--scope", "customer:house", "--json"]);
        const { scope, state, confirmed, nodeRunning } = JSON.parse(kill.out);
        assert.deepEqual([scope, state, nodeRunning, confirmed], ["customer:house", "KILLED", true, false]);
        assert.equal(kill.exit, 1, "what nobody confirmed is said to be unconfirmed");
        for (const strategy of [1, 2, 3]) assert.equal(page.effective(strategy, 0), ScopeState.Killed);
      } finally {
        Deno.kill(node, "SIGCONT");
      }
      const again = await outside(["kill", "--data-dir", directory, "--scope", "customer:house", "--json"]);
      assert.equal(JSON.parse(again.out).confirmed, true);
      assert.equal(again.exit, 0);
      return await stop();
    });
    assert.deepEqual(JSON.parse(summary.trim().split("\n").at(-1)!).killed, ["customer:house"]);
    const unknown = await outside(["kill", "--data-dir", directory, "--scope", "account:nobody"]);
    assert.equal(unknown.exit, 2);
    assert.match(unknown.err, /known are firm, .*customer:house, account:main/);
  });
});

Deno.test("an unknown scope is refused with the known ones, exit code 2", async () => {
  await withDirectory(async (directory) => {
    await outside(["start", "--data-dir", directory, "--speed", "max", "--duration", "1s", "--console-port", "off"]);
    const { exit, err } = await outside(["kill", "--data-dir", directory, "--scope", "organism:anglerfsh-1"]);
    assert.equal(exit, 2);
    assert.match(
      err,
      /there is no scope "organism:anglerfsh-1": did you mean organism:anglerfish-1\? known are firm, /,
    );
  });
});

Deno.test("a directory in which no node ever ran is refused: a kill that reaches nobody is no kill", async () => {
  await withDirectory(async (directory) => {
    const { exit, err } = await outside(["kill", "--data-dir", directory]);
    assert.equal(exit, 2);
    assert.match(err, /^error: no node has ever run with the data directory .*--data-dir\n$/);
  });
});

Deno.test("kill works when the configuration is broken", async () => {
  await withDirectory(async (directory) => {
    await outside(["start", "--data-dir", directory, "--speed", "max", "--duration", "1s", "--console-port", "off"]);
    const { exit, out, err } = await outside(["kill"], { CWTS_NODE_DATA_DIR: directory, CWTS_NODE_SEDE: "1" });
    assert.equal(exit, 0, err);
    assert.match(err, /^warning: the variable CWTS_NODE_SEDE sets no key/);
    assert.match(out, /^KILLED firm/);
  });
});

Deno.test("a second node on the same data directory is refused with one sentence, exit code 1", async () => {
  await withDirectory(async (directory) => {
    const second = await withNode(
      directory,
      () => outside(["start", "--data-dir", directory, "--console-port", "off"]),
    );
    assert.equal(second.exit, 1);
    assert.match(second.err, /^error: another node \(process \d+\) holds .*: stop it, or name another .*--data-dir\n$/);
  });
});
