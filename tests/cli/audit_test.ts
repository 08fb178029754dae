/** The record of a run from the command line: verified, damaged, read. */
import assert from "node:assert/strict";
import { ensureCore } from "../../ffi/build.ts";
import { inside, outside, withDirectory } from "./run.ts";

ensureCore();

async function withRun<T>(use: (directory: string, summary: Record<string, unknown>) => Promise<T>): Promise<T> {
  return await withDirectory(async (directory) => {
    const start = ["start", "--data-dir", directory, "--speed", "max", "--duration", "60s", "--console-port", "off"];
    const { exit, out, err } = await outside([...start, "--durability", "memory", "--summary", "json"]);
    assert.equal(exit, 0, err);
    return use(directory, JSON.parse(out.trim().split("\n").at(-1)!));
  });
}

Deno.test("audit verify finds a run intact, with the root its summary printed", async () => {
  await withRun(async (directory, summary) => {
    const { exit, out } = await inside(["audit", "verify", "--data-dir", directory, "--json"]);
    assert.equal(exit, 0);
    const verdict = JSON.parse(out);
    const audit = summary.audit as { records: number; root: string };
    assert.deepEqual([verdict.ok, verdict.records, verdict.root], [true, audit.records, audit.root]);
    const text = (await inside(["audit", "verify", "--data-dir", directory])).out;
    assert.match(text, /^intact .*\nroot [0-9a-f]{64}\nchain [0-9a-f]{64}\n/);
    const second = await inside(["audit", "verify", "--data-dir", directory, "--independent", "--json"]);
    assert.equal(second.exit, 0);
    const { ok, records, root, chain } = JSON.parse(second.out);
    assert.deepEqual([ok, records, root, chain], [true, audit.records, audit.root, verdict.chain]);
  });
});

Deno.test("audit verify names kind and place of damage, exit code 1", async () => {
  await withRun(async (directory) => {
    const log = `${directory}/runs/000001`;
    const segment = [...Deno.readDirSync(log)].map(({ name }) => name).filter((name) => name !== "LOCK").sort()[0];
    const bytes = Deno.readFileSync(`${log}/${segment}`);
    bytes[Math.floor(bytes.length / 2)] ^= 1;
    Deno.writeFileSync(`${log}/${segment}`, bytes);
    const { exit, out } = await inside(["audit", "verify", "--data-dir", directory]);
    assert.equal(exit, 1);
    assert.match(out, /^DAMAGED .*: (changed|unreadable|missing) at record \d+\n.*\(segment \d+, byte \d+\)\n/);
    const second = await inside(["audit", "verify", "--data-dir", directory, "--independent"]);
    assert.equal(second.exit, 1);
    assert.match(second.out, /^DAMAGED .*, in what begins at segment \d+, byte \d+\n/);
  });
});

Deno.test("a proof printed by one command is checked by another, against the root of the run's summary", async () => {
  await withRun(async (directory, summary) => {
    const { records, root } = summary.audit as { records: number; root: string };
    const file = `${directory}/proof.json`;
    const prove = async (...what: string[]) => {
      const { exit, out, err } = await inside(["audit", "prove", "--data-dir", directory, ...what]);
      assert.equal(exit, 0, err);
      Deno.writeTextFileSync(file, out);
      return JSON.parse(out);
    };
    const check = (...more: string[]) => inside(["audit", "check", file, ...more]);

    const proof = await prove("7");
    assert.deepEqual([proof.index, proof.size, proof.root], [7, records, root]);
    assert.match((await check("--root", root)).out, /^holds .*record 7 is in the log of/);
    assert.equal((await check("--root", "0".repeat(64))).exit, 1);
    Deno.writeTextFileSync(file, JSON.stringify({ ...proof, index: 8 }));
    assert.match((await check()).out, /^DOES NOT HOLD/);

    const earlier = (await prove("7", "--size", "100")).root;
    const beginning = await prove("--earlier", "100");
    assert.deepEqual([beginning.earlierRoot, beginning.laterRoot], [earlier, root]);
    assert.equal((await check("--root", root)).exit, 0);
  });
});

Deno.test("proofs that cannot be are refused in a sentence", async () => {
  await withRun(async (directory) => {
    const prove = (...what: string[]) => inside(["audit", "prove", "--data-dir", directory, ...what]);
    assert.match((await prove("99999999")).err, /no such record/);
    assert.equal((await prove()).exit, 2);
    assert.equal((await prove("1", "--earlier", "1")).exit, 2);
    const file = `${directory}/none.json`;
    assert.match((await inside(["audit", "check", file])).err, /there is no file/);
    Deno.writeTextFileSync(file, "{}");
    assert.match((await inside(["audit", "check", file])).err, /is no proof/);
  });
});

Deno.test("a log of an earlier format is said to be one", async () => {
  await withRun(async (directory) => {
    const path = `${directory}/runs/000001/audit-0000000000.log`;
    const bytes = Deno.readFileSync(path);
    bytes.set(new TextEncoder().encode("CWTSAUD2\x02\0\0\0"));
    Deno.writeFileSync(path, bytes);
    const { exit, out } = await inside(["audit", "verify", "--data-dir", directory]);
    assert.equal(exit, 1);
    assert.match(out, /other format at record 0\nthis log was written in another format version; /);
    assert.match((await inside(["audit", "show", "--data-dir", directory])).err, /another format version/);
  });
});

Deno.test("audit show tells a run in order, from its start to its end", async () => {
  await withRun(async (directory, summary) => {
    const all = (await inside(["audit", "show", "--data-dir", directory, "--limit", "0", "--json"])).out
      .split("\n").map((line) => JSON.parse(line));
    assert.equal(all.length, (summary.audit as { records: number }).records);
    assert.deepEqual(all.map(({ index }) => index), all.map((_, i) => i));
    assert.equal(all[0].type, "NodeStarted");
    assert.equal(all.at(-1).type, "NodeStopped");
    const text = (await inside(["audit", "show", "--data-dir", directory, "--limit", "3"])).out.split("\n");
    assert.equal(text.length, 3);
    assert.match(text[0], /^ +0 {2}2024-01-02T14:30:00\.000000Z {2}NodeStarted /);
  });
});

Deno.test("audit show --order tells the story of one order and of no other", async () => {
  await withRun(async (directory) => {
    const args = ["audit", "show", "--data-dir", directory, "--limit", "0", "--json"];
    const lines = async (...more: string[]) =>
      (await inside([...args, ...more])).out.split("\n").map((line) => JSON.parse(line));
    const entered = (await lines("--type", "Decision")).find(({ content }) => content.command.kind === 1);
    const id = entered.content.command.orderId;
    const story = await lines("--order", String(id));
    assert.ok(story.length >= 2, "a decision and at least one execution");
    for (const { content } of story) {
      const ids = content.command
        ? [content.command.orderId, content.command.targetId]
        : [content.orderId, content.targetId];
      assert.ok(ids.includes(id));
    }
  });
});

Deno.test("a directory without runs and a run that is not there are refused, exit code 2", async () => {
  await withDirectory(async (directory) => {
    const none = await inside(["audit", "verify", "--data-dir", directory]);
    assert.equal(none.exit, 2);
    assert.match(none.err, /holds no run yet/);
  });
});

Deno.test("equal seeds give equal roots, whatever the pace, the place and the durability", async () => {
  await withDirectory(async (directory) => {
    const root = async (name: string, ...more: string[]) => {
      const start = ["start", "--data-dir", `${directory}/${name}`, "--duration", "20s", "--console-port", "off"];
      const { exit, out, err } = await outside([...start, "--summary", "json", ...more]);
      assert.equal(exit, 0, err);
      return JSON.parse(out.trim().split("\n").at(-1)!).audit.root;
    };
    const first = await root("a", "--seed", "7", "--speed", "max", "--durability", "memory");
    assert.equal(await root("b", "--seed", "7", "--speed", "max", "--durability", "batch"), first);
    assert.equal(await root("c", "--seed", "7", "--speed", "20", "--durability", "memory"), first);
    assert.notEqual(await root("d", "--seed", "8", "--speed", "max", "--durability", "memory"), first);
  });
});
