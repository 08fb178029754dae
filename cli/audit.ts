/** `audit verify|show`: the record of a run, checked and read. */
import type { Command } from "commander";
import { addAuditShow } from "./audit_show.ts";
import { addAuditVerify } from "./audit_verify.ts";
import type { CliIo } from "./io.ts";

export function addAudit(program: Command, io: CliIo, finish: (exit: number) => void): void {
  const audit = program.command("audit").description("check and read the record of a run");
  addAuditVerify(audit, io, finish);
  addAuditShow(audit, io, finish);
}
