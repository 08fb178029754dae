/** What the dropped files show together, in sentences. */
import { ExecutionView, GateDecisionView, OrderCommandView, RecordType } from "../../../ffi/layout.gen.ts";
import { plain } from "../../../ffi/plain.ts";
import { type Checkpoint, checkpointFault, type Proof, proofFault, toHex, verifyLog } from "../verifier/mod.ts";
import type { Dropped } from "./files.ts";

/** One thing that was checked. `fault` is null when it holds. */
export interface Finding {
  readonly claim: string;
  readonly fault: string | null;
}

export interface Verdict {
  readonly findings: readonly Finding[];
  /** What was not checked, and what would be needed. */
  readonly open: readonly string[];
  /** Each record that was proven, in words. */
  readonly records: readonly string[];
}

/** Checks all that can be checked. A checkpoint dropped by itself goes before the one in a proof. */
export async function judge(dropped: readonly Dropped[]): Promise<Verdict> {
  const of = <K extends Dropped["kind"]>(kind: K) =>
    dropped.filter((one): one is Extract<Dropped, { kind: K }> => one.kind === kind);
  const keys = of("keys").flatMap(({ keys }) => keys);
  const own = of("checkpoint").map(({ checkpoint }) => checkpoint);
  const findings: Finding[] = [];
  const [open, records] = [new Set<string>(), [] as string[]];
  const sign = async (checkpoint: Checkpoint) => {
    const { origin, size, time } = checkpoint;
    const when = time === null ? "" : `, at ${new Date(time * 1000).toISOString()}`;
    if (keys.length === 0) {
      open.add("whether the checkpoint is genuine: drop the public keys of the node, from a source you trust");
    } else {findings.push({
        claim: `${origin} signed a log of ${size} records${when}`,
        fault: await checkpointFault(checkpoint, keys),
      });}
  };
  for (const { proof, checkpoint: inside } of of("proof")) {
    const checkpoint = own[0] ?? inside;
    if (checkpoint === null) open.add("whether the root was ever noted: drop a checkpoint");
    else await sign(checkpoint);
    findings.push({
      claim: `record ${proof.index} is in the log of ${proof.size} records`,
      fault: await proofFault(proof, checkpoint),
    });
    records.push(describe(proof));
  }
  const segments = of("segment").sort((a, b) => a.number - b.number);
  if (segments.length > 0) {
    if (own.length === 0) open.add("whether records were cut off the end: drop a checkpoint that was kept elsewhere");
    else await sign(own[0]);
    const { bad, records: count, root } = await verifyLog(segments.map(({ bytes }) => bytes), own[0]);
    const fault = bad === null
      ? null
      : `${bad.why}: segment ${bad.segment}, byte ${bad.offset}, behind ${count} good records`;
    findings.push({ claim: `the log is as it was written, ${count} records with root ${toHex(root)}`, fault });
  }
  return { findings, open: [...open], records };
}

const TYPES = Object.fromEntries(Object.entries(RecordType).map(([name, value]) => [value, name]));

/** A record in words: what it is, when, and its fields. */
function describe({ index, record }: Proof): string {
  if (record === null) return `record ${index}: the proof does not bring it`;
  const view = new DataView(record.buffer, record.byteOffset);
  const [type, time] = [view.getUint16(8, true), Number(view.getBigInt64(24, true)) / 1e6];
  const payload = record.subarray(48, 48 + view.getUint32(4, true));
  const what = `record ${index}: ${TYPES[type] ?? `type ${type}`}, ${new Date(time).toISOString()} by the node's clock`;
  return `${what}\n${JSON.stringify(fields(type, payload), null, 2)}`;
}

function fields(type: number, payload: Uint8Array): unknown {
  try {
    if (type === RecordType.Execution) return plain(new ExecutionView(payload));
    if (type === RecordType.Decision) {
      const decision = new GateDecisionView(payload.subarray(OrderCommandView.SIZE));
      return { command: plain(new OrderCommandView(payload)), decision: plain(decision) };
    }
    return JSON.parse(new TextDecoder().decode(payload));
  } catch {
    return { bytes: toHex(payload) };
  }
}
