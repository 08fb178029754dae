/**
 * Watches that the market keeps speaking. An instrument that is silent for too long is a reason to reduce only; when it
 * speaks again, the reason ends. It remembers nothing of what it said: each look compares what is with what the mode
 * believes, so that a crash of either, with such a message in its hands, is made up for by the next look.
 */
import { MarketPhase } from "../../ffi/layout.gen.ts";
import { type ActorDef, type Micros, MICROS_PER_MS } from "../../runtime/mod.ts";
import { concern, concernId, MODE } from "../protocol/mod.ts";
import type { BoardRow, MarketBoard } from "./market_board.ts";

export interface MarketWatchArgs {
  readonly board: MarketBoard;
  /** Silence that counts as stale, milliseconds of market time; 0 switches the watch off. */
  readonly staleMs: number;
  /** Whether the mode knows of a concern. */
  readonly isActive: (id: string) => boolean;
  /** Instruments whose phase the gate wants to know. */
  readonly asked: () => readonly number[];
  readonly tellPhase: (instrument: number, phase: number, time: Micros) => void;
}

const idOf = (row: BoardRow): string => concernId("stale-market", row.instrument.symbol);

/** What the feed says of the market; silence is left to the age of what was said. */
function phaseOf({ status }: BoardRow): number {
  if (status === "ended") return MarketPhase.Closed;
  return status === "live" ? MarketPhase.Continuous : MarketPhase.Unknown;
}

type Check = { readonly kind: "Check" };

/** Looks several times per stale period, so that a stop is noticed within 1.25 of it. */
const LOOKS_PER_PERIOD = 4;

export const marketWatch: ActorDef<Check, MarketWatchArgs> = {
  type: "market-watch",
  init(context, { board, staleMs, isActive, asked, tellPhase }) {
    const started = context.clock.now();
    const limit = staleMs * MICROS_PER_MS;
    if (staleMs > 0) {
      context.timers.every("check", Math.max(1, Math.floor(limit / LOOKS_PER_PERIOD)), { kind: "Check" });
    }

    const raise = (row: BoardRow, active: boolean, detail: string) => {
      const facts = { kind: "stale-market", subject: row.instrument.symbol, active, detail } as const;
      context.registry.find(MODE)?.tell(concern({ ...facts, time: context.clock.now() }));
    };

    return {
      receive() {
        const now = context.clock.now();
        for (const id of asked()) tellPhase(id, phaseOf(board.rows[id]), board.rows[id].updated);
        for (const row of board.rows) {
          const silent = now - Math.max(row.updated, started);
          const bad = row.status !== "ended" &&
            (silent > limit || row.status === "resyncing" || row.status === "stale");
          if (bad === isActive(idOf(row))) continue;
          if (bad) {
            const why = row.status === "resyncing"
              ? row.detail
              : `no data for ${Math.round(silent / MICROS_PER_MS)} ms`;
            raise(row, true, `${row.instrument.symbol}: ${why}`);
          } else {
            raise(row, false, `${row.instrument.symbol} speaks again`);
          }
        }
      },
      inspect: () => ({ stale: board.rows.filter((row) => isActive(idOf(row))).map((row) => row.instrument.symbol) }),
    };
  },
};
