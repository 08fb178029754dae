/**
 * What the console and the run summary may know of a node: one snapshot type, filled from measurements and received
 * messages only. The console reads it through `NodeView` and never touches an actor.
 */
import type { MessageCounters, Micros } from "../../runtime/mod.ts";
import type { CrashSummary, CrashView } from "./crashes.ts";
import type { KillReport, ScopeName, ScopeStateName, Stricter, SystemMode } from "./control.ts";
import type { Depth } from "./market.ts";
import type { RearmPort } from "./rearm.ts";

export interface ActorView {
  readonly path: string;
  readonly type: string;
  readonly parent: string | null;
  readonly state: "running" | "busy" | "suspended" | "restarting" | "stopped";
  /** Set for supervisors. */
  readonly strategy: string | null;
  readonly mailbox: number;
  readonly mailboxCapacity: number;
  readonly handled: number;
  readonly restarts: number;
  readonly lastExit: string | null;
}

export interface InstrumentView {
  readonly id: number;
  readonly symbol: string;
  readonly currency: string;
  readonly tick: string;
  readonly lot: string;
  readonly last: number;
  readonly depth: Depth;
  readonly trades: number;
  readonly volume: number;
  readonly status: string;
}

export interface OrganismView {
  readonly id: string;
  readonly species: string;
  readonly strategy: number;
  readonly state: ScopeStateName;
  /** Money units (1e-8) as numbers; divide by 1e8 for display. */
  readonly realised: number;
  readonly unrealised: number;
  readonly fees: number;
  /** [time, realised + unrealised − fees], oldest first, bounded. */
  readonly curve: readonly (readonly [Micros, number])[];
  readonly positions: readonly {
    readonly instrument: string;
    readonly quantity: number;
    readonly averagePrice: number;
  }[];
  readonly openOrders: number;
  readonly inspect: unknown;
}

export interface OrderView {
  readonly orderId: number;
  readonly organism: string;
  readonly instrument: string;
  readonly side: "buy" | "sell";
  readonly type: "limit" | "market" | "stop" | "stop-limit";
  readonly tif: "GTC" | "IOC" | "FOK" | "DAY" | "GTD";
  readonly price: number;
  readonly quantity: number;
  readonly filled: number;
  readonly status: "pending" | "open" | "filled" | "canceled" | "expired" | "rejected";
  /** Code and sentence of a reject, else 0 and "". */
  readonly code: number;
  readonly codeName: string;
  readonly reason: string;
  readonly time: Micros;
}

export interface GateView {
  readonly decisions: number;
  readonly accepted: number;
  /** By code name, for example {"PriceCollar": 3}. */
  readonly rejected: Readonly<Record<string, number>>;
}

export interface LatencyView {
  readonly count: number;
  readonly p50Micros: number;
  readonly p99Micros: number;
  readonly p9999Micros: number;
  readonly maxMicros: number;
  /** Upper bounds in microseconds and counts, ascending. */
  readonly buckets: readonly (readonly [upperMicros: number, count: number])[];
}

export interface BreakerView {
  /** What it stands before: "venue", "limits.json". */
  readonly name: string;
  readonly state: "closed" | "open" | "half-open";
  /** One sentence. */
  readonly reason: string;
  /** Openings since the node started, and calls refused. */
  readonly opened: number;
  readonly refused: number;
  /** Node clock: when an open one lets a probe through; null in other states, and when it stays open. */
  readonly opensUntil: Micros | null;
}

export interface ScopeView {
  readonly name: ScopeName;
  readonly state: ScopeStateName;
}

/** A copy of the log elsewhere: a second directory, or a topic of a broker. */
export interface SinkView {
  readonly sink: "replica" | "topic";
  readonly where: string;
  /** Records and bytes of this run that it has. */
  readonly records: number;
  readonly bytes: number;
  /** What was compared with a signed checkpoint last; 0 and "" before that. */
  readonly checkedRecords: number;
  readonly checkedRoot: string;
  /** Whole seconds since it had everything. */
  readonly behindSeconds: number;
  /** Earlier runs that are not compared yet. */
  readonly waitingRuns: number;
  /** What is wrong: a stable code and one sentence; null when nothing is. */
  readonly fault: { readonly code: string; readonly sentence: string } | null;
}

/** Somebody else who vouches for the log. */
export interface AttestationView {
  readonly by: "tsa" | "witness";
  readonly where: string;
  /** Records of this run that it vouched for last; 0 before that. */
  readonly records: number;
  /** Why there was no answer to the latest question: a stable code and one sentence; null when there was. */
  readonly fault: { readonly code: string; readonly sentence: string } | null;
}

export interface AuditView {
  readonly records: number;
  readonly durable: number;
  /** Root of the tree over the records, hexadecimal. */
  readonly root: string;
  /** Head of the chain of sealed groups, hexadecimal. */
  readonly chain: string;
  readonly durability: string;
  /** Copies elsewhere, as configured. */
  readonly sinks: readonly SinkView[];
  /** Time stamping authority and witness, as configured. */
  readonly attestations: readonly AttestationView[];
}

export interface CrashesView {
  /** Since the node started. */
  readonly total: number;
  /** Raised by every crash and by every decision of a supervisor about one. */
  readonly changes: number;
}

export interface ControlsView {
  /** Raised by every change of limits, of what waits for a second person, and by every early warning. */
  readonly changes: number;
}

/** What became of every message; see the runtime. */
export type MessagesView = MessageCounters;

export interface NodeSnapshot {
  readonly version: string;
  readonly seed: number;
  readonly feed: string;
  readonly speed: number | "max";
  readonly startedWall: string;
  readonly uptimeSeconds: number;
  /** Node clock (market time). */
  readonly time: Micros;
  readonly mode: SystemMode;
  readonly concerns: readonly { readonly id: string; readonly detail: string; readonly demands: string }[];
  readonly breakers: readonly BreakerView[];
  readonly scopes: readonly ScopeView[];
  readonly actors: readonly ActorView[];
  readonly instruments: readonly InstrumentView[];
  readonly organisms: readonly OrganismView[];
  readonly gate: GateView;
  readonly latency: LatencyView;
  readonly audit: AuditView;
  readonly messages: MessagesView;
  readonly crashes: CrashesView;
  readonly controls: ControlsView;
  readonly lastKill: KillReport | null;
}

/** The node's door for consoles. Everything but `kill` and `rearm.request` only reads. */
export interface NodeView {
  snapshot(): NodeSnapshot;
  /** Newest first. */
  orders(
    query: { readonly limit: number; readonly organism?: string; readonly status?: OrderView["status"] },
  ): readonly OrderView[];
  /** Newest first, as many as are kept at hand. */
  crashes(limit: number): readonly CrashSummary[];
  /** Null when it is not at hand: never happened, or so long ago that only the data directory has it. */
  crashRecord(id: number): CrashView | null;
  /**
   * Makes the scope at least as strict as `state` at once, then resolves when the node has carried it out: for a kill, when
   * the resting orders are confirmed gone. Rejects on an unknown scope, and on one that is stricter already.
   */
  kill(scope: ScopeName, reason: string, who: string, state?: Stricter): Promise<KillReport>;
  /** Opens scopes again, and says what waits. */
  readonly rearm: RearmPort;
  /** Calls back after every change worth showing, at most ten times a second of wall time. Returns the unsubscribe. */
  onChange(listener: () => void): () => void;
}
