/**
 * Opens scopes again: reads and writes what waits in `rearm.json` of the data directory, and stores on the control page what
 * the rule allows. The running node and a command on the host use it alike, one at a time, on the same file.
 *
 * Order: stored in the file, then on record, then on the page. A log that cannot record means that nothing is opened.
 */
import { z } from "zod";
import { UserError } from "../../config/errors.ts";
import type { Principal } from "../protocol/access.ts";
import type { ScopeName, ScopeStateName } from "../protocol/control.ts";
import { REARM_CAUSES, type RearmCommand, type RearmOutcome, type RearmView } from "../protocol/rearm.ts";
import { ROLES } from "../protocol/roles.ts";
import { parseStateText } from "../protocol/state_text.ts";
import { decideRearm, type RearmState, seenAfter } from "./rearm.ts";
import { digestOf } from "./two_persons.ts";

export const REARM_FILE = "rearm.json";
/** Where no node has said otherwise. */
export const REARM_QUIET_MS = 60_000;

const millis = z.number().min(0);
const StateName = z.enum(["ACTIVE", "REDUCE_ONLY", "CANCEL_ONLY", "KILLED"]);
const BookSchema = z.strictObject({
  version: z.literal(1),
  quietMs: millis,
  next: z.int().min(1),
  pending: z.array(z.strictObject({
    id: z.int(),
    scope: z.string(),
    from: StateName,
    to: z.enum(["REDUCE_ONLY", "ACTIVE"]),
    cause: z.enum(REARM_CAUSES),
    reason: z.string(),
    person: z.string(),
    role: z.enum(ROLES),
    at: millis,
  })),
  seen: z.record(z.string(), z.number()),
  reduced: z.record(z.string(), millis),
});
type RearmBook = z.infer<typeof BookSchema>;

/** The control page, as far as re-arming goes. */
export interface RearmPage {
  /** Slot of a scope. Throws UNKNOWN_SCOPE. */
  slot(scope: ScopeName): number;
  state(slot: number): ScopeStateName;
  /** Newest request, and when it was made, wall milliseconds. */
  newest(): { readonly epoch: number; readonly at: number };
  /** Stores a state and returns the number of the request. */
  store(slot: number, to: ScopeStateName, reason: string, who: string): number;
  /** Makes the scope at least that strict again. */
  tighten(slot: number, to: ScopeStateName, reason: string, who: string): void;
}

export interface RearmDeskOptions {
  readonly file: { read(): string | null; write(text: string): void; locked<T>(body: () => T): T };
  readonly page: RearmPage;
  /** Wall milliseconds. */
  readonly wall: () => number;
  /** From the configuration of a node; absent on the host, where what the node wrote counts. */
  readonly quietMs?: number;
  /** Puts on record; false when it cannot. */
  readonly record: (event: Readonly<Record<string, unknown>> & { readonly action: string }) => boolean;
}

export class RearmDesk {
  readonly #options: RearmDeskOptions;

  constructor(options: RearmDeskOptions) {
    this.#options = options;
    const { file, quietMs } = options;
    if (quietMs === undefined) return;
    file.locked(() => {
      const book = parseRearmBook(file.read());
      if (book.quietMs !== quietMs) file.write(textOf({ ...book, quietMs }));
    });
  }

  view(): RearmView {
    const { pending, quietMs } = parseRearmBook(this.#options.file.read());
    return { quietMs, pending: pending.map((one) => ({ ...one, digest: digestOf(one) })) };
  }

  /** Throws UserError; nothing is changed then. `from`: where it comes from, for the record. */
  carryOut(by: Principal, command: RearmCommand, from: string): RearmOutcome {
    const { file, record } = this.#options;
    const who = { who: by.id, from };
    try {
      return file.locked(() => this.#locked(by, command, who));
    } catch (error) {
      if (error instanceof UserError && error.code !== "AUDIT_FAILED") {
        record({ action: "rearm-refused", ...who, code: error.code, asked: command });
      }
      throw error;
    }
  }

  #locked(by: Principal, command: RearmCommand, who: { readonly who: string; readonly from: string }): RearmOutcome {
    const { file, page, wall, record } = this.#options;
    const text = file.read();
    const { version, quietMs, ...state } = parseRearmBook(text);
    const write = (next: RearmState) => file.write(textOf({ version, quietMs, ...structuredClone(next) } as RearmBook));
    const before = page.newest();
    const step = decideRearm(state, by, command, wall(), (scope) => {
      return { state: page.state(page.slot(scope)), epoch: before.epoch, requested: before.at };
    }, quietMs);
    const { scope, proposal, store } = step;
    const slot = page.slot(scope);
    write(store === null ? step.state : seenAfter(step.state, before.epoch, before.epoch + 1));
    if (!record({ ...step.event, ...who })) {
      write(state);
      throw new UserError("AUDIT_FAILED", "the audit log cannot record, so nothing was opened: mend it and start anew");
    }
    if (store !== null) {
      const actor = `${who.who}@${who.from}`;
      if (page.store(slot, store.to, store.reason, actor) !== before.epoch + 1) {
        // What the other one stored may have been written over: the strictest state is the only one that cannot be wrong.
        page.tighten(slot, "KILLED", "stopped while it was opened", actor);
        throw new UserError(
          "REARM_OVERTAKEN",
          `something was stopped at the same moment, so ${scope} stays stopped: look at it, and propose it again`,
        );
      }
    }
    return {
      scope,
      state: page.state(slot),
      proposal: proposal === null ? null : { id: proposal.id, digest: digestOf(proposal) },
    };
  }
}

const textOf = (book: RearmBook): string => `${JSON.stringify(book, null, 2)}\n`;

/** Throws REARM_FILE. */
export function parseRearmBook(text: string | null): RearmBook {
  if (text === null) return { version: 1, quietMs: REARM_QUIET_MS, next: 1, pending: [], seen: {}, reduced: {} };
  return parseStateText(BookSchema, text, {
    code: "REARM_FILE",
    name: "rearm.json",
    otherwise: "move it away, which withdraws what waits",
  });
}
