import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { UserError } from "../../../config/errors.ts";
import { loadAssets } from "../../../actors/console/mod.ts";

Deno.test("the page is bundled once, and again when the bundle is of other sources or damaged", async () => {
  const folder = await Deno.makeTempDir();
  const dist = pathToFileURL(`${folder}/dist/`);
  let bundled = 0;
  const load = () => loadAssets({ dist, onBundle: () => bundled++ });
  try {
    const first = await load();
    assert.equal(bundled, 1);
    assert.deepEqual(await load(), first);
    assert.equal(bundled, 1);

    const file = new URL("console.json", dist);
    const made = JSON.parse(await Deno.readTextFile(file));
    await Deno.writeTextFile(file, JSON.stringify({ ...made, hash: "of other sources", script: "old()" }));
    assert.deepEqual(await load(), first);
    assert.equal(bundled, 2);

    await Deno.writeTextFile(file, '{"hash": "half wri');
    assert.deepEqual(await load(), first);
    assert.equal(bundled, 3);
    assert.deepEqual([...Deno.readDirSync(dist)].map((entry) => entry.name), ["console.json"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test({
  name: "a node that may not run deno says to build the page first, unless it is built",
  permissions: { read: true, write: true, env: true, run: false },
  fn: async () => {
    await loadAssets();
    const folder = await Deno.makeTempDir();
    try {
      await assert.rejects(
        loadAssets({ dist: pathToFileURL(`${folder}/dist/`) }),
        (error) =>
          error instanceof UserError && error.code === "CONSOLE_BUNDLE" && /deno task build/.test(error.message),
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("the page names no other host and holds no inline script or style", async () => {
  const { html, script, style } = await loadAssets();
  const hosts = [...`${html}${script}${style}`.matchAll(/(?:https?:)?\/\/([a-z0-9-]+(?:\.[a-z0-9-]+)+)/gi)].map((m) =>
    m[1]
  );
  // An XML namespace is a name, not an address.
  assert.deepEqual([...new Set(hosts)].filter((host) => host !== "www.w3.org"), []);
  assert.doesNotMatch(html, /<script(?![^>]*\ssrc=)|<style|\son\w+=|\sstyle=/i);
  assert.doesNotMatch(script, /\beval\(|new Function\(/);
});
