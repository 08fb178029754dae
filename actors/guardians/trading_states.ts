/**
 * Tells organisms what became of their scopes: halted, with the state, whose word it is and why, and resumed.
 *
 * Belongs to the node, so that a crash of the guardian forgets nobody. A word that changes is announced when the node
 * notices it, a mode when it changes, and whoever starts again hears how things stand before anything else.
 */
import { FIRM_SCOPE, INSTRUMENT_SCOPE_BASE } from "../../ffi/layout.gen.ts";
import type { ControlPage } from "../../ffi/mod.ts";
import type { ActorRef, Micros } from "../../runtime/mod.ts";
import {
  type ScopeName,
  type StrategyId,
  type StrategyMessage,
  type Stricter,
  type TradingHalted,
  type TradingNotice,
} from "../protocol/mod.ts";
import { scopeStateName } from "./kill.ts";

export interface TradingStatesOptions {
  readonly control: ControlPage;
  /** Instrument ids by strategy. */
  readonly traded: ReadonlyMap<StrategyId, readonly number[]>;
  readonly subscribers: ReadonlyMap<StrategyId, ActorRef<StrategyMessage>>;
  /** Why the mode is what it is. */
  readonly modeReason: () => string;
}

/** For a word that was there before anybody here could hear why. */
const CARRIED_OVER = "as the node found it";

export class TradingStates {
  readonly #options: TradingStatesOptions;
  /** Why, by slot on the control page. */
  readonly #reasons = new Map<number, string>();
  /** What was told last, by strategy and instrument; absent: nothing, or that everything passes. */
  readonly #told = new Map<string, string>();
  readonly #flattened = new Map<string, string>();

  constructor(options: TradingStatesOptions) {
    this.#options = options;
  }

  /** Somebody changed a word. */
  noted(slot: number, reason: string): void {
    this.#reasons.set(slot, reason);
  }

  /** People close the positions of a strategy in an instrument, or have closed them: null. */
  flattening(strategy: StrategyId, instrument: number, reason: string | null): void {
    if (reason === null) this.#flattened.delete(keyOf(strategy, instrument));
    else this.#flattened.set(keyOf(strategy, instrument), reason);
  }

  /** Tells everybody what changed for them. */
  announce(time: Micros): void {
    for (const [strategy, instruments] of this.#options.traded) {
      for (const instrument of instruments) {
        const key = keyOf(strategy, instrument);
        const halt = this.#halt(strategy, instrument, time);
        const now = halt === null ? undefined : `${halt.state} ${halt.scope} ${halt.flattening}`;
        const before = this.#told.get(key);
        if (now === before) continue;
        this.#remember(key, now);
        this.#tell(strategy, halt ?? this.#resumed(strategy, instrument, before!, time));
      }
    }
  }

  /** Tells a strategy that has just started how it stands; silence means that everything passes. */
  tellAll(strategy: StrategyId, time: Micros): void {
    for (const instrument of this.#options.traded.get(strategy) ?? []) {
      const halt = this.#halt(strategy, instrument, time);
      const now = halt === null ? undefined : `${halt.state} ${halt.scope} ${halt.flattening}`;
      this.#remember(keyOf(strategy, instrument), now);
      if (halt !== null) this.#tell(strategy, halt);
    }
  }

  #remember(key: string, now: string | undefined): void {
    if (now === undefined) this.#told.delete(key);
    else this.#told.set(key, now);
  }

  #tell(strategy: StrategyId, notice: TradingNotice): void {
    this.#options.subscribers.get(strategy)?.urgent(notice);
  }

  /** Null when everything passes. */
  #halt(strategy: StrategyId, instrument: number, time: Micros): TradingHalted | null {
    const { control, modeReason } = this.#options;
    const state = scopeStateName(control.effective(strategy, instrument));
    if (state === "ACTIVE") return null;
    const slot = this.#slots(strategy, instrument).find((one) => scopeStateName(control.scope(one)) === state);
    const flattened = this.#flattened.get(keyOf(strategy, instrument));
    const flattening = flattened !== undefined && state === "REDUCE_ONLY";
    const given = slot === undefined ? modeReason() : this.#reasons.get(slot) ?? CARRIED_OVER;
    return {
      kind: "TradingHalted",
      strategy,
      instrument,
      state: state as Stricter,
      flattening,
      scope: slot === undefined ? "mode" : control.name(slot) || "firm",
      reason: flattening ? flattened : given,
      time,
    };
  }

  #resumed(strategy: StrategyId, instrument: number, before: string, time: Micros): TradingNotice {
    const { control } = this.#options;
    const scope: ScopeName = before.split(" ")[1];
    const slot = scope === "firm" ? FIRM_SCOPE : control.find(scope);
    const reason = slot === null ? "the node is in FullPerformance again" : this.#reasons.get(slot) ?? CARRIED_OVER;
    return { kind: "TradingResumed", strategy, instrument, scope, reason, time };
  }

  /** Who concerns an order, from the highest down. */
  #slots(strategy: StrategyId, instrument: number): readonly number[] {
    const { control } = this.#options;
    const account = control.above(strategy);
    return [FIRM_SCOPE, control.above(account), account, strategy, INSTRUMENT_SCOPE_BASE + instrument];
  }
}

const keyOf = (strategy: StrategyId, instrument: number): string => `${strategy} ${instrument}`;
