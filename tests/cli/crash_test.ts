/** `crash list` and `crash show` over real runs. */
import assert from "node:assert/strict";
import { crashText } from "../../cli/crash_text.ts";
import { crashFile, readCrashes, runDirectory } from "../../actors/node/mod.ts";
import { cwts, inside, outside, withDirectory } from "./run.ts";

const NODE = ["start", "--speed", "max", "--seed", "7", "--chaos", "2", "--console-port", "off"];

async function madeRun(directory: string, duration = "20s"): Promise<void> {
  const { exit, err } = await outside([...NODE, "--duration", duration, "--data-dir", directory]);
  assert.equal(exit, 0, err);
}

Deno.test("crash list prints a line per crash with its reason and what was done, crash show everything about one", async () => {
  await withDirectory(async (directory) => {
    await madeRun(directory);
    const list = await inside(["crash", "list", "--data-dir", directory]);
    assert.equal(list.exit, 0, list.err);
    const [title, ...lines] = list.out.split("\n");
    const again = lines.filter((line) => line.startsWith("  "));
    assert.ok(again.length > 0 && again.length <= 5);
    for (const line of again) {
      assert.match(line, /^ {2}\d+ times, crashes \d+ to \d+: \/node\/\S+ {2}ChaosError: crashed/);
    }
    const [head, first] = lines.slice(again.length);
    assert.match(title, /^\d\d crashes in run 1 of .*: \d+ restarted/);
    assert.match(head, /^crash +market time, UTC +actor +life +handling +reason +left +then$/);
    assert.match(
      first,
      /^1 +2024-01-02 14:30:00\.\d{6} +\/node\/\S+ +1 +– +ChaosError: .* \(strike 1\) +20 +restarted/,
    );
    assert.match(list.out, /deno task cwts crash show \d+$/);

    // Whoever took no message yet, or shows no state, has none to show.
    const shows = await Promise.all(
      ["1", "2", "3", "4", "5", "6", "7", "8"].map((id) => inside(["crash", "show", id, "--data-dir", directory])),
    );
    assert.deepEqual(shows.map(({ exit }) => exit), Array(8).fill(0));
    const show = shows.find(({ out }) => out.includes("the latest messages it took") && /^state/m.test(out))!;
    for (
      const part of [
        /^crash \d {2}\/node\/\S+ {2}ChaosError: crashed on purpose \(strike \d\)$/m,
        /^restarted (at once|after [\d.]+ ms), life \d; \d+ of 20 restarts in 10 s were left, then/m,
        /^ {2}handling +nothing: it ended between messages$/m,
        /^stack\n {2}at .*\(actors\/node\/chaos\.ts:\d+:\d+\)$/m,
        /^state/m,
        /^the latest messages it took$/m,
        /^ {2}mailbox /m,
        /^ {2}supervisor +\/node/m,
        /^ {2}deno task start --seed 7 --chaos 2 --speed max --duration [\d.]+s --data-dir \.\/replay$/m,
        /^audit record \d+, and the audit log says the same word for word$/m,
      ]
    ) assert.match(show.out, part);
  });
});

Deno.test("programs get JSON: a line per crash, and one object with the record and whether the log agrees", async () => {
  await withDirectory(async (directory) => {
    await madeRun(directory);
    const lines = (await inside(["crash", "list", "--json", "--limit", "3", "--data-dir", directory])).out.split("\n");
    const listed = lines.map((line) => JSON.parse(line));
    assert.equal(listed.length, 3);
    const [one] = listed;
    const shown = JSON.parse((await inside(["crash", "show", String(one.id), "--json", "--data-dir", directory])).out);
    assert.equal(shown.proof, "same");
    assert.deepEqual([shown.id, shown.path, shown.decision], [one.id, one.path, one.decision]);
    assert.equal(shown.record.replay.seed, 7);
  });
});

Deno.test("crash list narrows to an actor, a number and a run", async () => {
  await withDirectory(async (directory) => {
    await madeRun(directory);
    await madeRun(directory, "1s");
    const list = (args: readonly string[]) => inside(["crash", "list", "--json", "--data-dir", directory, ...args]);
    const crashes = (await list(["--run", "1", "--actor", "exchange", "--limit", "0"])).out.split("\n").map((line) =>
      JSON.parse(line)
    );
    assert.ok(crashes.length > 1);
    for (const { path } of crashes) assert.equal(path, "/node/venue/exchange");
    const none = await inside(["crash", "list", "--data-dir", directory, "--run", "1", "--actor", "nobody"]);
    assert.match(none.out, /^none of the \d+ crashes in run 1 of .* is of such an actor$/);
    // A log that was copied away has the same to say.
    const copied = await inside(["crash", "show", "2", "--log", runDirectory(directory, 1)]);
    assert.equal(copied.exit, 0);
    assert.match(copied.out, /^crash 2 .*strike 2/);
  });
});

Deno.test("a wrong number is one sentence with its code's exit, a run without a crash as well", async () => {
  await withDirectory(async (directory) => {
    assert.deepEqual(
      (await inside(["crash", "list", "--data-dir", directory])).exit,
      2,
    );
    await outside(["start", "--speed", "max", "--duration", "1s", "--console-port", "off", "--data-dir", directory]);
    const empty = await inside(["crash", "list", "--data-dir", directory]);
    assert.deepEqual([empty.exit, empty.out], [0, `no actor has crashed in run 1 of ${directory}`]);
    const none = await inside(["crash", "show", "1", "--data-dir", directory]);
    assert.equal(none.exit, 2);
    assert.match(none.err, /^error: there is no crash 1: no actor has crashed in run 1 of \S+$/);
    await madeRun(directory);
    const wrong = await inside(["crash", "show", "999", "--data-dir", directory]);
    assert.equal(wrong.exit, 2);
    assert.match(wrong.err, /^error: there is no crash 999 in run 2 of .*, which has crashes 1 to \d+: .*crash list/);
    for (const bad of ["x", "0", "-1", "1.5"]) {
      const { exit, err } = await inside(["crash", "show", "--data-dir", directory, "--", bad]);
      assert.equal(exit, 2, bad);
      assert.match(err, /^error: the crash must be a whole number of 1 or more, not "/);
    }
  });
});

Deno.test("the crashes of a node that runs are read while it runs, and after it was killed without a word", async () => {
  await withDirectory(async (directory) => {
    // deno-fmt-ignore
    const node = cwts(["start", "--seed", "7", "--chaos", "20", "--speed", "20", "--console-port", "off", "--data-dir", directory]).spawn();
    let seen = 0;
    try {
      for (let looks = 0; seen < 5; looks++) {
        assert.ok(looks < 400, "no crash appeared");
        await new Promise((resolve) => setTimeout(resolve, 50));
        try {
          seen = readCrashes({ log: runDirectory(directory, 1), file: crashFile(directory, 1) }).length;
        } catch { /* the run is not there yet */ }
      }
      const { exit, out } = await inside(["crash", "show", "3", "--data-dir", directory]);
      assert.equal(exit, 0);
      assert.match(out, /^audit record \d+, and the audit log says the same word for word$/m);
    } finally {
      node.kill("SIGKILL");
      await node.output();
    }
    const list = await inside(["crash", "list", "--limit", "0", "--data-dir", directory]);
    assert.ok(list.out.split("\n").length >= seen + 2);
    assert.equal((await inside(["crash", "show", "1", "--data-dir", directory])).exit, 0);
  });
});

Deno.test("a record that the log contradicts, lacks or cannot prove says so in words", async () => {
  await withDirectory(async (directory) => {
    await madeRun(directory);
    const [crash] = readCrashes({ log: runDirectory(directory, 1), file: crashFile(directory, 1) });
    const last = (proof: "same" | "other" | "absent" | "damaged") => crashText(crash, proof, { color: false }).at(-1)!;
    assert.match(last("other"), /BUT THE AUDIT LOG SAYS SOMETHING ELSE/);
    assert.match(last("absent"), /does not have it/);
    assert.match(last("damaged"), /is damaged before it/);
  });
});
