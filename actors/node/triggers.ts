/** The rules of the configuration as the triggers take them. */
import type { Config } from "../../config/mod.ts";
import type { TriggerRules, TriggerState } from "../guardians/triggers.ts";
import { MONEY_SCALE } from "../protocol/mod.ts";

/** Bars are days apart: from one to the next anything may happen. */
export function triggerRules(config: Config): TriggerRules {
  const { parentBreach, rate, rejects, fills, loss, drawdown, mismatch, market, clock, unacknowledged } =
    config.kill.triggers;
  const named = <T extends { readonly state: string }>(rule: T) => ({
    ...rule,
    state: (rule.state === "off" ? "off" : rule.state.toUpperCase().replace("-", "_")) as TriggerState,
  });
  const money = (amount: string | undefined) => (amount === undefined ? null : Number(amount) * MONEY_SCALE);
  const bars = config.feed.kind === "bars";
  return {
    parentBreach: named(parentBreach),
    rate: named(rate),
    rejects: named(rejects),
    fills: { ...named(fills), awayBps: bars ? Infinity : fills.awayBps },
    loss: { ...named(loss), organism: money(loss.organism), account: money(loss.account) },
    drawdown: { ...named(drawdown), organism: money(drawdown.organism) },
    mismatch: named(mismatch),
    market: { ...named(market), jumpBps: bars ? 0 : market.jumpBps },
    clock: named(clock),
    unacknowledged: named(unacknowledged),
  };
}
