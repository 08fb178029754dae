/**
 * Who stands above an organism: the firm, its customers and their accounts, each with limits of its own.
 *
 * The gate holds every order to the limits of all of them, so a limit above that of a parent is one nobody will ever meet.
 * It is refused here, because whoever wrote it meant something else.
 */
import { z } from "zod";
import { parseDecimal } from "./decimals.ts";
import { decimal, identifier, key, MOST_LOTS, U32_MAX, whole } from "./kinds.ts";

const instrumentLimits = z.array(
  z.strictObject({
    symbol: key(identifier(), "", "instrument the limits hold in; required"),
    maxPosition: key(
      whole(0, MOST_LOTS).optional(),
      "lots",
      "largest worst-case position of everybody below together, either side: what is filled plus all that is open",
    ),
    maxOpenOrders: key(
      whole(0, U32_MAX).optional(),
      "orders",
      "most orders resting or on their way in this instrument, of everybody below together",
    ),
  }),
  { error: "must be a list of tables, each with a symbol" },
);

/** What the gate can count in 64 bits, a little rounded down. */
const MOST_MONEY = 92_000_000_000;

function amount() {
  return decimal().refine((value) => Number(value) <= MOST_MONEY, { error: `must be at most "${MOST_MONEY}"` });
}

/** Limits over all instruments together; `defaults` are there when nobody sets others. */
export function totalLimits(defaults: { maxOpenOrders?: number; maxGross?: string; maxNet?: string } = {}) {
  const { maxOpenOrders, maxGross, maxNet } = defaults;
  const orders = whole(0, U32_MAX), gross = amount(), net = amount();
  return {
    maxOpenOrders: key(
      maxOpenOrders === undefined ? orders.optional() : orders.default(maxOpenOrders),
      "orders",
      "most orders resting or on their way: a loop that enters and never cancels stops here",
    ),
    maxGross: key(
      maxGross === undefined ? gross.optional() : gross.default(maxGross),
      "currency",
      "largest sum of worst-case positions by value, each organism in each instrument for itself; longs and shorts do not cancel out",
    ),
    maxNet: key(
      maxNet === undefined ? net.optional() : net.default(maxNet),
      "currency",
      "largest worst-case net value, long or short: how far the market can move all of it one way",
    ),
  };
}

/** Far above what the organisms that come with CWTS can reach, and finite: a whole fleet that runs wild stops as one. */
const FIRM_DEFAULTS = { maxOpenOrders: 10_000, maxGross: "1000000000", maxNet: "1000000000" };

export const firmSchema = z.strictObject({
  limits: z.strictObject({ ...totalLimits(FIRM_DEFAULTS), instruments: instrumentLimits.default([]) }).prefault({}),
});

const nodeLimits = z.strictObject({ ...totalLimits(), instruments: instrumentLimits.default([]) }).prefault({});

export const customerSchema = z.strictObject({
  id: key(identifier(), "", "name of the customer; required; the firm's own trading is one too"),
  limits: nodeLimits,
});

export const accountSchema = z.strictObject({
  id: key(identifier(), "", "name of the account; required"),
  customer: key(identifier().default("house"), "", "customer it belongs to"),
  limits: nodeLimits,
});

type Limits = z.infer<typeof nodeLimits>;
type Path = readonly (string | number)[];
type Above = {
  readonly name: string;
  readonly path: Path;
  readonly limits: Limits;
  /** An organism has one limit for every instrument it trades, and not a list of them. */
  readonly oneForAll?: boolean;
};

export interface Scoped {
  readonly firm: z.infer<typeof firmSchema>;
  readonly customers: readonly z.infer<typeof customerSchema>[];
  readonly accounts: readonly z.infer<typeof accountSchema>[];
  readonly organisms: readonly {
    readonly id: string;
    readonly account: string;
    readonly instruments: readonly string[];
    readonly limits: Pick<Limits, "maxOpenOrders" | "maxGross" | "maxNet"> & { readonly maxPosition: number };
  }[];
}

type Refuse = (path: (string | number)[], message: string) => void;

/** Refuses names used twice, parents and symbols that are not there, and limits above those of a parent. */
export function checkScopes(config: Scoped, symbols: ReadonlySet<string>, refuse: Refuse): void {
  const firm: Above = { name: "the firm", path: ["firm"], limits: config.firm.limits };
  checkSymbols(firm, symbols, refuse);
  const customers = new Map<string, Above[]>();
  config.customers.forEach((customer, i) => {
    const path = ["customers", i];
    if (customers.has(customer.id)) refuse([...path, "id"], "is used twice: every customer needs an id of its own");
    const self: Above = { name: `customer ${customer.id}`, path, limits: customer.limits };
    checkSymbols(self, symbols, refuse);
    checkAgainst(self, [firm], refuse);
    customers.set(customer.id, [self, firm]);
  });
  const accounts = new Map<string, Above[]>();
  config.accounts.forEach((account, i) => {
    const path = ["accounts", i];
    if (accounts.has(account.id)) refuse([...path, "id"], "is used twice: every account needs an id of its own");
    const self: Above = { name: `account ${account.id}`, path, limits: account.limits };
    checkSymbols(self, symbols, refuse);
    const above = customers.get(account.customer);
    if (above === undefined) refuse([...path, "customer"], unknown(account.customer, [...customers.keys()]));
    else checkAgainst(self, above, refuse);
    accounts.set(account.id, [self, ...above ?? [firm]]);
  });
  config.organisms.forEach((organism, i) => {
    const above = accounts.get(organism.account);
    if (above === undefined) {
      return refuse(["organisms", i, "account"], unknown(organism.account, [...accounts.keys()]));
    }
    const { maxPosition, ...totals } = organism.limits;
    const instruments = organism.instruments.map((symbol) => ({ symbol, maxPosition }));
    checkAgainst(
      { name: `organism ${organism.id}`, path: ["organisms", i], limits: { ...totals, instruments }, oneForAll: true },
      above,
      refuse,
    );
  });
}

function unknown(name: string, known: readonly string[]): string {
  return `names ${name}, which is not configured: known are ${known.join(", ")}`;
}

function checkSymbols({ path, limits }: Above, symbols: ReadonlySet<string>, refuse: Refuse): void {
  const seen = new Set<string>();
  limits.instruments.forEach(({ symbol }, i) => {
    const here = [...path, "limits", "instruments", i, "symbol"];
    if (!symbols.has(symbol)) refuse(here, unknown(symbol, [...symbols]));
    if (seen.has(symbol)) refuse(here, `limits ${symbol} a second time: put its limits into one table`);
    seen.add(symbol);
  });
}

/** One limit of two nodes: as a number to compare, and as it was written. */
type Reading = { readonly units: bigint; readonly text: string; readonly field: string; readonly path: Path };

const TOTALS = ["maxOpenOrders", "maxGross", "maxNet"] as const;
const HERE = ["maxPosition", "maxOpenOrders"] as const;
const FIELDS = {
  maxPosition: "max_position",
  maxOpenOrders: "max_open_orders",
  maxGross: "max_gross",
  maxNet: "max_net",
};

/** Every limit of a node against the same limit of each one above it. */
function checkAgainst(self: Above, above: readonly Above[], refuse: Refuse): void {
  const parents = above.map((node) => ({ node, theirs: readings(node) }));
  for (const [name, own] of readings(self)) {
    for (const { node, theirs } of parents) {
      const limit = theirs.get(name);
      if (limit === undefined || own.units <= limit.units) continue;
      refuse(
        [...self.path, "limits", ...own.path],
        `gives ${self.name} ${own.field} of ${own.text}, above the ${limit.text} of ${node.name}: ` +
          `lower the one or raise the other`,
      );
    }
  }
}

function readings({ limits, oneForAll }: Above): Map<string, Reading> {
  const found = new Map<string, Reading>();
  for (const key of TOTALS) {
    const value = limits[key];
    if (value === undefined) continue;
    found.set(key, { units: comparable(value), text: String(value), field: `a ${FIELDS[key]}`, path: [key] });
  }
  limits.instruments.forEach((here, i) => {
    for (const key of HERE) {
      const value = here[key];
      if (value === undefined) continue;
      const path = oneForAll ? [key] : ["instruments", i, key];
      const field = `a ${FIELDS[key]} in ${here.symbol}`;
      found.set(`${here.symbol}.${key}`, { units: comparable(value), text: String(value), field, path });
    }
  });
  return found;
}

/** Billionths of a billionth: finer than any amount that can be written is told apart by nobody. */
const COMPARED_DECIMALS = 18;

function comparable(value: number | string): bigint {
  const { digits, scale } = parseDecimal(String(value));
  return scale <= COMPARED_DECIMALS
    ? digits * 10n ** BigInt(COMPARED_DECIMALS - scale)
    : digits / 10n ** BigInt(scale - COMPARED_DECIMALS);
}
