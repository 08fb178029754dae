/** The access desk over a data directory: as the running node has it, and as a command on the same machine has it. */
import { RecordType } from "../../ffi/layout.gen.ts";
import type { AuditLog } from "../../ffi/mod.ts";
import type { Clock } from "../../runtime/mod.ts";
import { AccessDesk, type AccessEvent } from "../access/mod.ts";
import { Journal, noteDurably } from "./journal.ts";
import { StateFile } from "./state_file.ts";
import { randomBytes, wallMillis } from "./wall.ts";

const FILE = "access.json";

export interface NodeSide {
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly complain: (line: string) => void;
  /** Puts a breaker around the file. */
  readonly guard: (file: StateFile) => StateFile;
}

/** Everything it does is in the audit log before it counts. Throws ACCESS_FILE. */
export function nodeDesk(
  directory: string,
  ownerToken: string,
  { audit, clock, complain, guard }: NodeSide,
): AccessDesk {
  const journal = new Journal(audit, clock);
  const record = (event: AccessEvent) => noteDurably(journal, audit, RecordType.OperatorAction, event);
  return new AccessDesk({
    file: guard(new StateFile(directory, FILE)),
    wall: wallMillis,
    random: randomBytes,
    ownerToken,
    record,
    complain,
  });
}

/** What it does waits in the file until a node puts it on record. Throws ACCESS_FILE. */
export function hostDesk(directory: string, complain: (line: string) => void): AccessDesk {
  return new AccessDesk({
    file: new StateFile(directory, FILE),
    wall: wallMillis,
    random: randomBytes,
    ownerToken: null,
    record: null,
    complain,
  });
}
