/** The build of the core: silent when current, one sentence without cargo. */
import assert from "node:assert/strict";
import { isCurrent, sourceStamp } from "../../ffi/build.ts";
import { inDirectory, ROOT, runScript } from "./native.ts";

Deno.test("a core built from these sources is current, and building it again says nothing", async () => {
  assert.ok(isCurrent());
  assert.ok(!isCurrent(sourceStamp().replace(/^./, "x")));
  const { code, stdout, stderr } = await runScript(`import { ensureCore } from "$ROOT/ffi/build.ts"; ensureCore();`);
  assert.deepEqual([code, stdout, stderr], [0, "", ""]);
});

Deno.test("without cargo the build says what to install and exits 1", async () => {
  await inDirectory(async (directory) => {
    // A copy of the room without a built library.
    for (const part of ["ffi", "ffi/layout", "ffi/core", "ffi/core/src"]) {
      await Deno.mkdir(`${directory}/${part}`, { recursive: true });
      for await (const entry of Deno.readDir(`${ROOT}/${part}`)) {
        if (entry.isFile) await Deno.copyFile(`${ROOT}/${part}/${entry.name}`, `${directory}/${part}/${entry.name}`);
      }
    }
    const build = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", `${directory}/ffi/build.ts`],
      env: { PATH: "/nowhere" },
      stdout: "piped",
      stderr: "piped",
    });
    const { code, stderr } = await build.output();
    assert.equal(code, 1);
    const said = new TextDecoder().decode(stderr);
    const manifest = await Deno.readTextFile(`${ROOT}/ffi/core/Cargo.toml`);
    const version = /^rust-version = "(.+)"$/m.exec(manifest)![1];
    assert.ok(said.includes(`cargo, which is not installed: install Rust ${version} or newer`), said);
    assert.doesNotMatch(said, /at file:/);
  });
});
