/** Closing positions on the word of a person, put together for a node. */
import type { Config } from "../../../config/mod.ts";
import { ACCOUNT_SCOPE_BASE, CUSTOMER_SCOPE_BASE, INSTRUMENT_SCOPE_BASE } from "../../../ffi/layout.gen.ts";
import type { ControlPage, OrderGate } from "../../../ffi/mod.ts";
import type { Micros } from "../../../runtime/mod.ts";
import { type ChildSpec, worker } from "../../../supervision/mod.ts";
import type { GuardianBooks } from "../../guardians/books.ts";
import { scopeStateName } from "../../guardians/kill.ts";
import type { TradingStates } from "../../guardians/trading_states.ts";
import { type Instrument, MONEY_SCALE, type ScopeName } from "../../protocol/mod.ts";
import { findScope } from "../scopes.ts";
import { FlattenDesk, type Place } from "./desk.ts";
import { flattener } from "./flattener.ts";
import type { SliceTerms } from "./slice.ts";

export { FlattenDesk } from "./desk.ts";

export interface FlattenParts {
  /** As the node started: who trades what for whom. */
  readonly config: Config;
  /** As it is in force: its limits bound every slice. */
  readonly inForce: () => Config;
  readonly instruments: readonly Instrument[];
  readonly control: ControlPage;
  readonly gate: OrderGate;
  readonly books: GuardianBooks;
  readonly states: TradingStates;
  readonly now: () => Micros;
  readonly record: (event: Readonly<Record<string, unknown>>) => boolean;
  readonly alert: (line: string) => void;
}

export function flattening(parts: FlattenParts): { readonly desk: FlattenDesk; readonly child: ChildSpec } {
  const { config, inForce, instruments, control, gate, books, states, now, record, alert } = parts;
  let wake = () => {};
  const places = config.organisms.flatMap((organism, i): Place[] =>
    organism.instruments.map((symbol) => ({
      strategy: i + 1,
      instrument: instruments.find((one) => one.symbol === symbol)!.id,
      organism: organism.id,
      symbol,
    }))
  );
  const desk = new FlattenDesk({
    placesOf: (scope) => placesBelow(control, places, scope),
    position: ({ strategy, instrument }) => gate.exposure(strategy, instrument).position,
    resting: ({ strategy, instrument }) => gate.exposure(strategy, instrument).openOrders,
    state: ({ strategy, instrument }) => scopeStateName(control.effective(strategy, instrument)),
    hold(place, reason) {
      states.flattening(place.strategy, place.instrument, reason);
      states.announce(now());
    },
    now,
    record,
    alert,
    onBegin: () => wake(),
  });
  const terms = (place: Place) => termsOf(inForce(), instruments[place.instrument], place);
  return {
    desk,
    child: worker("flattener", flattener, { desk, gate, books, terms, attach: (to) => void (wake = to) }),
  };
}

/** Everything that the scope's word concerns. Throws UNKNOWN_SCOPE. */
function placesBelow(control: ControlPage, places: readonly Place[], scope: ScopeName): readonly Place[] {
  const slot = findScope(control, scope);
  if (slot === 0) return places;
  if (slot >= INSTRUMENT_SCOPE_BASE && slot < CUSTOMER_SCOPE_BASE) {
    return places.filter(({ instrument }) => INSTRUMENT_SCOPE_BASE + instrument === slot);
  }
  return places.filter(({ strategy }) => {
    const account = control.above(strategy);
    return slot === strategy || slot === account || (slot < ACCOUNT_SCOPE_BASE && slot === control.above(account));
  });
}

function termsOf(config: Config, { id, unitsPerTickLot }: Instrument, { strategy }: Place): SliceTerms {
  const { maxQuantity, maxNotional } = config.organisms[strategy - 1].limits;
  const rules = config.instruments[id];
  return {
    maxQuantity: Math.min(maxQuantity, rules.maxQuantity),
    maxNotional: Number(maxNotional) * MONEY_SCALE,
    tickStep: rules.tickStep,
    lotStep: rules.lotStep,
    collarBps: rules.collarBps,
    collarTicks: rules.collarTicks,
    unitsPerTickLot,
  };
}
