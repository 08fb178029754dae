/**
 * Records of the audit log exactly as their bytes say, every integer to the last bit, by the one description of them. The
 * views are faster and read 64-bit integers as numbers; what leaves the house for good is read here.
 */
import { NativeError } from "./errors.ts";
import { FACT_VERSION, FACTS } from "./gate_facts.ts";
import {
  AuditHeaderView,
  Code,
  GateDecisionView,
  OrderCommandView,
  ParentOrderView,
  RecordType,
} from "./layout.gen.ts";
import { type FieldType, records } from "./layout/records.ts";
import { camel } from "./layout/shape.ts";

/** 64-bit fields are BigInts, times among them: nanoseconds. */
export type ExactFields = Readonly<Record<string, number | bigint>>;

export interface ExactRecord {
  readonly index: number;
  readonly type: number;
  readonly version: number;
  readonly producer: number;
  /** Nanoseconds by the node's clock. */
  readonly nanos: bigint;
  readonly cause: bigint;
  readonly payload: Uint8Array;
}

type Getter = (view: DataView, offset: number) => number | bigint;
const GETTERS: Readonly<Record<FieldType, Getter>> = {
  u8: (view, offset) => view.getUint8(offset),
  u16: (view, offset) => view.getUint16(offset, true),
  u32: (view, offset) => view.getUint32(offset, true),
  i32: (view, offset) => view.getInt32(offset, true),
  u64: (view, offset) => view.getBigUint64(offset, true),
  i64: (view, offset) => view.getBigInt64(offset, true),
  time: (view, offset) => view.getBigInt64(offset, true),
};
type Plan = readonly (readonly [name: string, offset: number, get: Getter])[];
/** Fields of each record, reserved ones too: they are bytes that the log vouches for. */
const PLANS: ReadonlyMap<string, Plan> = new Map(
  records.map(({ name, fields }) => [
    name,
    fields.map(([offset, type, field]) => [camel(field), offset, GETTERS[type]] as const),
  ]),
);
/** Name of the record in a LimitsSet, by its version. */
const LIMITS: Readonly<Record<number, string>> = {
  1: "StrategyLimits",
  2: "InstrumentRules",
  3: "GateScope",
  4: "ScopeLimits",
  ...Object.fromEntries(
    Object.values(FACTS).map(({ kind, View }) => [FACT_VERSION + kind, View.name.replace(/View$/, "")]),
  ),
};

/** The fields of a record of the description. Throws RangeError for a name that it does not have. */
export function exactFields(record: string, bytes: Uint8Array): ExactFields {
  const plan = PLANS.get(record);
  if (plan === undefined) throw new RangeError(`there is no record ${record}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields: Record<string, number | bigint> = {};
  for (const [name, offset, get] of plan) fields[name] = get(view, offset);
  return fields;
}

/** A record of the log from its header and padded payload, as `readAuditWhole` gives them. */
export function exactRecord(bytes: Uint8Array): ExactRecord {
  const head = exactFields("AuditHeader", bytes);
  return {
    index: Number(head.index),
    type: Number(head.recordType),
    version: Number(head.version),
    producer: Number(head.producer),
    nanos: BigInt(head.time),
    cause: BigInt(head.cause),
    payload: bytes.subarray(AuditHeaderView.SIZE, AuditHeaderView.SIZE + Number(head.length)),
  };
}

/** What a binary record says, by field name; null for one that is text, which is JSON. Throws `Corrupt`. */
export function exactContent({ type, version, payload }: ExactRecord): Readonly<Record<string, unknown>> | null {
  switch (type) {
    case RecordType.Decision: {
      const decision = exactFields("GateDecision", payload.subarray(OrderCommandView.SIZE));
      return { command: exactFields("OrderCommand", payload), decision };
    }
    case RecordType.Execution:
      return exactFields("Execution", payload);
    case RecordType.MarketSeen:
      return exactFields("MarketSeen", payload);
    case RecordType.BasketDecided: {
      const rest = payload.subarray(GateDecisionView.SIZE);
      const parents = Array.from(
        { length: rest.length / ParentOrderView.SIZE },
        (_, at) => exactFields("ParentOrder", rest.subarray(at * ParentOrderView.SIZE)),
      );
      return { decision: exactFields("GateDecision", payload), parents };
    }
    case RecordType.LimitsSet: {
      const record = LIMITS[version];
      if (record === undefined) throw NativeError.of(Code.Corrupt, `no limits are recorded in version ${version}`);
      return { record, ...exactFields(record, payload) };
    }
    case RecordType.VenueInput: {
      const record = version === 1 ? "OrderCommand" : "VenueChange";
      return { record, ...exactFields(record, payload) };
    }
    default:
      return null;
  }
}
