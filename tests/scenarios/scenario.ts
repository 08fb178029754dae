/**
 * A failure of the past as a scenario: the same flow through a floor that has the control, and through one that lacks it.
 * What a part of CWTS that is not there yet would have to show is a scenario without a run, and says what it needs.
 */
import { type Floor, named } from "./floor.ts";

export interface Outcome {
  /** Code and name of what stopped it. */
  readonly code: string;
  /** Number of the first message that was refused, of so many. */
  readonly order: number;
  readonly of: number;
  /** Market time from the first message to that one, in milliseconds. */
  readonly afterMs: number;
  /** Dollars let through with the control, in all. */
  readonly through: number;
  /** Dollars the same flow brings through without it. */
  readonly without: number;
  /** What else a reader should know, or "". */
  readonly remark: string;
}

export interface Case {
  /** As in the catalogue of failures: "KC-2". */
  readonly id: string;
  readonly name: string;
  readonly year: number;
  /** What went wrong. */
  readonly wrong: string;
  /** The check or rule that answers it. */
  readonly control: string;
}

export type Scenario =
  & Case
  & ({ readonly run: () => Outcome | Promise<Outcome> } | {
    /** What it needs and CWTS does not have yet. */
    readonly undone: string;
  });

export interface Played {
  readonly open: () => Floor;
  /** Puts the control in force. */
  readonly control: (floor: Floor) => void;
  /** What stood in its place then, where something did. */
  readonly instead?: (floor: Floor) => void;
  /** What came; `guarded` on the floor that has the control. */
  readonly flow: (floor: Floor, guarded: boolean) => void;
  /** Looks at the floor that had the control; throws when it is not as it should be. */
  readonly check?: (floor: Floor) => void;
  readonly remark?: string;
}

/** Plays the flow twice. Throws when the control stopped nothing, or when something else stopped the flow without it. */
export function play({ open, control, instead, flow, check, remark = "" }: Played): Outcome {
  using guarded = open();
  control(guarded);
  flow(guarded, true);
  check?.(guarded);
  using bare = open();
  instead?.(bare);
  flow(bare, false);
  const { first, entered, through } = guarded;
  if (first === null) throw new Error("nothing was refused");
  if (bare.through <= through) throw new Error("without the control no more came through");
  return {
    code: named(first.code),
    order: first.order,
    of: entered,
    afterMs: first.afterMs,
    through,
    without: bare.through,
    remark,
  };
}
