import assert from "node:assert/strict";
import { CrashFile } from "../../../actors/node/crash_file.ts";
import { CrashLedger } from "../../../actors/node/crash_ledger.ts";
import { Journal } from "../../../actors/node/journal.ts";
import { AuditLog, decodeAudit, readAudit } from "../../../ffi/mod.ts";
import type { ActorRef } from "../../../runtime/mod.ts";
import { finish, settle, testSystem } from "../../../runtime/testkit/mod.ts";
import { supervise, type SupervisorMessage, worker } from "../../../supervision/mod.ts";

Deno.test("who takes an actor out of service, and who puts it back, is on record", async () => {
  const directory = await Deno.makeTempDir({ prefix: "cwts-journal-" });
  try {
    const system = testSystem();
    using audit = AuditLog.open({ directory });
    using file = new CrashFile(`${directory}/crashes.jsonl`, (error) => assert.fail(error));
    const journal = new Journal(audit, system.clock);
    const ledger = new CrashLedger({ journal, file, dataDir: directory, wallTimestamp: () => "now" });
    system.events.subscribe((event) => ledger.event(event));
    const idle = worker("o1", { type: "idle", init: () => ({}) }, undefined);
    const top: ActorRef<SupervisorMessage> = supervise(system, "organisms", {
      id: "organisms",
      strategy: "one_for_one",
      children: [idle],
    });
    top.tell({ kind: "DisableChild", id: "o1", by: "ann" });
    top.tell({ kind: "EnableChild", id: "o1", by: "bob" });
    await settle(system);
    await finish(system);
    audit.commit();
    const records = [...readAudit(directory)].map((record) => [record.typeName, decodeAudit(record)]);
    assert.deepEqual(records, [
      ["OperatorAction", { action: "disabled", actor: "/organisms/o1", reason: "by ann" }],
      ["OperatorAction", { action: "enabled", actor: "/organisms/o1", reason: "by bob" }],
    ]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
