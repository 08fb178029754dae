/**
 * Keeps the audit log moving: commits what other records (crashes, modes, operator actions) left uncommitted, so that
 * nothing waits longer than the configured time for its durability even when no order flows.
 */
import type { AuditLog } from "../../ffi/mod.ts";
import { type ActorDef, MICROS_PER_MS } from "../../runtime/mod.ts";

export interface CommitterArgs {
  readonly audit: AuditLog;
  readonly commitMs: number;
  /** Called when the log can no longer record. */
  readonly onAuditFailure: (error: Error) => void;
}

type Commit = { readonly kind: "Commit" };

export const auditCommitter: ActorDef<Commit, CommitterArgs> = {
  type: "audit-committer",
  init(context, { audit, commitMs, onAuditFailure }) {
    context.timers.every("commit", Math.max(1, Math.round(commitMs * MICROS_PER_MS)), { kind: "Commit" });
    return {
      receive() {
        try {
          audit.commit();
        } catch (error) {
          onAuditFailure(error as Error);
        }
      },
      inspect: () => audit.head(),
    };
  },
};
