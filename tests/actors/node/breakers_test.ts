/** Breakers of a node: around real files that cannot be written, and in a node that runs. */
import assert from "node:assert/strict";
import { Breakers } from "../../../actors/node/breakers.ts";
import { CrashFile } from "../../../actors/node/crash_file.ts";
import { Journal } from "../../../actors/node/journal.ts";
import { ModeKeeper } from "../../../actors/node/mode_keeper.ts";
import { StateFile } from "../../../actors/node/state_file.ts";
import { AuditLog, ControlPage } from "../../../ffi/mod.ts";
import { createRandom } from "../../../runtime/mod.ts";
import type { CrashRecord } from "../../../runtime/mod.ts";
import { withDirectory } from "./run.ts";

const SECOND = 1_000_000;

class Scene implements Disposable {
  readonly audit = AuditLog.memory();
  readonly control = ControlPage.memory();
  now = 0;
  readonly mode = new ModeKeeper({
    recoverAfter: SECOND,
    control: this.control,
    audit: this.audit,
    wallNanos: () => 1,
    onRequest: () => {},
    onChange: () => {},
  });
  readonly breakers = new Breakers({
    journal: new Journal(this.audit, { now: () => this.now }),
    now: () => this.now,
    random: createRandom(1),
    report: (concern, now) => this.mode.report(concern, now),
    onChange: () => {},
  });

  state(name: string): string {
    return this.breakers.views().find((view) => view.name === name)!.state;
  }

  [Symbol.dispose](): void {
    this.control.close();
    this.audit.close();
  }
}

const code = (call: () => void): string => {
  try {
    call();
    return "";
  } catch (error) {
    return (error as { code?: string }).code ?? `${error}`;
  }
};

Deno.test("a file that cannot be written refuses with a sentence, rests, takes the node to SafeMode, and brings it back", async () => {
  await withDirectory((directory) => {
    using scene = new Scene();
    // A directory in its place: no write can be renamed into it.
    Deno.mkdirSync(`${directory}/limits.json`);
    const file = scene.breakers.store("limits.json", new StateFile(directory, "limits.json"));
    assert.equal(code(() => file.write("one")), "STORE_FAILED");
    assert.deepEqual([scene.state("limits.json"), scene.mode.mode], ["closed", "FullPerformance"]);
    assert.equal(code(() => file.write("two")), "STORE_FAILED");
    assert.deepEqual([scene.state("limits.json"), scene.mode.mode], ["open", "SafeMode"]);
    assert.deepEqual(scene.mode.concerns().map(({ id }) => id), ["store-breaker:limits.json"]);
    assert.equal(code(() => file.write("three")), "STORE_RESTING");
    scene.now += 2 * SECOND;
    assert.equal(code(() => file.write("four")), "STORE_FAILED");
    Deno.removeSync(`${directory}/limits.json`);
    assert.equal(code(() => file.write("five")), "STORE_RESTING");
    scene.now += 4 * SECOND;
    file.write("six");
    assert.deepEqual([scene.state("limits.json"), scene.mode.concerns(), file.read()], ["closed", [], "six"]);
    scene.mode.tick(scene.now + SECOND);
    assert.equal(scene.mode.mode, "FullPerformance");
    // closed, open, half-open, open, half-open, closed; and three changes of the mode at most.
    assert.equal(scene.audit.head().records, 5 + 2);
    return Promise.resolve();
  });
});

Deno.test("a store that rests tries itself when its time is over, and closes without anybody changing anything", async () => {
  await withDirectory((directory) => {
    using scene = new Scene();
    const path = `${directory}/limits.json`;
    const plain = new StateFile(directory, "limits.json");
    const file = scene.breakers.store("limits.json", plain);
    for (const text of [null, "as it was"]) {
      if (text !== null) file.write(text);
      const kept = `${directory}/kept`;
      if (text !== null) Deno.renameSync(path, kept);
      Deno.mkdirSync(path);
      while (scene.state("limits.json") !== "open") assert.equal(code(() => file.write("lost")), "STORE_FAILED");
      assert.deepEqual([scene.state("limits.json"), scene.mode.mode], ["open", "SafeMode"]);
      scene.breakers.probeStores();
      assert.equal(scene.state("limits.json"), "open", "not before its time is over");
      assert.equal(scene.breakers.views()[0].refused, 0, "and a look is no call that was refused");
      scene.now += 2 * SECOND;
      scene.breakers.probeStores();
      assert.equal(scene.state("limits.json"), "open", "it was tried, and is still in the way");
      Deno.removeSync(path);
      if (text !== null) Deno.renameSync(kept, path);
      scene.now += 4 * SECOND;
      scene.breakers.probeStores();
      assert.deepEqual([scene.state("limits.json"), scene.mode.concerns()], ["closed", []]);
      assert.equal(file.read(), text, "trying changes nothing");
      assert.deepEqual(
        [...Deno.readDirSync(directory)].map(({ name }) => name).filter((name) => name.endsWith(".new")),
        [],
      );
      scene.now += SECOND;
      scene.mode.tick(scene.now);
    }
    return Promise.resolve();
  });
});

Deno.test("a lock that cannot be had is a sentence too, and what the body refuses stays what it was", async () => {
  await withDirectory((directory) => {
    using scene = new Scene();
    const file = scene.breakers.store("access.json", new StateFile(`${directory}/gone`, "access.json"));
    assert.equal(code(() => file.locked(() => {})), "STORE_FAILED");
    const good = scene.breakers.store("access.json", new StateFile(directory, "access.json"));
    assert.equal(good.locked(() => (good.write("x"), good.read())), "x");
    assert.notEqual(good.stamp(), "");
    return Promise.resolve();
  });
});

Deno.test("the crash file rests while it fails, is told of once, writes on when it can, and stops no trading", async () => {
  await withDirectory((directory) => {
    using scene = new Scene();
    const told: Error[] = [];
    const path = `${directory}/crashes/000001.jsonl`;
    Deno.writeTextFileSync(`${directory}/crashes`, "in the way");
    using file = new CrashFile(path, (error) => told.push(error));
    file.guardBy(scene.breakers.copy("crash-file"), () => scene.now);
    const crash = (id: number) => file.crashed({ id } as CrashRecord, id, "");
    for (let id = 1; id <= 5; id++) crash(id);
    assert.deepEqual([told.length, scene.state("crash-file"), scene.mode.mode], [1, "open", "FullPerformance"]);
    Deno.removeSync(`${directory}/crashes`);
    crash(6);
    scene.now += 2 * SECOND;
    crash(7);
    assert.equal(scene.state("crash-file"), "closed");
    crash(8);
    assert.deepEqual(
      Deno.readTextFileSync(path).split("\n").filter((line) => line !== "").map((line) => JSON.parse(line).crash.id),
      [7, 8],
    );
    assert.equal(told.length, 1);
    return Promise.resolve();
  });
});

Deno.test("the flush of the audit log is not called again once it has failed, and says so once", () => {
  using scene = new Scene();
  let calls = 0;
  let broken = false;
  const commit = scene.breakers.audit(() => {
    calls++;
    if (broken) throw new Error("disk full");
  });
  commit();
  broken = true;
  assert.throws(commit, /disk full/);
  scene.now += 1e12;
  commit();
  commit();
  assert.deepEqual([calls, scene.state("audit-log")], [2, "open"]);
  assert.equal(scene.breakers.views()[0].opensUntil, null);
});
