/** The two lists of a configuration: the instruments that are traded and the organisms that trade them. */
import { z } from "zod";
import { choice, decimal, identifier, key, MOST_LOTS, U32_MAX, whole } from "./kinds.ts";
import { totalLimits } from "./scopes.ts";

export const instrumentSchema = z.strictObject({
  symbol: key(identifier(), "", "name of the instrument; required"),
  currency: key(identifier().default("USD"), "", "quote currency, for display"),
  tick: key(decimal().default("0.01"), "currency", "size of one tick; prices are whole numbers of ticks inside"),
  lot: key(decimal().default("1"), "base units", "size of one lot; quantities are whole numbers of lots inside"),
  tickStep: key(whole(1, U32_MAX).default(1), "ticks", "order prices must be multiples of this"),
  lotStep: key(whole(1, U32_MAX).default(1), "lots", "order quantities must be multiples of this"),
  makerFee: key(
    whole(-10_000, 10_000).default(-20),
    "1/100 bp of value",
    "fee for resting orders, negative for a rebate; the default is near a US equity rebate of 0.2 bp",
  ),
  takerFee: key(
    whole(-10_000, 10_000).default(30),
    "1/100 bp of value",
    "fee for taking; the default is near a US equity fee of 0.3 bp",
  ),
  collarBps: key(
    whole(0, 10_000).default(300),
    "bp",
    "how far through the reference price a limit may be; 3 % stops a typing error and lets a fast market trade",
  ),
  collarTicks: key(whole(0, U32_MAX).default(10), "ticks", "always allowed through the reference, for low prices"),
  referenceMaxAgeMs: key(
    whole(1, U32_MAX).default(5_000),
    "ms",
    "an older reference price does not count, and the gate refuses orders without one",
  ),
  marketBufferBps: key(
    whole(0, 10_000).default(100),
    "bp",
    "market orders are valued this much beyond the far touch, because they may walk the book",
  ),
  maxQuantity: key(
    whole(1, MOST_LOTS).default(10_000),
    "lots",
    "largest single order over all organisms: the fat-finger limit of the firm",
  ),
  startPrice: key(decimal().default("100"), "currency", "price at which a simulated instrument begins"),
});

const limitsSchema = z.strictObject({
  maxQuantity: key(whole(1, MOST_LOTS).default(500), "lots", "largest single order"),
  maxNotional: key(decimal().default("100000"), "currency", "largest value of a single order"),
  maxPosition: key(
    whole(1, MOST_LOTS).default(2_000),
    "lots",
    "largest worst-case position in one instrument, either side: what is filled plus all that is open",
  ),
  ratePerSecond: key(whole(1, U32_MAX).default(200), "messages/s", "new orders and amendments, sustained"),
  rateBurst: key(whole(1, U32_MAX).default(400), "messages", "new orders and amendments that may come at once"),
  duplicateWindowMs: key(
    whole(0, U32_MAX).default(20),
    "ms",
    "the same side, price and quantity again within this time is a duplicate; 0 switches the check off",
  ),
  ...totalLimits(),
});

export const organismSchema = z.strictObject({
  id: key(identifier(), "", "name of the organism; required; its kill scope is organism:<id>"),
  species: key(
    choice("anglerfish", "platypus", "tardigrade"),
    "",
    "which strategy it runs; required; docs/organisms.md says what each does",
  ),
  instruments: key(
    z.array(z.string({ error: "must be a list of symbols" }), { error: "must be a list of symbols" })
      .min(1, { error: "must name at least one symbol" }),
    "",
    "symbols it trades; required",
  ),
  account: key(
    identifier().default("main"),
    "",
    "account it trades for: whoever shares one shares its limits, and those of its customer and of the firm",
  ),
  parameters: key(
    z.record(z.string(), z.unknown(), { error: "must be a table of parameters" }).default({}),
    "",
    "parameters of its species, checked by the species; docs/organisms.md lists them",
  ),
  limits: limitsSchema.prefault({}),
});
