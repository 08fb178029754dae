/** Recovery as TypeScript asks for it: what it answers, what it refuses, and when a snapshot cannot be taken. */
import assert from "node:assert/strict";
import { AuditLog, Code, NativeError, readAudit, RecordType, recover, Snapshots } from "../../ffi/mod.ts";
import { decodeAudit } from "../../ffi/mod.ts";
import { Desk } from "../../bench/recovery/load.ts";
import { inDirectory } from "./native.ts";

const SEED = 3;
const BATCHES = 40;

/** A log of some batches with a snapshot in the middle, and the state at its end. */
function traded(directory: string): { readonly state: string; readonly records: number; readonly from: number } {
  const audit = AuditLog.open({ directory, durability: "memory" });
  using desk = Desk.begun(audit, SEED);
  using snapshots = Snapshots.beside(directory);
  for (let batch = 0; batch < BATCHES; batch++) {
    desk.submit(batch);
    if (batch === BATCHES / 2) snapshots.take({ gate: desk.gate, engine: desk.engine, time: desk.time(batch) });
  }
  const [state, records, from] = [desk.state(), audit.records, snapshots.wait()];
  audit.close();
  return { state, records, from };
}

Deno.test("a gate and books come back from their log, and say what they were read from", () =>
  inDirectory((directory) => {
    const { state, records, from } = traded(directory);
    assert.ok(from > 0 && from < records);
    for (const snapshots of [true, false]) {
      using audit = AuditLog.open({ directory });
      const { desk, recovery } = Desk.recovered(audit, SEED, { directory, snapshots });
      assert.equal(desk.state(), state);
      assert.equal(`${recovery.gate} ${recovery.books}`, state);
      assert.equal(recovery.records, records);
      assert.equal(recovery.from, snapshots ? from : 0);
      assert.equal(recovery.chain, audit.head().chain);
      assert.deepEqual(recovery.refused, []);
      assert.equal(recovery.torn, false);
      const read = recovery.decisions + recovery.executions + recovery.inputs + recovery.loaded;
      assert.equal(read, records - recovery.from);
      desk[Symbol.dispose]();
    }
  }));

Deno.test("a damaged snapshot is passed over and named, and the whole log read", () =>
  inDirectory((directory) => {
    const { state, from } = traded(directory);
    const path = `${directory}/snapshot-${String(from).padStart(20, "0")}.bin`;
    const bytes = Deno.readFileSync(path);
    bytes[300] ^= 1;
    Deno.writeFileSync(path, bytes);
    using audit = AuditLog.open({ directory });
    const { desk, recovery } = Desk.recovered(audit, SEED, { directory });
    assert.equal(desk.state(), state);
    assert.equal(recovery.from, 0);
    assert.deepEqual(recovery.refused, [`the snapshot at record ${from} was not used: its checksum is wrong`]);
    desk[Symbol.dispose]();
  }));

Deno.test("a gate that was used and a directory without a log are refused", () =>
  inDirectory((directory) => {
    traded(directory);
    using audit = AuditLog.open({ directory });
    const { desk } = Desk.recovered(audit, SEED, { directory });
    const { gate, engine } = desk;
    const refused = (code: number, sentence: RegExp) => (error: unknown) =>
      error instanceof NativeError && error.code === code && sentence.test(error.message);
    assert.throws(() => recover({ directory, gate, engine }), refused(Code.BadArgument, /make new ones/));
    desk[Symbol.dispose]();
    using memory = AuditLog.memory();
    const begun = Desk.begun(memory, SEED);
    using snapshots = Snapshots.beside(directory);
    assert.equal(snapshots.take({ gate: begun.gate, engine: begun.engine, time: 0 }), null);
    begun[Symbol.dispose]();
  }));

Deno.test("what goes into recorded books is on record as it went in", () =>
  inDirectory((directory) => {
    traded(directory);
    const inputs = [...readAudit(directory)].filter(({ type }) => type === RecordType.VenueInput);
    const [listed] = inputs.map(decodeAudit) as { kind: number; instrument: number }[];
    assert.deepEqual({ kind: listed.kind, instrument: listed.instrument }, { kind: 1, instrument: 0 });
    assert.ok(inputs.some(({ version }) => version === 1));
  }));
