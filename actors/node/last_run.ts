/**
 * What the run before left behind. A run that ended in order has `NodeStopped` for its last record; one that has not was
 * killed, crashed, or lost its machine, with orders open and positions held. Its gate is recovered from its log, so that the
 * next start knows what that was and lets nothing in before somebody has looked.
 *
 * A simulated or replayed market begins anew with every run, so orders and positions of an earlier one are told and never
 * carried over: its exchange is gone with it, and cannot be asked for fills that had not arrived. A market that outlives the
 * node is asked instead: `paper/reconcile.ts`.
 */
import { join } from "node:path";
import {
  AuditLog,
  ControlPage,
  decodeAudit,
  NativeError,
  OrderGate,
  readAudit,
  RecordType,
  recover,
  type Recovery,
} from "../../ffi/mod.ts";
import { readCheckpointFile } from "./checkpoint_file.ts";
import { listRuns, runDirectory } from "./data_dir.ts";
import type { NodeKeys } from "./node_keys.ts";
import { snapshotDoubt } from "./snapshot_signatures.ts";
import { StateFile } from "./state_file.ts";

/** Beside the log of the run it is about. */
export const LEFT_FILE = "left_behind.json";

export interface LeftOrder {
  readonly orderId: number;
  readonly organism: string;
  readonly instrument: string;
  readonly side: "buy" | "sell";
  /** Ticks; 0 for a market order. */
  readonly price: number;
  /** Lots entered, and lots the venue last said are open. */
  readonly total: number;
  readonly leaves: number;
}

export interface LeftPosition {
  readonly organism: string;
  readonly instrument: string;
  /** Lots, signed. */
  readonly position: number;
}

export interface LeftBehind {
  readonly kind: "run-left-behind";
  readonly run: number;
  /** Why its gate cannot be recovered; null when it was. */
  readonly fault: string | null;
  /** Records of its log, those a snapshot stood for, and whether an unfinished end was cut off. */
  readonly records: number;
  readonly from: number;
  readonly repaired: boolean;
  /** State hash of its gate, hexadecimal; empty with a fault. */
  readonly state: string;
  /** Chain head of its log, hexadecimal; empty with a fault. */
  readonly chain: string;
  readonly orders: readonly LeftOrder[];
  readonly positions: readonly LeftPosition[];
}

/** Whether nothing was open and nothing held, so that there is nothing to look at. */
export const leftNothing = ({ fault, orders, positions }: LeftBehind): boolean =>
  fault === null && orders.length === 0 && positions.length === 0;

interface Start {
  readonly organisms: readonly { readonly id: string }[];
  readonly instruments: readonly string[];
}

/**
 * The latest run before `run`, unless it ended in order or there is none. Repairs the end of its log by rule. Snapshots that
 * none of `keys` vouches for are passed over, and `complain` hears why.
 */
export function leftBehind(
  path: string,
  run: number,
  keys: NodeKeys,
  complain: (line: string) => void,
): LeftBehind | null {
  const last = listRuns(path).filter((one) => one < run).at(-1);
  if (last === undefined) return null;
  const directory = runDirectory(path, last);
  if (!hasLog(directory) || endedInOrder(directory)) return null;
  const doubt = snapshotDoubt(directory, keys);
  if (doubt !== null) complain(`run ${last} is recovered from its whole log, and from no snapshot: ${doubt}`);
  const left = look(directory, last, doubt === null);
  new StateFile(directory, LEFT_FILE).write(`${JSON.stringify(left, null, 2)}\n`);
  return left;
}

/** A run that ended before its log began has left nothing. */
const hasLog = (directory: string): boolean =>
  [...Deno.readDirSync(directory)].some(({ name }) => /^audit-\d+\.log$/.test(name));

/** Reads from the last checkpoint on: a node that ends in order makes one behind its last record. */
function endedInOrder(directory: string): boolean {
  try {
    const signed = Number(readCheckpointFile(directory)?.split("\n")[1] ?? 0);
    let last: number | null = null;
    for (const { type } of readAudit(directory, Math.max(0, signed - 1))) last = type;
    return last === RecordType.NodeStopped;
  } catch (error) {
    if (error instanceof NativeError) return false;
    throw error;
  }
}

function look(directory: string, run: number, snapshots: boolean): LeftBehind {
  const nothing = { records: 0, from: 0, repaired: false, state: "", chain: "", orders: [], positions: [] };
  try {
    return { kind: "run-left-behind", run, fault: null, ...recovered(directory, snapshots) };
  } catch (error) {
    if (!(error instanceof NativeError || error instanceof SyntaxError)) throw error;
    return { kind: "run-left-behind", run, fault: error.message, ...nothing };
  }
}

function recovered(directory: string, snapshots: boolean): Omit<LeftBehind, "kind" | "run" | "fault"> {
  using control = ControlPage.memory();
  using audit = AuditLog.memory();
  using gate = OrderGate.create({ audit, control });
  const { recovery, repaired } = readWhole(directory, gate, snapshots);
  const { organisms, instruments } = startOf(directory);
  const organism = (strategy: number) => organisms[strategy - 1]?.id ?? `strategy ${strategy}`;
  const instrument = (id: number) => instruments[id] ?? `instrument ${id}`;
  const orders = gate.openOrders().map((
    { orderId, strategy, instrument: id, side, price, total, leaves },
  ): LeftOrder => ({
    ...{ orderId, organism: organism(strategy), instrument: instrument(id), price, total, leaves },
    side: side === 0 ? "buy" : "sell",
  }));
  const positions = organisms.flatMap((_, i) =>
    instruments.map((symbol, id): LeftPosition => ({
      organism: organism(i + 1),
      instrument: symbol,
      position: gate.exposure(i + 1, id).position,
    }))
  );
  return {
    records: recovery.records,
    from: recovery.from,
    repaired,
    state: recovery.gate,
    chain: recovery.chain,
    orders,
    positions: positions.filter(({ position }) => position !== 0),
  };
}

/** Only a log that cannot be read to its end is opened to append, which cuts off what was never acknowledged. */
function readWhole(
  directory: string,
  gate: OrderGate,
  snapshots: boolean,
): { readonly recovery: Recovery; readonly repaired: boolean } {
  try {
    const recovery = recover({ directory, gate, snapshots });
    if (!recovery.torn) return { recovery, repaired: false };
    using log = AuditLog.open({ directory });
    return { recovery, repaired: log.repairedAt !== null };
  } catch (error) {
    if (!(error instanceof NativeError)) throw error;
    const repaired = repair(directory);
    return { recovery: recover({ directory, gate, snapshots }), repaired };
  }
}

function repair(directory: string): boolean {
  using log = AuditLog.open({ directory });
  return log.repairedAt !== null;
}

/** The first record of a run says who traded what. */
function startOf(directory: string): Start {
  for (const record of readAudit(directory)) {
    if (record.type === RecordType.NodeStarted) return decodeAudit(record) as Start;
    break;
  }
  return { organisms: [], instruments: [] };
}

/** As it goes on record, with what was done. */
export function leftRecord(left: LeftBehind): Readonly<Record<string, unknown>> {
  const { kind, ...facts } = left;
  return leftNothing(left)
    ? { statement: kind, ...facts, done: "nothing was open and nothing held: trading goes on" }
    : { difference: kind, ...facts, done: "the firm is cancel-only until it is re-armed" };
}

/** One line for people. */
export function leftLine({ run, fault, orders, positions, repaired }: LeftBehind, path: string): string {
  const file = join(runDirectory(path, run), LEFT_FILE);
  const cut = repaired ? ", the unfinished end of its log was cut off" : "";
  if (fault !== null) return `run ${run} did not end in order and cannot be recovered: ${fault}`;
  return `run ${run} did not end in order${cut}: ${orders.length} orders were open, ${positions.length} positions held (${file})`;
}
