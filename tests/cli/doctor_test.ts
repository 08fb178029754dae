/** What doctor finds on a machine, and that every fault comes with its remedy. */
import assert from "node:assert/strict";
import { doctorText } from "../../cli/doctor.ts";
import type { Check } from "../../cli/doctor_checks.ts";
import { ensureCore } from "../../ffi/build.ts";
import { inside, withDirectory } from "./run.ts";

ensureCore();

const find = (checks: readonly Check[], name: string) => {
  const found = checks.find((check) => check.name.startsWith(name));
  assert.ok(found, name);
  return found;
};

Deno.test("doctor finds this machine fit, core handshake included", async () => {
  await withDirectory(async (directory) => {
    const { exit, out } = await inside(["doctor", "--data-dir", directory, "--json"]);
    const { ok, checks } = JSON.parse(out) as { ok: boolean; checks: Check[] };
    assert.deepEqual([exit, ok], [0, true], out);
    assert.equal(find(checks, "native core").ok, true);
    assert.equal(find(checks, "running node").found, "none");
    for (const check of checks) assert.equal(check.ok, check.fix === "", check.name);
  });
});

Deno.test("doctor says who holds the data directory and which port is taken", async () => {
  await withDirectory(async (directory) => {
    using lock = Deno.openSync(`${directory}/LOCK`, { create: true, write: true, read: true });
    lock.lockSync(true);
    lock.writeSync(new TextEncoder().encode("4711\n"));
    using busy = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = busy.addr as Deno.NetAddr;
    await Deno.writeTextFile(`${directory}/c.toml`, `[console]\nport = ${port}\n`);
    const { out } = await inside(["doctor", "--data-dir", directory, "--config", `${directory}/c.toml`, "--json"]);
    const { checks } = JSON.parse(out) as { checks: Check[] };
    assert.match(find(checks, "running node").found, /process 4711 holds/);
    assert.equal(find(checks, "console port").ok, false);
    assert.match(find(checks, "console port").fix, /--console-port/);
  });
});

Deno.test("a data directory that cannot be made and a broken configuration fail, exit code 1", async () => {
  await withDirectory(async (directory) => {
    await Deno.writeTextFile(`${directory}/file`, "");
    await Deno.writeTextFile(`${directory}/c.toml`, "[node]\nsede = 1\n");
    const { exit, out } = await inside([
      "doctor",
      "--data-dir",
      `${directory}/file/inside`,
      "--config",
      `${directory}/c.toml`,
      "--json",
    ]);
    const { ok, checks } = JSON.parse(out) as { ok: boolean; checks: Check[] };
    assert.deepEqual([exit, ok], [1, false]);
    assert.match(find(checks, "configuration").fix, /did you mean node\.seed\?/);
  });
});

Deno.test("doctor marks what is needed and what only tests need, each with its remedy", () => {
  const checks: Check[] = [
    { name: "deno", ok: true, needed: true, found: "2.9.6", fix: "" },
    { name: "native core", ok: false, needed: true, found: "absent", fix: "run deno task build" },
    { name: "chromium", ok: false, needed: false, found: "not found", fix: "install it" },
  ];
  assert.deepEqual(doctorText(checks, { color: false }), [
    "ok    deno         2.9.6",
    "FAIL  native core  absent",
    "                   → run deno task build",
    "opt   chromium     not found",
    "                   → install it",
  ]);
});
