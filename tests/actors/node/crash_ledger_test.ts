/** The node's book of crashes, over a real tree. */
import assert from "node:assert/strict";
import { AuditLog, RecordType } from "../../../ffi/mod.ts";
import type { ActorDef, ActorRef } from "../../../runtime/mod.ts";
import { finish, pass, settle, testSystem } from "../../../runtime/testkit/mod.ts";
import { supervise, type SupervisorMessage, type SupervisorSpec, worker } from "../../../supervision/mod.ts";
import { CrashFile, readCrashFile } from "../../../actors/node/crash_file.ts";
import { CRASHES_SHOWN, CrashLedger } from "../../../actors/node/crash_ledger.ts";
import { Journal } from "../../../actors/node/journal.ts";

/** Fails at a message, with it; the next `failures` starts fail too. */
function fragile(failures = 0): ActorDef<string> {
  let left = failures;
  let lives = 0;
  return {
    type: "fragile",
    init() {
      if (lives++ > 0 && left-- > 0) throw new Error("cannot start");
      return {
        receive(message) {
          throw new Error(message);
        },
      };
    },
  };
}

interface Rig {
  readonly ledger: CrashLedger;
  readonly file: string;
  readonly noted: { readonly type: number; readonly value: unknown }[];
  readonly crash: (message?: string) => void;
  readonly top: ActorRef<SupervisorMessage>;
  readonly pass: (micros: number) => Promise<void>;
}

async function withTree(
  child: ActorDef<string>,
  spec: Partial<SupervisorSpec>,
  options: Parameters<typeof worker>[3],
  body: (rig: Rig) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir();
  const system = testSystem();
  const noted: { type: number; value: unknown }[] = [];
  using audit = AuditLog.memory();
  const journal = new class extends Journal {
    override note(...[type, value, more]: Parameters<Journal["note"]>) {
      noted.push({ type, value });
      return super.note(type, value, more);
    }
  }(audit, system.clock);
  const path = `${directory}/crashes/1.jsonl`;
  using file = new CrashFile(path, (error) => assert.fail(error));
  const ledger = new CrashLedger({ journal, file, dataDir: directory, wallTimestamp: () => "now" });
  system.events.subscribe((event) => ledger.event(event));
  const children = [worker("a", child as ActorDef<string, undefined>, undefined, options)];
  const top = supervise(system, "top", { id: "top", strategy: "one_for_one", intensity: 3, children, ...spec });
  const ref = system.find("/top/a") as ActorRef<string>;
  const crash = (message = "on request") => void ref.tell(message);
  await body({ ledger, file: path, noted, crash, top, pass: (micros) => pass(system, micros) });
  await settle(system);
  await finish(system);
  await Deno.remove(directory, { recursive: true });
}

const told = (ledger: CrashLedger) => ledger.latest(100).map(({ id, decision }) => [id, decision.kind]);

Deno.test("a crash is pending until its back-off is over, then restarted", () => {
  const backoff = { initialMs: 100, maxMs: 100, factor: 1, jitter: 0, resetAfterMs: 1000 };
  return withTree(fragile(), {}, { backoff }, async ({ ledger, crash, pass, file }) => {
    crash();
    await pass(1_000);
    assert.deepEqual(told(ledger), [[1, "pending"]]);
    const { changes } = ledger;
    await pass(100_000);
    const [{ decision, time }] = ledger.latest(1);
    assert.deepEqual([decision.kind, decision.time! - time, decision.detail], [
      "restarted",
      100_000,
      "restarted after 100 ms, life 2",
    ]);
    assert.equal(ledger.changes, changes + 1);
    assert.deepEqual(readCrashFile(file)!.map(({ decision }) => decision), [decision]);
  });
});

Deno.test("a child that fails to start again is a crash of its own, and the one before names it", () =>
  withTree(fragile(2), {}, {}, async ({ ledger, crash, pass, noted }) => {
    crash();
    await pass(1_000);
    assert.deepEqual(told(ledger), [[3, "restarted"], [2, "failed-again"], [1, "failed-again"]]);
    assert.equal(ledger.find(1)!.decision.detail, "its next start failed: crash 2");
    assert.equal(ledger.find(2)!.reason, "init failed: Error: cannot start");
    assert.deepEqual(noted.map(({ type }) => type), [
      RecordType.ActorCrashed,
      RecordType.SupervisorDecided,
      RecordType.ActorCrashed,
      RecordType.SupervisorDecided,
      RecordType.ActorCrashed,
      RecordType.SupervisorDecided,
    ]);
  }));

Deno.test("a temporary child is left, and one too many is given up on", async () => {
  await withTree(fragile(), {}, { restart: "temporary" }, async ({ ledger, crash, pass }) => {
    crash();
    await pass(1_000);
    assert.deepEqual(told(ledger), [[1, "left"]]);
  });
  await withTree(fragile(), { onGiveUp: "isolate", intensity: 1 }, {}, async ({ ledger, crash, pass }) => {
    crash();
    crash();
    await pass(1_000);
    assert.deepEqual(told(ledger), [[2, "gave-up"], [1, "restarted"]]);
    assert.match(ledger.find(2)!.decision.detail, /^\/top gave up \(isolate\): "a" needed more than 1 restarts/);
  });
});

Deno.test("a child whose own restarts are spent is out of service, and so is one that an operator takes out", async () => {
  const budget = { intensity: 1, periodMs: 1000, onSpent: "quarantine" } as const;
  await withTree(fragile(), {}, { budget }, async ({ ledger, crash, pass }) => {
    crash();
    crash();
    await pass(1_000);
    assert.deepEqual(told(ledger), [[2, "disabled"], [1, "restarted"]]);
    assert.equal(ledger.find(2)!.decision.detail, "out of service: it needed more than 1 restarts in 1000 ms");
  });
  const backoff = { initialMs: 100, maxMs: 100, factor: 1, jitter: 0, resetAfterMs: 1000 };
  await withTree(fragile(), {}, { backoff }, async ({ ledger, crash, pass, top }) => {
    crash();
    await pass(1_000);
    top.tell({ kind: "DisableChild", id: "a", by: "operator" });
    await pass(200_000);
    assert.deepEqual(told(ledger), [[1, "disabled"]]);
    assert.equal(ledger.find(1)!.decision.detail, "out of service: by operator");
  });
});

Deno.test("the latest crashes are at hand, all are in the file, and no path of the machine is in a record", () =>
  withTree(fragile(), { intensity: 100_000 }, {}, async ({ ledger, crash, pass, file, noted }) => {
    const directory = file.split("/crashes/")[0];
    const sources = new URL("../../../", import.meta.url).pathname;
    for (let n = 0; n < CRASHES_SHOWN + 10; n++) crash(`cannot open ${directory}/x or ${sources}y`);
    await pass(1_000);
    assert.equal(ledger.total, CRASHES_SHOWN + 10);
    assert.equal(ledger.find(10), null);
    assert.equal(ledger.find(11)!.id, 11);
    assert.deepEqual(ledger.latest(2).map(({ id }) => id), [CRASHES_SHOWN + 10, CRASHES_SHOWN + 9]);
    assert.equal(readCrashFile(file)!.length, CRASHES_SHOWN + 10);
    const text = JSON.stringify([noted, Deno.readTextFileSync(file)]);
    assert.ok(!text.includes(directory) && !text.includes(sources));
    assert.match(ledger.find(11)!.reason, /^Error: cannot open <data-dir>\/x or y$/);
  }));
