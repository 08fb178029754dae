import assert from "node:assert/strict";
import { verifyAudit } from "../../../ffi/mod.ts";
import { runDirectory } from "../../../actors/node/mod.ts";
import type { RunSummary } from "../../../actors/node/mod.ts";
import { records, withDirectory } from "./run.ts";

Deno.test("a disk that fills up shuts the gate: nothing is accepted unrecorded, the node says so and fails", async () => {
  await withDirectory(async (directory) => {
    // No file may grow beyond 100 KiB; the signal for it is ignored, so that writes fail as on a full disk.
    const child = new Deno.Command("bash", {
      args: [
        "-c",
        `trap '' XFSZ; ulimit -f 100; exec "$0" "$@"`,
        Deno.execPath(),
        "run",
        "-A",
        new URL("../../../main.ts", import.meta.url).pathname,
        "start",
        ..."--seed 7 --duration 600s --speed max --console-port off --summary json".split(" "),
        "--data-dir",
        `${directory}/data`,
      ],
      stdout: "piped",
      stderr: "piped",
    });
    const { code, stdout, stderr } = await child.output();
    const told = new TextDecoder().decode(stderr);
    assert.equal(code, 1, told);
    assert.match(told, /the audit log cannot record, so the gate is shut: .*File too large/);
    const summary = JSON.parse(new TextDecoder().decode(stdout).trim().split("\n").at(-1)!) as RunSummary;
    assert.equal(summary.mode, "EmergencyShutdown");
    assert.deepEqual(summary.killed, ["firm"]);
    assert.equal(summary.audit.verified, false);
    assert.ok(summary.rejected.AuditFailed > 0);
    assert.equal(summary.messages.unexplained, 0);

    const verdict = verifyAudit(runDirectory(`${directory}/data`));
    assert.equal(verdict.damage, "torn tail");
    const kept = records(directory).filter(({ typeName, value }) =>
      typeName === "Decision" && value.decision.code === 0
    );
    // What was accepted and what was kept differ by at most the batch in which the disk filled up.
    assert.ok(summary.accepted <= kept.length, `${summary.accepted} accepted, ${kept.length} on record`);
  });
});
