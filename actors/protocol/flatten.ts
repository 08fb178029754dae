/** Closing the positions of a scope on the word of a person: what may be asked, and what is shown. */
import type { Micros } from "../../runtime/mod.ts";
import type { ScopeName } from "./control.ts";

export type FlattenCommand =
  | { readonly verb: "begin"; readonly scope: ScopeName; readonly reason: string }
  | { readonly verb: "stop"; readonly id: number; readonly reason: string };

/** "waiting": no slice could be sent or filled yet; "stalled": given up after too many slices that moved nothing. */
export type FlattenLineState = "working" | "waiting" | "done" | "stalled" | "stopped";

/** One position that is being closed. Lots, signed. */
export interface FlattenLine {
  readonly organism: string;
  readonly instrument: string;
  /** When it began. */
  readonly from: number;
  /** Now. */
  readonly left: number;
  readonly state: FlattenLineState;
  /** Orders sent, refused by gate or venue, and the latest reason. */
  readonly sent: number;
  readonly refused: number;
  readonly last: string | null;
}

export interface FlattenRun {
  readonly id: number;
  readonly scope: ScopeName;
  readonly reason: string;
  readonly who: string;
  readonly started: Micros;
  readonly ended: Micros | null;
  /** One sentence when it ended. */
  readonly outcome: string | null;
  readonly lines: readonly FlattenLine[];
}

export interface FlattenView {
  /** Newest first. */
  readonly runs: readonly FlattenRun[];
}
