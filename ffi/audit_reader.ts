/** Reads the records of an audit log back, in order, as data. */
import { FACT_VERSION, FACTS } from "./gate_facts.ts";
import { NativeError } from "./errors.ts";
import { check, NativeHandle, opened, plain, utf8 } from "./handle.ts";
import {
  AuditHeaderView,
  Code,
  ExecutionView,
  GateDecisionView,
  GateScopeView,
  InstrumentRulesView,
  MarketSeenView,
  OrderCommandView,
  ParentOrderView,
  RecordType,
  ScopeLimitsView,
  StrategyLimitsView,
  VenueChangeView,
} from "./layout.gen.ts";
import { type Core, core } from "./library.ts";

export interface AuditRecord {
  readonly index: number;
  readonly type: number;
  /** Name of the record type, for example "Decision". */
  readonly typeName: string;
  readonly version: number;
  readonly producer: number;
  /** Microseconds by the node's clock. */
  readonly time: number;
  readonly cause: number;
  /** A copy; the caller's own. */
  readonly payload: Uint8Array<ArrayBuffer>;
}

const TYPE_NAMES: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(RecordType).map(([name, value]) => [value, name]),
);
/** Kinds whose payload is not JSON. */
const BINARY: ReadonlySet<number> = new Set([
  ...[RecordType.Decision, RecordType.Execution, RecordType.MarketSeen, RecordType.BasketDecided],
  ...[RecordType.LimitsSet, RecordType.VenueInput],
]);
/** What a LimitsSet record holds, by its version. */
const LIMITS_VIEWS: Readonly<Record<number, new (payload: Uint8Array) => object>> = {
  1: StrategyLimitsView,
  2: InstrumentRulesView,
  3: GateScopeView,
  4: ScopeLimitsView,
  ...Object.fromEntries(Object.values(FACTS).map(({ kind, View }) => [FACT_VERSION + kind, View])),
};
/** The first version of Decision records kept a strategy's worst-case position in the last eight bytes. */
const EXPOSURE_OFFSET = 56;

/** Reads on behind what it has read: whoever follows a log that grows keeps one, and `readAudit` is for the rest. */
export class AuditReader extends NativeHandle {
  readonly #core: Core;
  readonly #headerBytes = new Uint8Array(AuditHeaderView.SIZE);
  readonly #header = new AuditHeaderView(this.#headerBytes);
  #payload = new Uint8Array(4096);

  readonly #openJson: ((text: string) => string) | null;

  /**
   * Begins at record `from`, which need not be there yet. `openJson` is what is done to the text of a JSON record for whoever
   * reads it; `bytes` stays as it was written. Throws `Io` when there is no log, `Corrupt`.
   */
  constructor(directory: string, from: number, openJson: ((text: string) => string) | null = null) {
    const symbols = core();
    const path = utf8(directory);
    super(opened(symbols.cwts_reader_open(path, path.length, from)), symbols.cwts_reader_close);
    this.#core = symbols;
    this.#openJson = openJson;
  }

  /** The next record; null when there is none yet. Throws `Corrupt` at one that is damaged. */
  next(): AuditRecord | null {
    let status = this.#read();
    if (status === -Code.BufferTooSmall) {
      // The header was written all the same, and the record is still there.
      this.#payload = new Uint8Array(this.#header.length);
      status = this.#read();
    }
    if (check(status) === 0) return null;
    const { index, recordType, version, producer, time, cause, length } = this.#header;
    return {
      index,
      type: recordType,
      typeName: TYPE_NAMES[recordType] ?? `type ${recordType}`,
      version,
      producer,
      time,
      cause,
      payload: this.#opened(recordType, this.#payload.slice(0, length)),
    };
  }

  #opened(type: number, payload: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    if (this.#openJson === null || BINARY.has(type)) return payload;
    return new TextEncoder().encode(this.#openJson(new TextDecoder().decode(payload)));
  }

  /** Of the record that was read last. */
  bytes(): Uint8Array<ArrayBuffer> {
    const { length } = this.#header;
    const whole = new Uint8Array(this.#headerBytes.length + Math.ceil(length / 8) * 8);
    whole.set(this.#headerBytes);
    whole.set(this.#payload.subarray(0, length), this.#headerBytes.length);
    return whole;
  }

  #read(): number {
    const { length } = this.#payload;
    return this.#core.cwts_reader_next(this.handle, this.#headerBytes, this.#headerBytes.length, this.#payload, length);
  }
}

/** Records of a log from index `from`. Stops at the end or throws `Corrupt` at the first damaged record. */
export function* readAudit(directory: string, from = 0): Generator<AuditRecord, void> {
  using reader = new AuditReader(directory, from);
  for (let record = reader.next(); record !== null; record = reader.next()) yield record;
}

/** As `readAudit`, each record as its bytes lie in the log: header and padded payload, which its leaf is the hash of. */
export function* readAuditWhole(directory: string, from = 0): Generator<Uint8Array<ArrayBuffer>, void> {
  using reader = new AuditReader(directory, from);
  while (reader.next() !== null) yield reader.bytes();
}

/** A record as its bytes lie in the log, header and padded payload: what its leaf is the hash of. Null when there is none. */
export function readAuditBytes(directory: string, index: number): Uint8Array<ArrayBuffer> | null {
  using reader = new AuditReader(directory, index);
  return reader.next()?.index === index ? reader.bytes() : null;
}

/** What a record says, as plain data: JSON as it was written, binary payloads by field name. */
export function decodeAudit(record: AuditRecord): unknown {
  const { payload } = record;
  switch (record.type) {
    case RecordType.Decision:
      return {
        command: plain(new OrderCommandView(payload)),
        decision: decodeDecision(payload.subarray(OrderCommandView.SIZE), record.version),
      };
    case RecordType.Execution:
      return plain(new ExecutionView(payload));
    case RecordType.MarketSeen:
      return plain(new MarketSeenView(payload));
    case RecordType.BasketDecided:
      return decodeBasket(payload);
    case RecordType.LimitsSet:
      return decodeLimits(payload, record.version);
    case RecordType.VenueInput:
      return record.version === 1 ? plain(new OrderCommandView(payload)) : plain(new VenueChangeView(payload));
    default:
      return JSON.parse(new TextDecoder().decode(payload));
  }
}

function decodeBasket(payload: Uint8Array<ArrayBuffer>): unknown {
  const rest = payload.subarray(GateDecisionView.SIZE);
  const view = new ParentOrderView(rest);
  const parents = Array.from({ length: rest.length / ParentOrderView.SIZE }, (_, at) => plain(view.at(at)));
  return { decision: plain(new GateDecisionView(payload)), parents };
}

function decodeLimits(payload: Uint8Array<ArrayBuffer>, version: number): unknown {
  const View = LIMITS_VIEWS[version];
  if (View === undefined) throw NativeError.of(Code.Corrupt, `no limits are recorded in version ${version}`);
  return plain(new View(payload));
}

function decodeDecision(payload: Uint8Array<ArrayBuffer>, version: number): unknown {
  const decision = plain(new GateDecisionView(payload));
  if (version > 1) return decision;
  const { scope: _scope, ...first } = decision;
  const { buffer, byteOffset } = payload;
  const exposure = new DataView(buffer, byteOffset).getBigInt64(EXPOSURE_OFFSET, true);
  return { ...first, exposure: Number(exposure) };
}
