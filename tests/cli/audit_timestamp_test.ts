/** A checkpoint stamped by a real authority, stored beside the log, and checked with it. */
import assert from "node:assert/strict";
import { ensureCore } from "../../ffi/build.ts";
import { openssl, startAuthority } from "../actors/auditors/timestamps/authority.ts";
import { flip } from "../actors/auditors/replica/logs.ts";
import { need } from "../services/needs.ts";
import { inside, outside, withDirectory } from "./run.ts";

ensureCore();

Deno.test({
  name: `audit timestamp stores what an authority says, and audit verify checks it${
    need(openssl === null ? ["openssl"] : [])
  }`,
  ignore: openssl === null,
  async fn() {
    await using authority = await startAuthority();
    await using stranger = await startAuthority({ key: "ec" });
    await withDirectory(async (directory) => {
      const data = `${directory}/data`;
      const start = ["start", "--speed", "max", "--duration", "5s", "--console-port", "off", "--data-dir", data];
      const run = await outside(start);
      assert.equal(run.exit, 0, run.err);
      const verify = (...more: string[]) => inside(["audit", "verify", "--data-dir", data, ...more]);
      const before = JSON.parse((await verify("--json")).out);
      assert.equal(before.timestamp, undefined);

      const stamped = await inside(["audit", "timestamp", "--data-dir", data, "--tsa", authority.url]);
      assert.equal(stamped.exit, 0, stamped.err);
      assert.match(stamped.out, /^the first \d+ records were there at \d{4}-.*Z, says CN=Some Clock$/);

      const held = JSON.parse((await verify("--tsa-ca", authority.ca, "--json")).out);
      const { fault, records, vouched } = held.timestamp;
      assert.deepEqual([fault, records, vouched], [null, before.records, true]);
      assert.match((await verify()).out, /says CN=Some Clock \(name who issued its certificate with --tsa-ca\)$/m);
      const other = await verify("--tsa-ca", stranger.ca);
      assert.equal(other.exit, 1);
      assert.match(other.out, /does not hold: its certificate is not by whom --tsa-ca names/);

      // Another run's checkpoint and its own stamp do not make it this log's.
      assert.equal((await outside([...start, "--seed", "9"])).exit, 0);
      await inside(["audit", "timestamp", "--data-dir", data, "--tsa", authority.url]);
      const [first, second] = [1, 2].map((number) => `${data}/runs/00000${number}`);
      for (const file of ["stamped.checkpoint", "stamped.tst"]) {
        Deno.copyFileSync(`${second}/${file}`, `${first}/${file}`);
      }
      const swapped = await verify("--run", "1");
      assert.equal(swapped.exit, 1);
      assert.match(swapped.out, /does not hold: .*stamped/);

      flip(`${second}/stamped.checkpoint`, 3);
      const changed = await verify("--run", "2");
      assert.equal(changed.exit, 1);
      assert.match(changed.out, /does not hold: it is of something else/);
    });
  },
});

Deno.test("an authority that is not there, or not named, is told in a sentence and stores nothing", async () => {
  await withDirectory(async (directory) => {
    const data = `${directory}/data`;
    const start = ["start", "--speed", "max", "--duration", "2s", "--console-port", "off", "--data-dir", data];
    assert.equal((await outside(start)).exit, 0);
    const unnamed = await inside(["audit", "timestamp", "--data-dir", data]);
    assert.equal(unnamed.exit, 2);
    assert.match(unnamed.err, /name the authority with --tsa/);
    const gone = await inside(["audit", "timestamp", "--data-dir", data, "--tsa", "http://127.0.0.1:1/"]);
    assert.notEqual(gone.exit, 0);
    assert.match(gone.err, /no time stamp from http:\/\/127\.0\.0\.1:1\/: .*; nothing was stored/);
    assert.throws(() => Deno.statSync(`${data}/runs/000001/stamped.tst`), Deno.errors.NotFound);
  });
});
