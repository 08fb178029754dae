/**
 * What the gate is told beside the limits of [firm], [[customers]], [[accounts]] and [[organisms]]: message budgets, short
 * windows, throttles, capital, sums over instruments, regulatory data, restricted lists, locates and mandates.
 *
 * Everything names the scope it holds for as the kill scopes are named: "firm", "customer:house", "account:main",
 * "organism:anglerfish-1". Nothing is required: a control that is not written down is not there, and `demands` says which
 * of them orders must not do without.
 */
import { z } from "zod";
import { choice, decimal, identifier, key, moment, MOST_LOTS, real, text, U32_MAX, whole } from "./kinds.ts";
import { digest } from "./release.ts";

const table = (what: string) => ({ error: `must be a list of [[controls.${what}]] tables` });
const scope = () =>
  key(text(), "", 'whom it binds: "firm", "customer:<id>", "account:<id>" or "organism:<id>"; required');
const symbol = () => key(identifier(), "", "instrument; required");
const until = () => key(moment().optional(), "time", "when it ends, as 2026-12-31T23:59:59Z; without it, never");
const windowMs = () => key(whole(1, U32_MAX), "ms", "length of the window; required; up to an eighth more is counted");

const DEMANDS = [
  "mandate",
  "lists",
  "market-state",
  "price-bands",
  "short-sale",
  "short-price-test",
  "trade-through",
  "locked-market",
  "volume",
  "price-move",
  "parents",
  "self-match",
  "liquidity",
] as const;

export type Demanded = typeof DEMANDS[number];

const demands = () => z.array(choice(...DEMANDS), { error: `must be a list of ${DEMANDS.join(", ")}` }).default([]);

const pace = z.strictObject({
  scope: scope(),
  perSecond: key(whole(0, U32_MAX), "messages/s", "new orders and amendments of everybody below together; required"),
  burst: key(whole(0, U32_MAX), "messages", "new orders and amendments that may come at once; required"),
  cancelsPerSecond: key(
    whole(0, U32_MAX).default(100),
    "messages/s",
    "cancels that repeat one under way; a first cancel always passes",
  ),
  cancelBurst: key(whole(0, U32_MAX).default(200), "messages", "such cancels that may come at once"),
  tripAfter: key(
    whole(0, U32_MAX).default(0),
    "refusals",
    "refusals for rate within a second that latch the scope until it is re-armed; 0 for never",
  ),
});

const window = z.strictObject({
  scope: scope(),
  symbol: key(identifier().optional(), "", "instrument it holds in; without it, all together"),
  windowMs: windowMs(),
  maxOrders: key(whole(1, U32_MAX).optional(), "messages", "most new orders and amendments"),
  maxLots: key(whole(1, MOST_LOTS).optional(), "lots", "most lots entered, in one instrument"),
  maxValue: key(decimal().optional(), "currency", "most value entered, at the reference price"),
});

const throttle = z.strictObject({
  organism: key(identifier(), "", "organism it holds for; required"),
  windowMs: windowMs(),
  maxExecutions: key(
    whole(1, U32_MAX),
    "trades",
    "more trades than this latch the organism until it is re-armed; required",
  ),
});

const basket = z.strictObject({
  scope: scope(),
  maxParent: key(decimal(), "currency", "largest parent order as a whole, at the reference price; required"),
  maxBasket: key(decimal(), "currency", "largest sum of parents opened together; required"),
});

const soft = z.strictObject({
  scope: scope(),
  maxQuantity: key(
    whole(1, MOST_LOTS).optional(),
    "lots",
    "above this a person's order needs its warning acknowledged",
  ),
  maxValue: key(decimal().optional(), "currency", "the same for its value at the reference price"),
  maxAwayBps: key(whole(1, U32_MAX).optional(), "bp", "the same for the distance of its price from the reference"),
});

const capital = z.strictObject({
  scope: scope(),
  amount: key(decimal(), "currency", "what it has to trade with; required"),
  credit: key(decimal().optional(), "currency", "most gross value, filled and open"),
  maxLoss: key(
    decimal().optional(),
    "currency",
    "loss at which only what reduces a position passes; a profit that is too old counts as that loss",
  ),
  profitMaxAgeMs: key(whole(1, U32_MAX).default(10_000), "ms", "an older profit and loss does not count"),
  concentration: key(real(0.0001, 1).optional(), "fraction", "largest share of it in one instrument, worst case"),
});

const sum = z.strictObject({
  name: key(
    identifier(),
    "",
    "name of the sum, as a sector, an underlying, delta, or a scenario of the margin; required",
  ),
  scope: scope(),
  measure: key(
    choice("either", "loss").default("either"),
    "",
    "either: however far it goes to one side; loss: how far below zero, as in a scenario of the margin",
  ),
  limit: key(whole(0), "unit of the sum", "how far it may go, everything open counted; required"),
  weights: z.array(
    z.strictObject({
      symbol: symbol(),
      weight: key(whole(-Number.MAX_SAFE_INTEGER), "unit of the sum per lot", "what a lot bought adds; required"),
    }),
    { error: "must be a list of tables, each with a symbol and a weight" },
  ),
});

const security = z.strictObject({
  symbol: symbol(),
  demands: key(demands(), "", "checks that must have their data in this instrument, beside those of [controls]"),
  venue: key(whole(0, 52).default(0), "", "number of the venue it is traded on"),
  issuer: key(whole(0, U32_MAX).default(0), "", "number of the issuer, looked through to; 0 for none"),
  averageVolume: key(whole(0, MOST_LOTS).default(0), "lots", "average daily volume of 20 days; 0 when it is not known"),
  orderVolumeBps: key(whole(0, U32_MAX).default(100), "bp", "largest order as a share of average daily volume"),
  positionVolumeBps: key(whole(0, U32_MAX).default(1_000), "bp", "largest position as a share of it"),
  priorClose: key(
    whole(0).default(0),
    "ticks",
    "last price of the day before, the reference until the day has a price; 0 when it is not known",
  ),
  statusMaxAgeMs: key(whole(1, U32_MAX).default(5_000), "ms", "an older market phase or band does not count"),
  quotesMaxAgeMs: key(whole(1, U32_MAX).default(1_000), "ms", "older protected quotes do not count"),
  protectedUntil: key(moment().optional(), "time", "the day on which rules 611 and 610(d) end for it"),
  easyUntil: key(moment().optional(), "time", "until when it is on the easy-to-borrow list"),
  maxMoveBps: key(whole(0, U32_MAX).default(1_000), "bp", "furthest the reference price may move within the window"),
  moveWindowMs: key(whole(1, U32_MAX).default(1_000), "ms", "that window"),
});

const restriction = z.strictObject({
  scope: scope(),
  symbol: key(identifier().optional(), "", "instrument that is restricted; or give an issuer"),
  issuer: key(whole(1, U32_MAX).optional(), "", "issuer whose instruments are restricted; or give a symbol"),
  sides: key(choice("both", "buys", "sells").default("both"), "", "what is not allowed"),
  list: key(whole(0, U32_MAX).default(0), "", "number of the list, for people"),
  until: until(),
});

const locate = z.strictObject({
  account: key(identifier(), "", "account the shares are located for; required"),
  symbol: symbol(),
  quantity: key(whole(0, MOST_LOTS), "lots", "located, those already sold short on it included; required"),
  locate: key(whole(0), "", "its number, for people and the log; required"),
  until: until(),
});

const mandate = z.strictObject({
  organism: key(identifier(), "", "organism that was certified; required"),
  venues: key(z.array(whole(0, 52)).default([0]), "", "numbers of the venues it may trade on"),
  until: until(),
  code: key(
    digest().optional(),
    "",
    "code it was certified with, as doctor prints it; with other code it comes up KILLED",
  ),
});

export const controlsSchema = z.strictObject({
  demands: key(demands(), "", "checks that every order must have their data for; one that is missing refuses"),
  listsUntil: key(moment().optional(), "time", "until when the restricted and borrow lists count as of today"),
  paces: z.array(pace, table("paces")).default([]),
  windows: z.array(window, table("windows")).default([]),
  throttles: z.array(throttle, table("throttles")).default([]),
  baskets: z.array(basket, table("baskets")).default([]),
  soft: z.array(soft, table("soft")).default([]),
  capital: z.array(capital, table("capital")).default([]),
  sums: z.array(sum, table("sums")).max(1_024, { error: "may hold 1024 sums at most" }).default([]),
  securities: z.array(security, table("securities")).default([]),
  restrictions: z.array(restriction, table("restrictions")).default([]),
  locates: z.array(locate, table("locates")).default([]),
  mandates: z.array(mandate, table("mandates")).default([]),
});

/** What holds for an instrument of which nothing is configured. */
export function usualSecurity(symbol: string): z.infer<typeof security> {
  return security.parse({ symbol });
}

export type ControlsConfig = z.infer<typeof controlsSchema>;

interface Named {
  readonly controls: ControlsConfig;
  readonly customers: readonly { readonly id: string }[];
  readonly accounts: readonly { readonly id: string }[];
  readonly organisms: readonly { readonly id: string }[];
}

type Refuse = (path: (string | number)[], message: string) => void;

/** Refuses scopes, symbols, accounts and organisms that are not configured, and entries that say nothing or twice the same. */
export function checkControls(config: Named, symbols: ReadonlySet<string>, refuse: Refuse): void {
  const ids = (of: readonly { readonly id: string }[]) => of.map(({ id }) => id);
  const scopes = new Set([
    "firm",
    ...ids(config.customers).map((id) => `customer:${id}`),
    ...ids(config.accounts).map((id) => `account:${id}`),
    ...ids(config.organisms).map((id) => `organism:${id}`),
  ]);
  const known = {
    scope: scopes,
    symbol: symbols,
    account: new Set(ids(config.accounts)),
    organism: new Set(ids(config.organisms)),
  };
  for (const [list, entries] of Object.entries(config.controls)) {
    if (!Array.isArray(entries)) continue;
    entries.forEach((entry: unknown, i) => {
      if (typeof entry !== "object" || entry === null) return;
      for (const [field, names] of Object.entries(known)) {
        const name = (entry as Record<string, unknown>)[field];
        if (name === undefined || names.has(name as string)) continue;
        refuse(
          ["controls", list, i, field],
          `names ${name}, which is not configured: known are ${[...names].join(", ")}`,
        );
      }
    });
  }
  checkEntries(config.controls, symbols, refuse);
}

function checkEntries(controls: ControlsConfig, symbols: ReadonlySet<string>, refuse: Refuse): void {
  controls.windows.forEach(({ symbol, maxOrders, maxLots, maxValue }, i) => {
    const path = ["controls", "windows", i];
    if (maxLots !== undefined && symbol === undefined) {
      refuse([...path, "maxLots"], "counts lots of one instrument: name its symbol, or give max_value");
    }
    if (maxOrders === undefined && maxLots === undefined && maxValue === undefined) {
      refuse(path, "limits nothing: give max_orders, max_lots or max_value");
    }
  });
  controls.restrictions.forEach(({ symbol, issuer }, i) => {
    if ((symbol === undefined) === (issuer === undefined)) {
      refuse(["controls", "restrictions", i], "must name either a symbol or an issuer");
    }
  });
  controls.sums.forEach(({ weights }, i) => {
    weights.forEach(({ symbol }, j) => {
      if (symbols.has(symbol)) return;
      refuse(
        ["controls", "sums", i, "weights", j, "symbol"],
        `names ${symbol}, which is not configured: known are ${[...symbols].join(", ")}`,
      );
    });
  });
  const once = (list: keyof ControlsConfig, entries: readonly object[], of: (entry: never) => string) => {
    const seen = new Set<string>();
    entries.forEach((entry, i) => {
      const name = of(entry as never);
      if (seen.has(name)) refuse(["controls", list, i], `is there a second time for ${name}: the gate keeps one`);
      seen.add(name);
    });
  };
  const byScope = ({ scope }: { scope: string }) => scope;
  once("paces", controls.paces, byScope);
  once("baskets", controls.baskets, byScope);
  once("soft", controls.soft, byScope);
  once("capital", controls.capital, byScope);
  once("throttles", controls.throttles, ({ organism }: { organism: string }) => organism);
  once("mandates", controls.mandates, ({ organism }: { organism: string }) => organism);
  once("securities", controls.securities, ({ symbol }: { symbol: string }) => symbol);
  once("sums", controls.sums, ({ name, scope }: { name: string; scope: string }) => `${name} of ${scope}`);
}
