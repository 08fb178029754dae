/** Between a replayed recording and the replay exchange that fills our orders against it. */
import type { Micros } from "../../runtime/mod.ts";
import type { SideCode } from "./orders.ts";

/** One change of a recorded book: the new total quantity of a level; 0 removes it. Ticks and lots. */
export type LevelChange = readonly [side: SideCode, price: number, quantity: number];

/** Facts of one recorded message, in the order they were received. */
export type RecordedEvent =
  | {
    readonly kind: "Snapshot";
    readonly bids: readonly (readonly [number, number])[];
    readonly asks: readonly (readonly [number, number])[];
  }
  | { readonly kind: "Levels"; readonly changes: readonly LevelChange[] }
  | { readonly kind: "Trade"; readonly price: number; readonly quantity: number; readonly aggressor: SideCode }
  | {
    readonly kind: "Top";
    readonly bid: number;
    readonly bidQuantity: number;
    readonly ask: number;
    readonly askQuantity: number;
  }
  /** The book is not to be used until the next Snapshot. */
  | { readonly kind: "Gap"; readonly detail: string }
  | { readonly kind: "Ended" };

export interface Recorded {
  readonly kind: "Recorded";
  readonly instrument: number;
  /** Local receive time of the message, by the recording. */
  readonly time: Micros;
  readonly events: readonly RecordedEvent[];
}
