/** The number of a run belongs to one node, and who sees a later one is no longer the writer. */
import assert from "node:assert/strict";
import { openDataDirectory, RunFence } from "../../../actors/node/data_dir.ts";
import { withDirectory } from "../../cli/run.ts";

const SECOND = 1e9;

Deno.test("a node that sees a later run than its own has lost its data directory, and says so once", () =>
  withDirectory((directory) => {
    using mine = openDataDirectory(directory);
    let now = 0;
    const fence = new RunFence(mine, { now: () => now });
    const looks = (at: number) => {
      now = at;
      return fence.lost();
    };
    assert.equal(looks(2 * SECOND), false);
    Deno.mkdirSync(`${directory}/runs/000002`);
    assert.equal(looks(2.5 * SECOND), false);
    assert.equal(looks(3 * SECOND), true);
    assert.equal(looks(9 * SECOND), false);
    return Promise.resolve();
  }));

Deno.test("two nodes never begin the same run, even where nobody keeps locks of files", () =>
  withDirectory((directory) => {
    using _first = openDataDirectory(directory);
    // A disk that keeps no locks lets another one hold the same file; a new LOCK stands for it here.
    Deno.removeSync(`${directory}/LOCK`);
    const list = Deno.readDirSync;
    Deno.readDirSync = () => [][Symbol.iterator]() as ReturnType<typeof list>;
    try {
      assert.throws(() => openDataDirectory(directory), { code: "DATA_DIR_LOCKED" });
    } finally {
      Deno.readDirSync = list;
    }
    return Promise.resolve();
  }));
