/** Releasing from a terminal, and comparing with it: release, doctor, and a node that was left with something else. */
import assert from "node:assert/strict";
import { ensureCore } from "../../ffi/build.ts";
import { inside, outside, withDirectory } from "./run.ts";

ensureCore();

Deno.test("what is released is signed, found as released, and not once anything of it is exchanged", () =>
  withDirectory(async (directory) => {
    const [file, key, config] = ["r.json", "ann.key", "c.toml"].map((name) => `${directory}/${name}`);
    const write = (publicKey: string, more = "") =>
      Deno.writeTextFile(config, `${more}[release]\nmanifest = "${file}"\npublic_key = "${publicKey}"\n`);
    assert.match((await inside(["release", "--check"])).err, /no release is configured/);
    assert.match((await inside(["release"])).err, /--by is needed to release/);
    const made = await inside(["release", "--by", "ann", "--key", key, "--any-config", "--out", file]);
    assert.equal(made.exit, 0, made.err);
    const publicKey = /public key ([0-9a-f]{64})$/.exec(made.out)![1];
    await write(publicKey);
    const check = () => inside(["release", "--check", "--config", config]);
    assert.equal((await check()).exit, 0);
    const doctor = async () => {
      const { out } = await inside(["doctor", "--data-dir", directory, "--config", config, "--json"]);
      return JSON.parse(out).checks.find(({ name }: { name: string }) => name === "code that runs");
    };
    const fit = await doctor();
    assert.equal(fit.ok, true);
    assert.match(fit.found, /^code [0-9a-f]{64}, core [0-9a-f]{64}, configuration [0-9a-f]{64}$/);

    const manifest = JSON.parse(await Deno.readTextFile(file));
    await Deno.writeTextFile(file, JSON.stringify({ ...manifest, code: "c".repeat(64) }));
    const changed = await check();
    assert.deepEqual([changed.exit, changed.out.split(" ")[0]], [1, "RELEASE_SIGNATURE"]);
    await Deno.writeTextFile(file, JSON.stringify(manifest));
    await write("c".repeat(64));
    assert.match((await check()).out, /^RELEASE_KEY /);
    const unfit = await doctor();
    assert.deepEqual([unfit.ok, unfit.needed], [false, true]);
    assert.match(unfit.fix, /^RELEASE_KEY: /);
  }));

Deno.test("a configuration that was released with the code is compared too, and a node with another one takes no order", () =>
  withDirectory(async (directory) => {
    const [file, key, config] = ["r.json", "ann.key", "c.toml"].map((name) => `${directory}/${name}`);
    const text = (seed: number) => `[node]\nseed = ${seed}\n[release]\nmanifest = "${file}"\n`;
    await Deno.writeTextFile(config, text(7));
    const made = await inside(["release", "--by", "ann", "--key", key, "--config", config, "--out", file]);
    assert.equal(made.exit, 0, made.err);
    assert.equal((await inside(["release", "--check", "--config", config])).exit, 0);
    await Deno.writeTextFile(config, text(8));
    assert.match((await inside(["release", "--check", "--config", config])).out, /^RELEASE_CONFIG /);
    const flags = ["--speed", "max", "--duration", "10s", "--console-port", "off", "--data-dir", `${directory}/data`];
    const { err, out } = await outside(["start", ...flags, "--config", config, "--summary", "json"]);
    const summary = JSON.parse(out.trim().split("\n").at(-1)!);
    assert.deepEqual([summary.mode, summary.killed, summary.fills], ["EmergencyShutdown", ["firm"], 0]);
    assert.match(err, /alert 1 for operator: RELEASE_CONFIG: the configuration here is/);
    const described = await inside([
      ...["controls", "describe", "--run", "latest", "--config", config, "--data-dir", `${directory}/data`],
    ]);
    assert.equal(described.exit, 0, described.err);
    assert.match(described.out, /- code that ran, on its log: [0-9a-f]{64}\n/);
    assert.match(described.out, /- at its start: the configuration here is/);
  }));
