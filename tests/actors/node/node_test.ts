import assert from "node:assert/strict";
import { ControlPage, verifyAudit } from "../../../ffi/mod.ts";
import { runDirectory } from "../../../actors/node/mod.ts";
import { sharedData } from "../../data.ts";
import { records, run, type Told, withDirectory } from "./run.ts";

const MINUTES = { CWTS_NODE_DURATION: "300" };

Deno.test("equal seeds give equal roots, other seeds other ones", async () => {
  await withDirectory(async (directory) => {
    const first = (await run(directory, { environment: MINUTES })).summary;
    const again = (await run(directory, { environment: MINUTES })).summary;
    const other = (await run(directory, { environment: { ...MINUTES, CWTS_NODE_SEED: "8" } })).summary;
    assert.equal(first.audit.root, again.audit.root);
    assert.notEqual(first.audit.root, other.audit.root);
    assert.ok(first.fills > 0 && first.orders > 0);
    assert.equal(first.audit.verified, true);
  });
});

Deno.test("a run ends with nothing resting and every message accounted for", async () => {
  await withDirectory(async (directory) => {
    const { summary } = await run(directory, { environment: MINUTES });
    assert.equal(summary.messages.unexplained, 0);
    assert.equal(summary.messages.inFlight, 0);
    assert.equal(openAtEnd(records(directory)).size, 0);
    const said = Object.values(summary.rejected).reduce((a, b) => a + b, 0) + summary.accepted;
    assert.equal(decisions(records(directory)).length, said);
  });
});

Deno.test("with crashes on purpose the tree heals, nothing is lost, and equal seeds still give equal roots", async () => {
  await withDirectory(async (directory) => {
    const environment = { ...MINUTES, CWTS_CHAOS_RATE: "1" };
    const first = (await run(directory, { environment })).summary;
    const story = records(directory);
    assert.ok(first.restarts > 100, `${first.restarts} restarts`);
    assert.equal(first.messages.unexplained, 0);
    assert.equal(first.audit.verified, true);
    assert.equal(first.mode, "FullPerformance");
    assert.ok(first.fills > 0);
    assert.equal(story.filter((record) => record.typeName === "ActorCrashed").length >= first.restarts, true);
    assert.equal(openAtEnd(story).size, 0);
    assert.equal(first.audit.root, (await run(directory, { environment })).summary.audit.root);
  });
});

Deno.test("crashes without end make the tree give up, and giving up shuts the gate for good", async () => {
  await withDirectory(async (directory) => {
    const { summary } = await run(directory, { environment: { ...MINUTES, CWTS_CHAOS_RATE: "200" } });
    assert.equal(summary.mode, "EmergencyShutdown");
    assert.deepEqual(summary.killed, ["firm"]);
    assert.equal(summary.audit.verified, true);
    assert.equal(openAtEnd(records(directory)).size, 0);
    assertNothingAcceptedAfter(records(directory));
    // The next run on this directory comes up killed, and its organisms hear of it before they ask.
    const next = (await run(directory, { environment: MINUTES })).summary;
    assert.deepEqual([next.killed, next.fills, next.orders, next.rejected], [["firm"], 0, 0, {}]);
  });
});

Deno.test("parameters a species refuses stop the node before anything is made", async () => {
  await withDirectory(async (directory) => {
    await Deno.writeTextFile(
      `${directory}/cwts.toml`,
      `[[instruments]]\nsymbol = "ALPHA"\n[[organisms]]\nid = "a"\nspecies = "anglerfish"\ninstruments = ["ALPHA"]\n` +
        `[organisms.parameters]\nquote_lots = -1\n`,
    );
    await assert.rejects(run(directory), { code: "ORGANISM_PARAMETERS" });
    await assert.rejects(Deno.stat(`${directory}/data`), Deno.errors.NotFound);
  });
});

Deno.test("a console that cannot open leaves the directory free for the next node", async () => {
  await withDirectory(async (directory) => {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const environment = { CWTS_CONSOLE_ENABLED: "true", CWTS_CONSOLE_PORT: String((taken.addr as Deno.NetAddr).port) };
    await assert.rejects(run(directory, { environment }), { code: "PORT_IN_USE" });
    {
      using page = ControlPage.open(`${directory}/data`);
      assert.equal(page.header().ownerPid, 0);
    }
    assert.equal((await run(directory, { environment: { CWTS_NODE_DURATION: "1" } })).summary.audit.verified, true);
  });
});

Deno.test("two nodes cannot hold one data directory", async () => {
  await withDirectory(async (directory) => {
    const stop = new AbortController();
    const holder = run(directory, { environment: { CWTS_NODE_SPEED: "1" }, signal: stop.signal });
    await until(() => Deno.statSync(`${directory}/data/LOCK`).size > 0);
    await assert.rejects(run(directory), { code: "DATA_DIR_LOCKED" });
    stop.abort();
    assert.equal((await holder).summary.audit.verified, true);
  });
});

Deno.test("kills at random moments of a run at full speed: nothing accepted afterwards, nothing left resting", async () => {
  for (let i = 0; i < 25; i++) {
    await withDirectory(async (directory) => {
      const stop = new AbortController();
      const node = run(directory, { environment: { CWTS_NODE_SEED: String(i) }, signal: stop.signal });
      await until(() => Deno.statSync(`${directory}/data/control.page`).size > 0);
      await wait(20 + Math.floor((i * 7919) % 160));
      using page = ControlPage.open(`${directory}/data`);
      const { epoch } = page.request(0, 3, `drill ${i}`, "test", 1);
      await until(() => page.header().doneEpoch >= epoch);
      await wait(20);
      stop.abort();
      const { summary } = await node;
      assert.equal(page.header().doneUnknown, 0);
      assert.deepEqual(summary.killed, ["firm"]);
      const story = records(directory);
      assertNothingAcceptedAfter(story);
      assert.equal(openAtEnd(story).size, 0, `seed ${i}`);
    });
  }
});

Deno.test("a killed organism stays killed when the configuration grows in front of it", async () => {
  await withDirectory(async (directory) => {
    const organism = (id: string) => `[[organisms]]\nid = "${id}"\nspecies = "anglerfish"\ninstruments = ["ALPHA"]\n`;
    const instrument = `[[instruments]]\nsymbol = "ALPHA"\n`;
    await Deno.writeTextFile(`${directory}/cwts.toml`, instrument + organism("kept") + organism("killed"));
    await run(directory, { environment: { CWTS_NODE_DURATION: "1" } });
    {
      using page = ControlPage.open(`${directory}/data`);
      page.request(page.find("organism:killed")!, 3, "drill", "test", 1);
    }
    await Deno.writeTextFile(`${directory}/cwts.toml`, instrument + ["new", "kept", "killed"].map(organism).join(""));
    const { summary } = await run(directory, { environment: { CWTS_NODE_DURATION: "60" } });
    assert.deepEqual(summary.killed, ["organism:killed"]);
    // Gone from the configuration, and back: still killed.
    await Deno.writeTextFile(`${directory}/cwts.toml`, instrument + organism("kept"));
    await run(directory, { environment: { CWTS_NODE_DURATION: "1" } });
    await Deno.writeTextFile(`${directory}/cwts.toml`, instrument + organism("killed"));
    assert.deepEqual((await run(directory, { environment: { CWTS_NODE_DURATION: "1" } })).summary.killed, [
      "organism:killed",
    ]);
  });
});

Deno.test("twenty years of daily bars run through in seconds, with a verified audit", async () => {
  await withDirectory(async (directory) => {
    const { summary, faults } = await run(directory, { environment: { CWTS_FEED_KIND: "bars" } });
    assert.equal(faults.length, 0);
    assert.equal(summary.events, 2 * 5105);
    assert.ok(summary.fills > 100);
    assert.equal(summary.audit.verified, true);
  });
});

for (const file of ["usdm_btcusdt_20240808.gz", "spot_btcusdt_20240808.gz"]) {
  const path = sharedData(`binance/${file}`);
  Deno.test({
    name: `the recording ${file} runs to its end with three organisms trading and a verified audit${
      path === null ? " [needs shared data]" : ""
    }`,
    ignore: path === null,
    fn: () =>
      withDirectory(async (directory) => {
        const environment = { CWTS_FEED_KIND: "replay", CWTS_FEED_PATHS: path! };
        const { summary, faults } = await run(directory, { environment });
        assert.deepEqual(faults, []);
        assert.equal(summary.audit.verified, true);
        assert.equal(summary.messages.unexplained, 0);
        const traders = new Set(
          records(directory).filter(({ typeName, value }) => typeName === "Execution" && value.execType === 1)
            .map(({ value }) => value.owner),
        );
        assert.deepEqual([...traders].sort(), [1, 2, 3]);
      }),
  });
}

Deno.test("a recording that is not there stops the node before anything is made", async () => {
  await withDirectory(async (directory) => {
    const environment = { CWTS_FEED_KIND: "replay", CWTS_FEED_PATHS: `${directory}/absent.gz` };
    await assert.rejects(run(directory, { environment }), { code: "CAPTURE_MISSING" });
    await assert.rejects(Deno.stat(`${directory}/data`), Deno.errors.NotFound);
  });
});

const recording = sharedData("binance/spot_btcusdt_20240808.gz");
Deno.test({
  name: `a recording gives the same root at full speed and at two hundred times its pace${
    recording === null ? " [needs shared data]" : ""
  }`,
  ignore: recording === null,
  fn: () =>
    withDirectory(async (directory) => {
      const environment = { CWTS_FEED_KIND: "replay", CWTS_FEED_PATHS: recording! };
      const fast = (await run(directory, { environment })).summary;
      const paced = (await run(directory, { environment: { ...environment, CWTS_NODE_SPEED: "200" } })).summary;
      assert.equal(fast.audit.root, paced.audit.root);
      assert.ok(fast.fills > 0);
    }),
});

Deno.test({
  name: `a recording that is cut short is played to the cut, kept, and called by its name${
    recording === null ? " [needs shared data]" : ""
  }`,
  ignore: recording === null,
  fn: () =>
    withDirectory(async (directory) => {
      const cut = `${directory}/spot_cut.gz`;
      await Deno.writeFile(cut, (await Deno.readFile(recording!)).subarray(0, 300_000));
      const environment = { CWTS_FEED_KIND: "replay", CWTS_FEED_PATHS: cut };
      const { summary, faults } = await run(directory, { environment });
      assert.equal(faults.length, 1);
      assert.equal((faults[0] as Error & { code: string }).code, "CAPTURE_TRUNCATED");
      assert.ok(summary.events > 1000);
      assert.equal(verifyAudit(runDirectory(`${directory}/data`)).ok, true);
    }),
});

function decisions(story: readonly Told[]): Told[] {
  return story.filter((record) => record.typeName === "Decision");
}

/** No new order or amendment is accepted after the last scope change says it must not be. */
function assertNothingAcceptedAfter(story: readonly Told[]): void {
  const kill = story.find((record) => record.typeName === "ScopeChanged" && record.value.to === "KILLED");
  assert.ok(kill, "the kill is on record");
  const last = kill.value.lastDecisionBefore as number;
  for (const { value: { command, decision } } of decisions(story)) {
    if (decision.sequence <= last || decision.code !== 0) continue;
    assert.ok(command.kind === 2 || command.kind === 4, `decision ${decision.sequence} accepted after ${last}`);
  }
}

/** Orders that were acknowledged and never reported closed. */
function openAtEnd(story: readonly Told[]): Set<number> {
  const open = new Set<number>();
  for (const { typeName, value } of story) {
    if (typeName !== "Execution") continue;
    if (value.leaves > 0) open.add(value.orderId);
    else if (value.execType !== 5) open.delete(value.orderId);
  }
  return open;
}

const wait = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis));

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 2000; i++) {
    try {
      if (condition()) return;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    await wait(5);
  }
  throw new Error("waited 10 s in vain");
}
