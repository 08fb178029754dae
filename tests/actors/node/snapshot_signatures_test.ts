/** A start recovers from a snapshot only where the node's own key vouches for it; else from the whole log, to the same state. */
import assert from "node:assert/strict";
import { leftBehind } from "../../../actors/node/last_run.ts";
import { NodeKeys } from "../../../actors/node/node_keys.ts";
import { RunSnapshots } from "../../../actors/node/snapshots.ts";
import { ensureCore } from "../../../ffi/build.ts";
import { AuditLog, ControlPage, OrderGate, RecordType } from "../../../ffi/mod.ts";
import { withDirectory } from "./run.ts";

ensureCore();

const NOW = Date.UTC(2026, 5, 1) / 1000;

/** A run with two snapshots that did not end in order. */
async function crashed(data: string, keys: NodeKeys): Promise<string> {
  const log = `${data}/runs/000001`;
  Deno.mkdirSync(log, { recursive: true });
  using audit = AuditLog.open({ directory: log });
  using control = ControlPage.memory();
  using gate = OrderGate.create({ audit, control });
  using snapshots = new RunSnapshots({
    ...{ directory: log, audit, gate, keys, everyRecords: 20, complain: assert.fail },
    clock: { now: () => 0 },
  });
  audit.appendJson(RecordType.NodeStarted, 0, { organisms: [], instruments: [] });
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 30; i++) audit.appendJson(RecordType.Note, 0, { i });
    audit.commit();
    snapshots.poll();
    while (sigs(log).length <= round) {
      await new Promise((next) => setTimeout(next, 5));
      await snapshots.signed();
    }
  }
  for (let i = 0; i < 5; i++) audit.appendJson(RecordType.Note, 0, { i });
  audit.commit();
  return log;
}

const named = (log: string, ending: string) =>
  [...Deno.readDirSync(log)].map(({ name }) => name).filter((name) => name.endsWith(ending)).sort();
const sigs = (log: string) => named(log, ".sig");

Deno.test("a signed snapshot is used; an unsigned, changed, swapped or foreign one is passed over, and the state is the same", () =>
  withDirectory(async (data) => {
    const keys = new NodeKeys(data);
    const log = await crashed(data, keys);
    const look = () => {
      const told: string[] = [];
      const left = leftBehind(data, 2, keys, (line) => told.push(line))!;
      assert.equal(left.fault, null);
      return { from: left.from, state: left.state, records: left.records, told };
    };
    const good = look();
    assert.deepEqual(good.told, []);
    assert.equal(good.from, 61);
    const [older, latest] = named(log, ".bin").map((name) => `${log}/${name}`);
    const [bin, sig] = [Deno.readFileSync(latest), Deno.readTextFileSync(`${latest}.sig`)];
    const passedOver = (why: RegExp) => {
      const { from, state, records, told } = look();
      assert.deepEqual([from, state, records], [0, good.state, good.records]);
      assert.match(told.join(), why);
      Deno.writeFileSync(latest, bin);
      Deno.writeTextFileSync(`${latest}.sig`, sig);
      assert.equal(look().from, 61);
    };
    Deno.removeSync(`${latest}.sig`);
    passedOver(/^run 1 is recovered from its whole log, and from no snapshot: snapshot-\d+\.bin is not signed$/);
    Deno.writeFileSync(latest, bin.with(bin.length - 1, bin.at(-1)! ^ 1));
    passedOver(/is not what this node signed$/);
    Deno.writeTextFileSync(`${latest}.sig`, "no base 64");
    passedOver(/is not what this node signed$/);
    Deno.copyFileSync(`${older}.sig`, `${latest}.sig`);
    passedOver(/is not what this node signed$/);
    for (const ending of ["", ".sig"]) Deno.copyFileSync(`${older}${ending}`, `${latest}${ending}`);
    passedOver(/is not what this node signed$/);
    // A forger with a key of his own, who also adds it to the list of public keys.
    const forger = new NodeKeys(`${data}/runs`);
    const other = await crashed(`${data}/other`, forger);
    Deno.copyFileSync(`${other}/${sigs(other).at(-1)}`, `${latest}.sig`);
    Deno.writeTextFileSync(`${data}/node.pub`, forger.published(NOW), { append: true });
    passedOver(/is not what this node signed$/);
  }));

Deno.test("after a change of the key the one before still vouches, and of a snapshot that is gone no signature stays", () =>
  withDirectory(async (data) => {
    const keys = new NodeKeys(data);
    const log = await crashed(data, keys);
    keys.rotate(NOW, 0);
    const told: string[] = [];
    assert.equal(leftBehind(data, 2, keys, (line) => told.push(line))!.from, 61);
    assert.equal(told.length, 0);
    keys.rotate(NOW + 1, 0);
    assert.equal(leftBehind(data, 2, keys, (line) => told.push(line))!.from, 0);
    assert.equal(told.length, 1);
    const { signSnapshot } = await import("../../../actors/node/snapshot_signatures.ts");
    const [older, latest] = named(log, ".bin");
    Deno.removeSync(`${log}/${older}`);
    await signSnapshot(log, latest, keys);
    assert.deepEqual(sigs(log), [`${latest}.sig`]);
  }));
