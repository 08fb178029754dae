/**
 * The one description of every record that crosses the boundary between TypeScript and the native core.
 *
 * `deno task layout` turns it into `ffi/core/src/layout.rs` (Rust structs with compile-time size and offset
 * assertions) and `ffi/layout.gen.ts` (zero-allocation TypeScript views). Never edit the generated files: change this
 * page and regenerate; a test fails when they drift, and the layout hash makes an old library refuse to load.
 *
 * All integers are little-endian. Prices are in ticks, quantities in lots, money in units of 1e-8 of the quote
 * currency, time in nanoseconds since the Unix epoch.
 */

/** `time` is an i64 of nanoseconds natively and a number of microseconds (`Micros`) in TypeScript. */
export type FieldType = "u8" | "u16" | "u32" | "i32" | "u64" | "i64" | "time";

export type Field = readonly [offset: number, type: FieldType, name: string, doc: string];

export interface RecordLayout {
  readonly name: string;
  readonly doc: string;
  readonly size: number;
  readonly fields: readonly Field[];
}

export interface EnumLayout {
  readonly name: string;
  readonly doc: string;
  readonly repr: "u8" | "u16" | "u32";
  readonly values: readonly (readonly [name: string, value: number, doc: string])[];
}

export const constants: readonly (readonly [name: string, value: number, doc: string])[] = [
  ["ABI_VERSION", 1, "Raised when an exported function changes its meaning or signature."],
  [
    "BACKGROUND_OWNER",
    0x80000000,
    "Owners at or above this are other participants of a simulated market, never gated.",
  ],
  [
    "REFUSED_AT_DOOR",
    32768,
    "Flag a venue sets on a command it must not carry out because its scope was killed after approval.",
  ],
  ["FIRM_SCOPE", 0, "Scope index of the whole firm in the control page."],
  ["SCOPE_COUNT", 256, "Scopes in the control page."],
  ["STRATEGY_SCOPE_LAST", 127, "Strategy n uses scope n, 1 to 127."],
  ["INSTRUMENT_SCOPE_BASE", 128, "Instrument n uses scope 128 + n, n from 0 to 127."],
  ["CONTROL_PAGE_SIZE", 16384, "Bytes of the memory-mapped control page."],
  ["CONTROL_SCOPES_OFFSET", 1024, "Byte offset of the u32 state word of scope 0."],
  ["CONTROL_REASON_OFFSET", 2048, "Byte offset of the UTF-8 reason of the last request, zero padded, 256 bytes."],
  ["CONTROL_ACTOR_OFFSET", 2304, "Byte offset of who made the last request, zero padded, 64 bytes."],
  ["CONTROL_NAMES_OFFSET", 4096, "Byte offset of the 256 scope names, 32 bytes each, UTF-8, zero padded."],
];

export const enums: readonly EnumLayout[] = [
  {
    name: "CommandKind",
    doc: "What an OrderCommand asks for.",
    repr: "u8",
    values: [
      ["New", 1, "Enter an order."],
      ["Cancel", 2, "Cancel the remaining quantity of target_id."],
      ["Amend", 3, "Change price and/or total remaining quantity of target_id; order_id stays the target's."],
      [
        "CancelOwner",
        4,
        "Cancel every resting order of owner (in instrument, or everywhere when instrument is 65535).",
      ],
    ],
  },
  { name: "Side", doc: "Side of an order.", repr: "u8", values: [["Buy", 0, ""], ["Sell", 1, ""]] },
  {
    name: "OrderType",
    doc: "Pricing of an order.",
    repr: "u8",
    values: [["Limit", 0, "At price or better."], ["Market", 1, "At any price; the remainder never rests."]],
  },
  {
    name: "TimeInForce",
    doc: "How long an order lives (FIX tag 59).",
    repr: "u8",
    values: [
      ["Gtc", 0, "Good till cancelled."],
      ["Ioc", 1, "Immediate or cancel: match what is there, drop the rest."],
      ["Fok", 2, "Fill or kill: all at once or nothing."],
    ],
  },
  {
    name: "ExecType",
    doc: "What an Execution reports (FIX tag 150).",
    repr: "u8",
    values: [
      ["New", 0, "Accepted by the venue and resting, or about to match."],
      ["Trade", 1, "A fill; one record per side."],
      ["Canceled", 2, "Remaining quantity removed; leaves is 0, quantity says how much was removed."],
      ["Replaced", 3, "Amended; price and leaves are the new ones."],
      ["Rejected", 4, "Not accepted by the venue; reason says why."],
      ["CancelRejected", 5, "Cancel or amend refused; the order, if any, is unchanged."],
    ],
  },
  { name: "Liquidity", doc: "Who rested.", repr: "u8", values: [["None", 0, ""], ["Maker", 1, ""], ["Taker", 2, ""]] },
  {
    name: "ScopeState",
    doc: "State of a control scope; the strictest of all scopes of an order counts.",
    repr: "u32",
    values: [
      ["Active", 0, "Orders flow."],
      ["ReduceOnly", 1, "Only orders that reduce a position, and cancels."],
      ["CancelOnly", 2, "Only cancels."],
      ["Killed", 3, "Nothing but cancels; resting orders are cancelled by the node."],
    ],
  },
  {
    name: "Durability",
    doc: "When an appended audit record counts as kept.",
    repr: "u32",
    values: [
      ["Memory", 0, "In the process; written to the file when the buffer fills and on close. For backtests."],
      ["Batch", 1, "Group commit: one write and fdatasync per commit call."],
      ["Fsync", 2, "One write and fdatasync per record."],
    ],
  },
  {
    name: "RecordType",
    doc: "Kinds of audit record.",
    repr: "u16",
    values: [
      ["NodeStarted", 1, "JSON: build, configuration hash, seed, feed."],
      ["NodeStopped", 2, "JSON: reason and totals."],
      ["Decision", 3, "Binary: OrderCommand then GateDecision (128 bytes)."],
      ["Execution", 4, "Binary: Execution (64 bytes)."],
      ["ScopeChanged", 5, "JSON: scope, from, to, reason, who."],
      ["ModeChanged", 6, "JSON: from, to, reason."],
      ["LimitsSet", 7, "Binary: StrategyLimits or InstrumentRules (64 bytes), as loaded into the gate."],
      ["ActorCrashed", 8, "JSON: actor, reason, restarts."],
      ["OperatorAction", 9, "JSON: who did what through console or CLI."],
      ["Reconciled", 10, "JSON: difference found and what was done."],
      ["Note", 11, "JSON: anything else worth keeping."],
    ],
  },
  {
    name: "Code",
    doc:
      "Stable result codes by area: 0 accepted; 11xx control; 12xx reference data; 13xx size and price; 14xx repetition and rate; " +
      "15xx exposure; 16xx records; 2xxx venue; 3xxx native interface.",
    repr: "u32",
    values: [
      ["Accepted", 0, "passed every check"],
      ["Killed", 1101, "the firm, strategy or instrument is killed: re-arm it before sending orders"],
      ["CancelOnly", 1102, "only cancels are allowed in this scope"],
      ["ReduceOnly", 1103, "only orders that reduce the position are allowed in this scope"],
      ["UnknownStrategy", 1201, "the strategy has no limits in the gate: register it first"],
      ["UnknownInstrument", 1202, "the instrument is not registered in the gate"],
      ["Malformed", 1203, "kind, side, type or time in force is not a known value"],
      ["OffTick", 1204, "the price is not a multiple of the instrument's tick step, or not positive"],
      ["OffLot", 1205, "the quantity is not a positive multiple of the instrument's lot step"],
      ["MaxQuantity", 1301, "the quantity is above the largest allowed order"],
      ["MaxNotional", 1302, "the value is above the largest allowed order"],
      ["PriceCollar", 1303, "the price is too far through the reference price"],
      ["NoReference", 1304, "no reference price, or it is too old: the check fails closed"],
      ["DuplicateId", 1401, "the order id was used before"],
      ["DuplicateOrder", 1402, "the same order was entered within the duplicate window"],
      ["MessageRate", 1403, "too many messages: the token bucket is empty"],
      ["PositionLimit", 1501, "position plus open orders would exceed the limit"],
      ["UnknownOrder", 1502, "the order to cancel or amend is not open"],
      ["NotOwner", 1503, "the order to cancel or amend belongs to another strategy"],
      ["AuditFailed", 1601, "the decision could not be recorded, so the gate is closed"],
      ["VenueKilled", 2001, "killed after approval and before entry: refused at the venue door"],
      ["WouldCross", 2002, "a post-only order would have matched"],
      ["Unfillable", 2003, "a fill-or-kill order cannot be filled in full"],
      ["NoLiquidity", 2004, "nothing to match a market order with; the remainder is dropped"],
      ["VenueUnknownOrder", 2005, "the venue has no such open order"],
      ["VenueUnknownInstrument", 2006, "the venue does not list the instrument"],
      ["VenueDuplicateId", 2007, "the venue already has an order of that id"],
      ["VenueMalformed", 2008, "the venue cannot read the command"],
      ["Ioc", 2009, "the unmatched remainder of an immediate-or-cancel order was dropped"],
      ["OwnerCancel", 2010, "cancelled by a cancel-all of its owner"],
      ["NoMarketData", 2011, "the venue has no market data yet, or it is stale"],
      ["BadHandle", 3001, "the handle is closed, poisoned or of another kind"],
      ["BadArgument", 3002, "an argument is out of range"],
      ["BufferTooSmall", 3003, "the caller's buffer cannot hold the result"],
      ["Panicked", 3004, "the native core panicked; the handle is poisoned"],
      ["Io", 3005, "an input or output operation failed"],
      ["Locked", 3006, "another node holds this data directory"],
      ["Corrupt", 3007, "the file is damaged"],
    ],
  },
];

export const records: readonly RecordLayout[] = [
  {
    name: "OrderCommand",
    doc: "One instruction to the gate and to a matching book.",
    size: 64,
    fields: [
      [0, "u8", "kind", "CommandKind"],
      [1, "u8", "side", "Side"],
      [2, "u8", "order_type", "OrderType"],
      [3, "u8", "tif", "TimeInForce"],
      [4, "u16", "flags", "bit 0 post-only, bit 1 reduce-only, bit 2 deliberate duplicate"],
      [6, "u16", "instrument", "instrument id; 65535 means every instrument where that is allowed"],
      [8, "u64", "order_id", "client order id (ClOrdID), unique in the data directory; 0 is not an id"],
      [16, "i64", "price", "ticks; 0 for market orders and cancels"],
      [24, "i64", "quantity", "lots; for an amend the new remaining quantity"],
      [32, "u32", "owner", "strategy id, or a background participant"],
      [36, "u32", "reserved", "zero"],
      [40, "time", "time", "when the command was issued, by the node's clock"],
      [48, "u64", "target_id", "order to cancel or amend; 0 for a new order"],
      [56, "u64", "cause", "id of the message that caused the command; 0 when unknown"],
    ],
  },
  {
    name: "GateDecision",
    doc: "The gate's verdict on one OrderCommand.",
    size: 64,
    fields: [
      [0, "u64", "order_id", "as in the command"],
      [8, "u64", "audit_index", "index of the Decision record in the audit log"],
      [16, "u64", "sequence", "the gate's own count of decisions, from 1"],
      [24, "u32", "code", "Code; 0 means accepted"],
      [28, "u32", "check", "position of the deciding check in the gate's table, from 0; 4294967295 when accepted"],
      [32, "i64", "measured", "the value the deciding check measured, in that check's unit"],
      [40, "i64", "limit", "the threshold it was compared with"],
      [48, "i64", "reference", "reference price used, ticks; 0 when none was needed"],
      [56, "i64", "exposure", "worst-case position after the order, lots, when accepted"],
    ],
  },
  {
    name: "Execution",
    doc: "One execution report of a venue.",
    size: 64,
    fields: [
      [0, "u8", "exec_type", "ExecType"],
      [1, "u8", "side", "Side of the reported order"],
      [2, "u8", "liquidity", "Liquidity"],
      [3, "u8", "reserved", "zero"],
      [4, "u16", "instrument", "instrument id"],
      [6, "u16", "reason", "Code of area 2 for a reject or an unasked cancel, else 0"],
      [8, "u64", "order_id", "client order id of the reported order"],
      [16, "i64", "price", "ticks; the execution price for a trade, else the order's price"],
      [24, "i64", "quantity", "lots; filled now, removed now, or entered"],
      [32, "i64", "leaves", "lots still open after this report (LeavesQty)"],
      [40, "u32", "owner", "owner of the reported order"],
      [44, "u32", "match_id", "low 32 bits of the match number, equal on both sides of a trade; 0 otherwise"],
      [48, "time", "time", "when the venue did it, by the node's clock"],
      [56, "u64", "venue_sequence", "the venue's own count of reports, from 1, without gaps"],
    ],
  },
  {
    name: "MarketTick",
    doc: "A change of the best prices of a book, or a trade print.",
    size: 64,
    fields: [
      [0, "u16", "instrument", "instrument id"],
      [2, "u8", "kind", "0 best prices changed, 1 trade print"],
      [3, "u8", "aggressor", "Side of the taker for a trade print"],
      [4, "u32", "match_id", "of the trade, 0 otherwise"],
      [8, "i64", "bid", "best bid in ticks, 0 when the side is empty"],
      [16, "i64", "bid_quantity", "lots at the best bid"],
      [24, "i64", "ask", "best ask in ticks, 0 when the side is empty"],
      [32, "i64", "ask_quantity", "lots at the best ask"],
      [40, "i64", "price", "trade price in ticks"],
      [48, "i64", "quantity", "trade quantity in lots"],
      [56, "time", "time", "of the command that caused it"],
    ],
  },
  {
    name: "DepthLevel",
    doc: "One aggregated price level.",
    size: 32,
    fields: [
      [0, "i64", "price", "ticks"],
      [8, "i64", "quantity", "lots at this price"],
      [16, "u32", "orders", "orders at this price"],
      [20, "u32", "reserved", "zero"],
      [24, "u64", "reserved2", "zero"],
    ],
  },
  {
    name: "InstrumentRules",
    doc: "Reference data and price rules of one instrument in the gate.",
    size: 64,
    fields: [
      [0, "u16", "instrument", "instrument id, 0 to 127"],
      [2, "u16", "reserved", "zero"],
      [4, "u32", "tick_step", "prices must be multiples of this many ticks, at least 1"],
      [8, "u32", "lot_step", "quantities must be multiples of this many lots, at least 1"],
      [12, "u32", "collar_bps", "how far through the reference a limit may be, in hundredths of a percent"],
      [16, "u32", "collar_ticks", "at least this many ticks are always allowed"],
      [20, "u32", "reference_max_age_ms", "an older reference price does not count"],
      [24, "u32", "market_buffer_bps", "market orders are valued at the far touch times (1 + buffer)"],
      [28, "u32", "reserved2", "zero"],
      [32, "i64", "units_per_tick_lot", "money units (1e-8) of one tick times one lot"],
      [40, "i64", "max_quantity", "largest order in lots over all strategies"],
      [48, "u64", "reserved3", "zero"],
      [56, "u64", "reserved4", "zero"],
    ],
  },
  {
    name: "StrategyLimits",
    doc: "Limits of one strategy in one instrument, and its message rate.",
    size: 64,
    fields: [
      [0, "u32", "strategy", "strategy id, 1 to 127"],
      [4, "u16", "instrument", "instrument id"],
      [6, "u16", "reserved", "zero"],
      [8, "i64", "max_quantity", "largest order in lots"],
      [16, "i64", "max_notional", "largest order in money units"],
      [24, "i64", "max_position", "largest worst-case position (filled and open) in lots, either side"],
      [32, "u32", "rate_per_second", "new and amend messages per second, for the strategy over all instruments"],
      [36, "u32", "rate_burst", "size of the token bucket"],
      [
        40,
        "u32",
        "duplicate_window_ms",
        "same side, price and quantity within this window is a duplicate; 0 switches the check off",
      ],
      [44, "u32", "reserved2", "zero"],
      [48, "u64", "reserved3", "zero"],
      [56, "u64", "reserved4", "zero"],
    ],
  },
  {
    name: "Exposure",
    doc: "What the gate holds for one strategy in one instrument.",
    size: 64,
    fields: [
      [0, "i64", "position", "filled, lots, signed"],
      [8, "i64", "open_buy", "lots resting or in flight to buy"],
      [16, "i64", "open_sell", "lots resting or in flight to sell"],
      [24, "u32", "open_orders", "orders resting or in flight"],
      [28, "u32", "reserved", "zero"],
      [32, "i64", "bought", "lots bought since start"],
      [40, "i64", "sold", "lots sold since start"],
      [48, "u64", "reserved2", "zero"],
      [56, "u64", "reserved3", "zero"],
    ],
  },
  {
    name: "GateCounters",
    doc: "What a gate counted since it was made.",
    size: 96,
    fields: [
      [0, "u64", "decisions", "commands decided on"],
      [8, "u64", "accepted", "commands let through"],
      [16, "u64", "rejected", "commands stopped"],
      [24, "u64", "executions", "execution reports taken in"],
      [32, "u64", "unmatched", "reports of orders the gate did not have open"],
      [40, "u64", "repeated", "reports whose venue sequence did not rise"],
      [48, "u64", "inconsistent", "reports that disagree with the order they name, or cannot be meant"],
      [56, "u64", "unrecorded", "reports that could not be recorded"],
      [64, "u64", "open_orders", "orders resting or in flight now"],
      [72, "u64", "sequence", "number of the last decision"],
      [80, "u64", "shut", "1 when recording failed once, which nothing in the process undoes"],
      [88, "u64", "reserved", "zero"],
    ],
  },
  {
    name: "CodeCount",
    doc: "How often a gate gave one code.",
    size: 16,
    fields: [
      [0, "u32", "code", "Code"],
      [4, "u32", "reserved", "zero"],
      [8, "u64", "count", "rejections"],
    ],
  },
  {
    name: "SubmitCounts",
    doc: "What a call to a matching engine wrote, and what waits because a buffer was full.",
    size: 16,
    fields: [
      [0, "u32", "executions", "Execution records written"],
      [4, "u32", "ticks", "MarketTick records written"],
      [8, "u32", "waiting_executions", "Execution records still to be drained"],
      [12, "u32", "waiting_ticks", "MarketTick records still to be drained"],
    ],
  },
  {
    name: "ControlReceipt",
    doc: "What a request on the control page was given.",
    size: 16,
    fields: [
      [0, "u64", "epoch", "number of the request"],
      [8, "u64", "gate_sequence", "decision the gate was on right after the store: no later one accepts"],
    ],
  },
  {
    name: "AuditHead",
    doc: "Where an audit log stands. The 32-byte chain head follows at offset 32.",
    size: 64,
    fields: [
      [0, "u64", "records", "records appended since the log began"],
      [8, "u64", "durable", "records that have reached the chosen durability"],
      [16, "u64", "bytes", "bytes of all segments"],
      [24, "u64", "segments", "segment files"],
    ],
  },
  {
    name: "AuditHeader",
    doc: "Fixed head of one audit record; payload (zero padded to 8 bytes) and 32-byte SHA-256 follow.",
    size: 48,
    fields: [
      [0, "u32", "magic", "0x52415743, 'CWAR'"],
      [4, "u32", "length", "payload bytes before padding"],
      [8, "u16", "record_type", "RecordType"],
      [10, "u16", "version", "schema version of the payload"],
      [12, "u32", "producer", "who appended it"],
      [16, "u64", "index", "position in the log, from 0"],
      [24, "time", "time", "by the node's clock"],
      [32, "u64", "cause", "id of the causing message or order; 0 when unknown"],
      [40, "u64", "reserved", "zero"],
    ],
  },
  {
    name: "AuditVerdict",
    doc: "Result of verifying a log. The 32-byte chain head follows at offset 64 (96 bytes in all).",
    size: 64,
    fields: [
      [
        0,
        "u32",
        "damage",
        "0 none, 1 torn tail, 2 changed, 3 missing, 4 reordered, 5 unreadable header, 6 segment missing",
      ],
      [4, "u32", "reserved", "zero"],
      [8, "u64", "records", "good records before the damage"],
      [16, "u64", "bad_index", "index of the first bad record"],
      [24, "u64", "bad_segment", "segment that holds it"],
      [32, "u64", "bad_offset", "byte offset in that segment"],
      [40, "u64", "bytes", "bytes read"],
      [48, "u64", "segments", "segments read"],
      [56, "u64", "reserved2", "zero"],
    ],
  },
  {
    name: "ControlHeader",
    doc: "Head of the control page. Words marked atomic are read and written as single 64-bit atomics.",
    size: 128,
    fields: [
      [0, "u64", "magic", "0x314C544353545743, 'CWTSCTL1'"],
      [8, "u32", "version", "ABI_VERSION that made the page"],
      [12, "u32", "reserved", "zero"],
      [16, "u64", "layout_hash", "hash of this layout"],
      [24, "u64", "owner_pid", "process of the node that holds the page; 0 when none runs"],
      [32, "u64", "heartbeat", "atomic; wall nanoseconds of the node's last sign of life"],
      [
        40,
        "u64",
        "gate_sequence",
        "atomic; number of the decision the gate is on, stored before the scope words are read",
      ],
      [48, "u64", "request_epoch", "atomic; raised by every change of a scope word"],
      [56, "u64", "done_epoch", "atomic; the last request the node has carried out in full"],
      [64, "u64", "done_cancelled", "resting orders cancelled for that request"],
      [72, "u64", "done_nanos", "wall nanoseconds from noticing the request to the last confirmed cancel"],
      [80, "u64", "mode", "system mode: 0 FullPerformance, 1 SafeMode, 2 EmergencyShutdown"],
      [88, "u64", "request_wall", "wall nanoseconds when the last request was made"],
      [
        96,
        "u64",
        "request_gate_sequence",
        "gate_sequence read right after the last request's store: no later decision may accept",
      ],
      [104, "u64", "done_unknown", "orders of that request whose end is not known"],
      [112, "u64", "reserved2", "zero"],
      [120, "u64", "reserved3", "zero"],
    ],
  },
];
