/**
 * Warns when the use of a limit comes near it: at 50, 75, 85, 90 and 95 percent, once for each time a level is reached
 * from below. What fell back warns again only after it stayed clear of the level for a while, so that orders coming and
 * going around one are one warning and not hundreds.
 *
 * It is asked in market time, from inside a turn: the same run warns at the same moments.
 */
import type { Config } from "../../config/mod.ts";
import { type Micros, MICROS_PER_SECOND } from "../../runtime/mod.ts";
import { type EarlyWarning, levelOf, shareOf, type UseLevel } from "../protocol/mod.ts";
import { type CountedLimit, countedLimits, type LimitUseOptions, usedOf } from "./limit_use.ts";

/** How far use must fall below a level, as a share of the limit, before reaching it is news again; and for how long. */
const CLEAR = 0.05;
const CLEAR_MICROS = 60 * MICROS_PER_SECOND;
const KEPT = 100;

export interface EarlyWarningsOptions extends LimitUseOptions {
  readonly config: Config;
  /** Wall milliseconds. */
  readonly wall: () => number;
  /** Puts a warning on record. */
  readonly record: (event: Readonly<Record<string, unknown>>, time: Micros) => void;
  readonly onWarning: () => void;
}

interface Watched {
  readonly limit: CountedLimit;
  /** Highest level that was told and has not been cleared. */
  told: UseLevel;
  /** Since when use has been clear of `told`; NaN while it is not. */
  clearSince: Micros;
}

const keyOf = ({ scope, limit, instrument }: CountedLimit): string => JSON.stringify([scope, limit, instrument]);

export class EarlyWarnings {
  readonly #options: EarlyWarningsOptions;
  readonly #latest: EarlyWarning[] = [];
  #watched: readonly Watched[] = [];
  #total = 0;

  constructor(options: EarlyWarningsOptions) {
    this.#options = options;
    this.follow(options.config);
  }

  /** Newest first. */
  get latest(): readonly EarlyWarning[] {
    return this.#latest;
  }

  /** Since the node started. */
  get total(): number {
    return this.#total;
  }

  /** Goes on with the limits of another configuration; levels that were told stay told. */
  follow(config: Config): void {
    const known = new Map(this.#watched.map((one) => [keyOf(one.limit), one]));
    this.#watched = countedLimits(config, this.#options).map((limit) => ({
      limit,
      told: known.get(keyOf(limit))?.told ?? 0,
      clearSince: NaN,
    }));
  }

  /** Looks at every limit. */
  look(time: Micros): void {
    for (const one of this.#watched) {
      const used = usedOf(this.#options, one.limit);
      const share = shareOf(used, one.limit.value);
      const level = levelOf(share);
      if (level > one.told) {
        one.told = level;
        one.clearSince = NaN;
        this.#warn(one.limit, level as Exclude<UseLevel, 0>, used!, time);
      } else if (one.told > 0) this.#clear(one, levelOf((share ?? 0) + CLEAR), time);
    }
  }

  #clear(one: Watched, level: UseLevel, time: Micros): void {
    if (level >= one.told) one.clearSince = NaN;
    else if (Number.isNaN(one.clearSince)) one.clearSince = time;
    else if (time - one.clearSince >= CLEAR_MICROS) {
      one.told = level;
      one.clearSince = NaN;
    }
  }

  #warn(limit: CountedLimit, level: EarlyWarning["level"], used: number, time: Micros): void {
    const where = limit.instrument === null ? limit.scope : `${limit.scope} in ${limit.instrument}`;
    const unit = limit.unit === "" ? "" : ` ${limit.unit}`;
    const text = `${limit.limit} of ${where} is used to ${level} percent or more: ${used} of ${limit.value}${unit}`;
    this.#total++;
    this.#latest.unshift({ ...limit, level, used, time, at: this.#options.wall(), text });
    if (this.#latest.length > KEPT) this.#latest.pop();
    this.#options.record({ action: "limit-warning", ...limit, level, used }, time);
    this.#options.onWarning();
  }
}
