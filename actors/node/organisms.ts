/** The species a node can run, and their actors. */
import type { Config } from "../../config/mod.ts";
import type { ChildSpec } from "../../supervision/mod.ts";
import { worker } from "../../supervision/mod.ts";
import { anglerfish } from "../organisms/anglerfish.ts";
import { type HostArgs, type HostDoors, organismHost, prepareHost } from "../organisms/host.ts";
import { platypus } from "../organisms/platypus.ts";
import { tardigrade } from "../organisms/tardigrade.ts";
import type { Instrument, StrategyId } from "../protocol/mod.ts";

export const STRATEGY_OF = (position: number): StrategyId => position + 1;

/**
 * One worker per configured organism, in order. `doorsOf`: whom each gives its orders, where that is not the guardian of
 * its node. Throws UserError for parameters the species refuses.
 */
export function organismSpecs(
  config: Config,
  instruments: readonly Instrument[],
  doorsOf?: (id: string) => HostDoors,
): readonly ChildSpec[] {
  return config.organisms.map((item, i) => {
    const options = {
      id: item.id,
      strategy: STRATEGY_OF(i),
      parameters: item.parameters,
      instruments: instrumentsGiven(config, instruments, i),
      doors: doorsOf?.(item.id),
    };
    return worker(item.id, organismHost, prepare(item.species, options));
  });
}

/** What the organism at a place of the configuration trades. */
export function instrumentsGiven(config: Config, all: readonly Instrument[], place: number): readonly Instrument[] {
  return config.organisms[place].instruments.map((symbol) => all.find((instrument) => instrument.symbol === symbol)!);
}

/** Ids of the instruments each strategy was given. */
export function tradedBy(
  config: Config,
  instruments: readonly Instrument[],
): ReadonlyMap<StrategyId, readonly number[]> {
  const idOf = new Map(instruments.map(({ symbol, id }) => [symbol, id]));
  return new Map(config.organisms.map((one, i) => [STRATEGY_OF(i), one.instruments.map((of) => idOf.get(of)!)]));
}

function prepare(
  species: Config["organisms"][number]["species"],
  options: Omit<Parameters<typeof prepareHost>[0], "definition">,
): HostArgs {
  switch (species) {
    case "anglerfish":
      return prepareHost({ ...options, definition: anglerfish });
    case "platypus":
      return prepareHost({ ...options, definition: platypus });
    case "tardigrade":
      return prepareHost({ ...options, definition: tardigrade });
  }
}
