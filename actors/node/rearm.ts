/** The desk that opens scopes again, over a control page: as the running node has it, and as a command on the host has it. */
import type { ControlPage } from "../../ffi/mod.ts";
import { REARM_FILE, RearmDesk, type RearmPage } from "../controls/mod.ts";
import { SCOPE_STATES } from "../protocol/mod.ts";
import { findScope } from "./scopes.ts";
import { openNames, SealedFile } from "./names.ts";
import { wallMillis, wallNanos } from "./wall.ts";

const NANOS_PER_MILLI = 1e6;

export function rearmPage(control: ControlPage, wall: () => number): RearmPage {
  return {
    slot: (scope) => findScope(control, scope),
    state: (slot) => SCOPE_STATES[control.scope(slot)],
    newest() {
      const { requestEpoch, requestWall } = control.header();
      return { epoch: requestEpoch, at: requestWall / NANOS_PER_MILLI };
    },
    store: (slot, to, reason, who) => control.request(slot, SCOPE_STATES.indexOf(to), reason, who, wall()).epoch,
    tighten: (slot, to, reason, who) => void control.tighten(slot, SCOPE_STATES.indexOf(to), reason, who, wall()),
  };
}

/** What `record` is given waits where the node finds it. Throws REARM_FILE or PEOPLE_KEYS. */
export function hostRearmDesk(
  directory: string,
  control: ControlPage,
  record: (event: Readonly<Record<string, unknown>> & { readonly action: string }) => boolean,
): RearmDesk {
  return new RearmDesk({
    file: new SealedFile(directory, REARM_FILE, openNames(directory)),
    page: rearmPage(control, wallNanos),
    wall: wallMillis,
    record,
  });
}

/** A file that is gone with the node. */
export function memoryFile() {
  let text: string | null = null;
  return {
    read: () => text,
    write: (next: string) => void (text = next),
    locked: <T>(body: () => T): T => body(),
  };
}
