/**
 * Closes the positions of a scope on the word of a person: who may, when, what became of it. Belongs to the node, so that a
 * crash of the actor that sends the orders forgets nothing.
 *
 * It is an act of its own and no part of a kill: to close positions in a market that has gone wrong is how kills cause
 * losses. It needs a scope in which orders may only reduce; a killed one gets there by two persons. On record first.
 */
import { UserError } from "../../../config/errors.ts";
import { CODE_TEXT } from "../../../ffi/layout.gen.ts";
import type { Micros } from "../../../runtime/mod.ts";
import { permit } from "../../controls/mod.ts";
import {
  type FlattenCommand,
  type FlattenLine,
  type FlattenLineState,
  type FlattenRun,
  type FlattenView,
  type Principal,
  type ScopeName,
  type ScopeStateName,
  type StrategyId,
} from "../../protocol/mod.ts";

/** A position of a strategy in an instrument. */
export interface Place {
  readonly strategy: StrategyId;
  readonly instrument: number;
  readonly organism: string;
  readonly symbol: string;
}

export interface FlattenDeskOptions {
  /** Every place below a scope. Throws UNKNOWN_SCOPE. */
  readonly placesOf: (scope: ScopeName) => readonly Place[];
  /** Lots by the gate. */
  readonly position: (place: Place) => number;
  /** Orders that may still trade: one that rests could open again what was closed. */
  readonly resting: (place: Place) => number;
  readonly state: (place: Place) => ScopeStateName;
  /** Tells the organism to be still, with the reason, or no longer: null. */
  readonly hold: (place: Place, reason: string | null) => void;
  readonly now: () => Micros;
  /** Puts on record; false when it cannot. */
  readonly record: (event: Readonly<Record<string, unknown>> & { readonly action: string }) => boolean;
  /** Tells the firm. */
  readonly alert: (line: string) => void;
  /** There is work: called after everything that is not over. */
  readonly onBegin: () => void;
}

const KEPT = 20;
/** Slices in a row that moved nothing, after which a line is given up. */
const MOST_FRUITLESS = 40;

export class Line {
  readonly place: Place;
  readonly from: number;
  state: FlattenLineState = "working";
  sent = 0;
  refused = 0;
  fruitless = 0;
  /** Code of the last refusal; 0: none. */
  code = 0;
  /** Order on its way; 0: none. */
  order = 0;
  /** Position when it was sent. */
  before = 0;

  constructor(place: Place, from: number) {
    this.place = place;
    this.from = from;
  }

  get over(): boolean {
    return this.state !== "working" && this.state !== "waiting";
  }
}

interface Run {
  readonly id: number;
  readonly scope: ScopeName;
  readonly reason: string;
  readonly who: string;
  readonly started: Micros;
  readonly lines: readonly Line[];
  ended: Micros | null;
  outcome: string | null;
}

export class FlattenDesk {
  readonly #options: FlattenDeskOptions;
  readonly #runs: Run[] = [];
  #next = 1;

  constructor(options: FlattenDeskOptions) {
    this.#options = options;
  }

  /** Throws UserError; nothing is begun or stopped then. */
  carryOut(by: Principal, command: FlattenCommand, from: string): FlattenRun {
    try {
      permit(by, "flatten");
      if (by.kind === "machine") throw new UserError("ROLE_FORBIDDEN", "a machine closes nothing: log in as a person");
      return this.#shown(command.verb === "begin" ? this.#begin(by, command, from) : this.#stop(by, command, from));
    } catch (error) {
      if (error instanceof UserError && error.code !== "AUDIT_FAILED") {
        this.#options.record({ action: "flatten-refused", who: by.id, from, code: error.code, asked: command });
      }
      throw error;
    }
  }

  view(): FlattenView {
    return { runs: this.#runs.toReversed().map((run) => this.#shown(run)) };
  }

  /** Positions that are not closed yet, oldest first. */
  get open(): readonly Line[] {
    return this.#runs.flatMap((run) => run.ended === null ? run.lines.filter(({ over }) => !over) : []);
  }

  /** Looks at every line that is not over: those that are closed, that may be closed no longer, or that nothing moves. */
  look(): void {
    const { position, resting, state } = this.#options;
    for (const run of this.#runs) {
      if (run.ended !== null) continue;
      for (const line of run.lines) {
        if (line.over) continue;
        const now = state(line.place);
        if (position(line.place) === 0 && resting(line.place) === 0) this.#finish(line, "done");
        else if (now !== "REDUCE_ONLY") {
          this.#end(run, `stopped: ${line.place.organism} is ${now} in ${line.place.symbol} now`, "stopped");
          break;
        } else if (line.fruitless >= MOST_FRUITLESS) this.#finish(line, "stalled");
      }
      if (run.ended === null && run.lines.every(({ over }) => over)) this.#end(run, summaryOf(run.lines), "stopped");
    }
  }

  /** Ends whatever is under way. */
  endAll(reason: string): void {
    for (const run of this.#runs) if (run.ended === null) this.#end(run, `stopped: ${reason}`, "stopped");
  }

  #begin(by: Principal, { scope, reason }: Extract<FlattenCommand, { verb: "begin" }>, from: string): Run {
    const { placesOf, position, state, hold, now, record, alert, onBegin } = this.#options;
    const held = placesOf(scope).filter((place) => position(place) !== 0);
    if (held.length === 0) throw new UserError("FLATTEN_FLAT", `${scope} holds no position: there is nothing to close`);
    const busy = held.find((place) => this.open.some((line) => samePlace(line.place, place)));
    if (busy !== undefined) {
      throw new UserError(
        "FLATTEN_RUNS",
        `${busy.organism} in ${busy.symbol} is being closed already: watch or stop that`,
      );
    }
    for (const place of held) refuseState(scope, place, state(place));
    const run: Run = {
      id: this.#next,
      scope,
      reason,
      who: by.id,
      started: now(),
      lines: held.map((place) => new Line(place, position(place))),
      ended: null,
      outcome: null,
    };
    const positions = run.lines.map(({ place, from: lots }) => {
      return { organism: place.organism, instrument: place.symbol, lots };
    });
    const event = {
      action: "flatten-begun",
      id: run.id,
      scope,
      reason,
      who: by.id,
      person: by.person,
      from,
      positions,
    };
    if (!record(event)) {
      throw new UserError("AUDIT_FAILED", "the audit log cannot record, so nothing is closed: mend it and start anew");
    }
    this.#next++;
    this.#runs.push(run);
    if (this.#runs.length > KEPT && this.#runs[0].ended !== null) this.#runs.shift();
    for (const { place } of run.lines) hold(place, `${by.id} closes it: ${reason}`);
    alert(`${by.id} closes ${held.length} position${held.length === 1 ? "" : "s"} of ${scope}: ${reason}`);
    onBegin();
    return run;
  }

  #stop(by: Principal, { id, reason }: Extract<FlattenCommand, { verb: "stop" }>, from: string): Run {
    const run = this.#runs.find((one) => one.id === id);
    if (run === undefined || run.ended !== null) {
      throw new UserError("FLATTEN_OVER", `there is no closing ${id} under way: look at the list`);
    }
    this.#end(run, `stopped by ${by.id}: ${reason}`, "stopped", { who: by.id, person: by.person, from });
    return run;
  }

  #finish(line: Line, state: FlattenLineState): void {
    line.state = state;
    this.#options.hold(line.place, null);
  }

  #end(
    run: Run,
    outcome: string,
    unfinished: FlattenLineState,
    by: Readonly<Record<string, string>> = { who: "node" },
  ) {
    const { now, record, alert } = this.#options;
    for (const line of run.lines) if (!line.over) this.#finish(line, unfinished);
    run.ended = now();
    run.outcome = outcome;
    record({ action: "flatten-ended", id: run.id, scope: run.scope, outcome, ...by, lines: this.#shown(run).lines });
    alert(`closing ${run.id} of ${run.scope}: ${outcome}`);
  }

  #shown({ lines, ...run }: Run): FlattenRun {
    return { ...run, lines: lines.map((line) => this.#line(line)) };
  }

  #line({ place, from, state, sent, refused, code }: Line): FlattenLine {
    const { organism, symbol } = place;
    const last = code === 0 ? null : (CODE_TEXT[code]?.[1] ?? `code ${code}`);
    return { organism, instrument: symbol, from, left: this.#options.position(place), state, sent, refused, last };
  }
}

const samePlace = (a: Place, b: Place): boolean => a.strategy === b.strategy && a.instrument === b.instrument;

function refuseState(scope: ScopeName, { organism, symbol }: Place, state: ScopeStateName): void {
  if (state === "REDUCE_ONLY") return;
  const first = state === "ACTIVE"
    ? `make it reduce-only first (kill --to reduce-only --scope ${scope})`
    : "re-arm it to REDUCE_ONLY first, which takes two persons";
  throw new UserError("FLATTEN_STATE", `${organism} is ${state} in ${symbol}, and closing takes REDUCE_ONLY: ${first}`);
}

function summaryOf(lines: readonly Line[]): string {
  const closed = lines.filter(({ state }) => state === "done").length;
  return closed === lines.length
    ? `${closed} closed`
    : `${closed} of ${lines.length} closed, the rest stalled: look at it`;
}
