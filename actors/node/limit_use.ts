/** The limits whose use is counted, with what is used of them: those that can be changed, and credit and losses. */
import type { Config } from "../../config/mod.ts";
import { listLimits } from "../controls/names.ts";
import type { LimitRef, LimitsPort, LimitValue } from "../protocol/mod.ts";
import { MONEY_SCALE } from "../protocol/mod.ts";

export interface CountedLimit extends LimitRef {
  readonly value: LimitValue;
  readonly unit: string;
}

export interface LimitUseOptions {
  readonly port: Pick<LimitsPort<Config>, "usage">;
  /** Latest profit told for a scope with capital, money units; null before the first. */
  readonly profit: (scope: string) => number | null;
}

/** Amounts that a configuration gives a scope under [[controls.capital]]. */
export function capitalLimits({ controls }: Config): readonly CountedLimit[] {
  const unit = "currency";
  return controls.capital.flatMap(({ scope, credit, maxLoss }) => [
    ...(credit === undefined ? [] : [{ scope, limit: "credit", instrument: null, value: credit, unit }]),
    ...(maxLoss === undefined ? [] : [{ scope, limit: "max_loss", instrument: null, value: maxLoss, unit }]),
  ]);
}

/** In the unit of the limit; null where no use is counted. */
export function usedOf({ port, profit }: LimitUseOptions, ref: LimitRef): number | null {
  if (ref.limit === "credit") return port.usage({ ...ref, limit: "max_gross" }).used;
  if (ref.limit === "max_loss") {
    const known = profit(ref.scope);
    return known === null ? null : Math.max(0, -known) / MONEY_SCALE;
  }
  return port.usage(ref).used;
}

/** Every limit of a configuration whose use is counted. */
export function countedLimits(config: Config, options: LimitUseOptions): readonly CountedLimit[] {
  return [
    // What single orders use is no limit that fills up.
    ...listLimits(config).filter((row) => {
      const { used, peak } = options.port.usage(row);
      return used !== null && peak === undefined;
    }),
    ...capitalLimits(config),
  ];
}
