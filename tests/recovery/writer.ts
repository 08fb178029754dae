/**
 * A process to be killed: begins a log or goes on with one, sends batches down the order path as fast as it can, and after each
 * that is on record prints what there is then.
 *
 *     deno run -A tests/recovery/writer.ts DIRECTORY SEED DURABILITY
 *
 * One line a batch: its number, the records of the log, the state hashes of gate and books. Snapshots are taken on the way.
 */
import { AuditLog, type DurabilityName, Snapshots } from "../../ffi/mod.ts";
import { Desk } from "../../bench/recovery/load.ts";

/** Batches between two snapshots. */
const SNAPSHOT_EVERY = 16;
/** Small, so that segments end too. */
const SEGMENT_BYTES = 1 << 20;

const [directory, seed, durability] = Deno.args;
const audit = AuditLog.open({
  directory,
  durability: durability as DurabilityName,
  segmentBytes: SEGMENT_BYTES,
});
const desk = audit.records === 0
  ? Desk.begun(audit, Number(seed))
  : Desk.recovered(audit, Number(seed), { directory }).desk;
const snapshots = Snapshots.beside(directory, 2);
const encoder = new TextEncoder();
console.error("ready");
for (let batch = desk.next;; batch++) {
  desk.submit(batch);
  let line = encoder.encode(`${batch} ${audit.records} ${desk.state()}\n`);
  while (line.length > 0) line = line.subarray(Deno.stdout.writeSync(line));
  if (batch % SNAPSHOT_EVERY === 0) {
    snapshots.take({ gate: desk.gate, engine: desk.engine, time: desk.time(batch) });
  }
}
