/**
 * The tables of `[controls]` whose rows can be changed while a node runs: what names a row, and which way each field gets
 * looser. What cannot be compared counts as looser, so that it takes two persons.
 */

/**
 * How a field compares. "up": larger is looser, none is no limit. "down": larger is tighter. "least": as "up", and 0 is no
 * limit. "grant": later is looser, none never ends. "ban": later is tighter, none never ends. "day": later is looser, none
 * is not at all. "more": more entries are looser. "fewer": more entries are tighter. "sides": both is the tightest.
 * "label": for people, changes nothing. "apart": another one cannot be compared.
 */
export type FieldOrder =
  | "up"
  | "down"
  | "least"
  | "grant"
  | "ban"
  | "day"
  | "more"
  | "fewer"
  | "sides"
  | "label"
  | "apart";

export interface FactTable {
  /** Fields that name a row; an absent one is written as "*". */
  readonly key: readonly string[];
  readonly fields: Readonly<Record<string, FieldOrder>>;
  /** What no row means beside one. "stays": a row can neither be added nor taken away while the node runs. */
  readonly absent: "loosest" | "tightest" | "apart" | "stays";
  /** Whether the gate can be told that a row is gone. */
  readonly removable: boolean;
}

export const FACT_TABLES: Readonly<Record<string, FactTable>> = {
  restrictions: {
    key: ["scope", "symbol", "issuer"],
    fields: { sides: "sides", list: "label", until: "ban" },
    absent: "loosest",
    removable: true,
  },
  locates: {
    key: ["account", "symbol"],
    fields: { quantity: "up", locate: "label", until: "grant" },
    absent: "tightest",
    removable: true,
  },
  mandates: { key: ["organism"], fields: { venues: "more", until: "grant" }, absent: "apart", removable: false },
  paces: {
    key: ["scope"],
    fields: { perSecond: "up", burst: "up", cancelsPerSecond: "up", cancelBurst: "up", tripAfter: "least" },
    absent: "loosest",
    removable: false,
  },
  windows: {
    key: ["scope", "symbol", "windowMs"],
    fields: { maxOrders: "up", maxLots: "up", maxValue: "up" },
    absent: "loosest",
    removable: true,
  },
  throttles: {
    key: ["organism"],
    fields: { windowMs: "down", maxExecutions: "up" },
    absent: "loosest",
    removable: false,
  },
  baskets: { key: ["scope"], fields: { maxParent: "up", maxBasket: "up" }, absent: "loosest", removable: false },
  soft: {
    key: ["scope"],
    fields: { maxQuantity: "up", maxValue: "up", maxAwayBps: "up" },
    absent: "loosest",
    removable: false,
  },
  capital: {
    key: ["scope"],
    fields: { amount: "up", credit: "up", maxLoss: "up", profitMaxAgeMs: "up", concentration: "up" },
    absent: "loosest",
    removable: false,
  },
  sums: {
    key: ["name", "scope"],
    fields: { limit: "up", measure: "apart", weights: "apart" },
    absent: "stays",
    removable: false,
  },
  securities: {
    key: ["symbol"],
    fields: {
      demands: "fewer",
      venue: "apart",
      issuer: "apart",
      averageVolume: "apart",
      orderVolumeBps: "up",
      positionVolumeBps: "up",
      priorClose: "apart",
      statusMaxAgeMs: "up",
      quotesMaxAgeMs: "up",
      protectedUntil: "apart",
      easyUntil: "day",
      maxMoveBps: "up",
      moveWindowMs: "down",
    },
    absent: "apart",
    removable: false,
  },
  /** One row: what `[controls]` itself says. */
  all: { key: [], fields: { demands: "fewer", listsUntil: "day" }, absent: "stays", removable: false },
};

const moment = (value: unknown): number => Date.parse(String(value));

/** How loose a value is, as a number; null where it cannot be said. */
function looseness(order: FieldOrder, value: unknown): number | null {
  const none = value === undefined || value === null;
  switch (order) {
    case "up":
      return none ? Infinity : Number(value);
    case "down":
      return none ? Infinity : -Number(value);
    case "least":
      return none || Number(value) === 0 ? Infinity : Number(value);
    case "grant":
      return none ? Infinity : moment(value);
    case "ban":
      return none ? -Infinity : -moment(value);
    case "day":
      return none ? -Infinity : moment(value);
    case "sides":
      return value === "both" ? 0 : null;
    case "label":
      return 0;
    case "more":
    case "fewer":
    case "apart":
      return null;
  }
}

/** Above 0 when `a` lets more through than `b`, or cannot be compared; below 0 when less; 0 when as much. */
function compareField(order: FieldOrder, a: unknown, b: unknown): number {
  if (JSON.stringify(a ?? null) === JSON.stringify(b ?? null)) return 0;
  if (order === "more" || order === "fewer") {
    const [first, second] = [a, b].map((value) => new Set(value as readonly unknown[] ?? []));
    const larger = first.isSupersetOf(second);
    const smaller = first.isSubsetOf(second);
    if (larger && smaller) return 0;
    return (order === "more" ? smaller : larger) ? -1 : 1;
  }
  if (order === "sides") return a === "both" ? -1 : 1;
  const [x, y] = [looseness(order, a), looseness(order, b)];
  if (x === null || y === null || Number.isNaN(x) || Number.isNaN(y)) return 1;
  return Math.sign(x - y) || 0;
}

/** As `compareField`, for rows; null is no row. One field that is looser makes the whole looser. */
export function compareRows(
  table: FactTable,
  a: Readonly<Record<string, unknown>> | null,
  b: Readonly<Record<string, unknown>> | null,
): number {
  if (a === null && b === null) return 0;
  if (a === null || b === null) {
    if (table.absent === "loosest") return a === null ? 1 : -1;
    if (table.absent === "tightest") return a === null ? -1 : 1;
    return 1;
  }
  const fields = Object.entries(table.fields).map(([field, order]) => compareField(order, a[field], b[field]));
  if (fields.includes(1)) return 1;
  if (fields.includes(-1)) return -1;
  // A label that differs is a change all the same, and one person may make it.
  return Object.keys(table.fields).some((field) => JSON.stringify(a[field]) !== JSON.stringify(b[field])) ? -1 : 0;
}
