/** `audit …`: the record of a run, checked, proven, signed, witnessed and read. */
import type { Command } from "commander";
import { addAuditExport } from "./audit_export.ts";
import { addAuditFollow } from "./audit_follow.ts";
import { addAuditForget } from "./audit_forget.ts";
import { addAuditKey } from "./audit_key.ts";
import { addAuditPage } from "./audit_page.ts";
import { addAuditProject } from "./audit_project.ts";
import { addAuditCheck, addAuditProve } from "./audit_prove.ts";
import { addAuditReconcile } from "./audit_reconcile.ts";
import { addAuditRepair } from "./audit_repair.ts";
import { addAuditReplay } from "./audit_replay.ts";
import { addAuditRetention } from "./audit_retention.ts";
import { addAuditShow } from "./audit_show.ts";
import { addAuditState } from "./audit_state.ts";
import { addAuditTail } from "./audit_tail.ts";
import { addAuditTimestamp } from "./audit_timestamp.ts";
import { addAuditVerify } from "./audit_verify.ts";
import { addAuditWhy } from "./audit_why.ts";
import { addAuditWitness } from "./audit_witness.ts";
import type { CliIo } from "./io.ts";

export function addAudit(program: Command, io: CliIo, finish: (exit: number) => void): void {
  const audit = program.command("audit").description("check and read the record of a run");
  addAuditVerify(audit, io, finish);
  addAuditProve(audit, io, finish);
  addAuditCheck(audit, io, finish);
  addAuditPage(audit, io, finish);
  addAuditKey(audit, io, finish);
  addAuditWitness(audit, io, finish);
  addAuditTimestamp(audit, io, finish);
  addAuditShow(audit, io, finish);
  addAuditTail(audit, io, finish);
  addAuditReplay(audit, io, finish);
  addAuditRepair(audit, io, finish);
  addAuditReconcile(audit, io, finish);
  addAuditFollow(audit, io, finish);
  addAuditWhy(audit, io, finish);
  addAuditState(audit, io, finish);
  addAuditExport(audit, io, finish);
  addAuditProject(audit, io, finish);
  addAuditRetention(audit, io, finish);
  addAuditForget(audit, io, finish);
}
