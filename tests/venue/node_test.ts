/** Starts of a node on the paper exchange, as a person sees them: after a kill, without the exchange, with the wrong one. */
import assert from "node:assert/strict";
import { FIRM_SCOPE, ScopeState } from "../../ffi/layout.gen.ts";
import { ControlPage, decodeAudit, readAudit, RecordType } from "../../ffi/mod.ts";
import { inside, withDirectory } from "../cli/run.ts";
import { pause, type Place, place, startNode, startVenue, venueSays } from "./processes.ts";

const firm = ({ data }: Place): number => {
  using page = ControlPage.open(data);
  return page.scope(FIRM_SCOPE);
};
const types = ({ data }: Place, run: string) => [...readAudit(`${data}/runs/${run}`)].map(({ type }) => type);

/** Runs a node until it has executions on record, and kills it. */
async function killedWhileTrading(here: Place, run = "000001"): Promise<void> {
  const node = startNode(here);
  for (let i = 0; i < 600; i++) {
    await pause(50);
    const traded = await Deno.stat(`${here.data}/runs/${run}/venue.json`).then(
      () => types(here, run).filter((type) => type === RecordType.Execution).length > 6,
      () => false,
    );
    if (traded) break;
  }
  await node.end("SIGKILL");
}

Deno.test("after a kill the next start asks the exchange, goes on by itself, and begins with the positions held", async () => {
  await withDirectory(async (root) => {
    const here = await place(root);
    const venue = await startVenue(here);
    try {
      await killedWhileTrading(here);
      assert.notEqual(types(here, "000001").at(-1), RecordType.NodeStopped);
      const next = await startNode(here, ["--duration", "3s", "--summary", "json"]).said();
      assert.equal(next.code, 0, next.err);
      assert.match(
        next.out + next.err,
        /reconciled with the venue: run 1 did not end in order; .*: log and venue agree/,
      );
      assert.doesNotMatch(next.err, /difference:|cancel-only|run 1 did not end in order and|orders were open/);
      assert.equal(firm(here), ScopeState.Active);
      const { orders, post_trade } = JSON.parse(next.out.trim().split("\n").at(-1)!);
      assert.ok(orders > 0, "trading goes on");
      assert.equal(post_trade.differences, 0, "gate, books and drop copy begin with the same");

      assert.deepEqual(types(here, "000001").slice(-2), [RecordType.Reconciled, RecordType.NodeStopped]);
      const record = [...readAudit(`${here.data}/runs/000002`)].find(({ type }) => type === RecordType.Reconciled)!;
      const { agreed, positions } = decodeAudit(record) as {
        agreed: boolean;
        positions: { owner: number; instrument: number; lots: number }[];
      };
      assert.equal(agreed, true);
      const opening = [...readAudit(`${here.data}/runs/000002`)]
        .filter(({ type }) => type === RecordType.Execution)
        .map((one) => decodeAudit(one) as { orderId: number; owner: number; side: number; quantity: number })
        .filter(({ orderId }) => orderId === 0)
        .map(({ owner, side, quantity }) => [owner, side === 0 ? quantity : -quantity]);
      assert.deepEqual(opening, positions.map(({ owner, lots }) => [owner, lots]));

      const held = await venueSays(here);
      const state = JSON.parse((await inside(["audit", "state", "--data-dir", here.data, "--json"])).out);
      const read = (state.positions as { organism: string; quantity: number }[])
        .filter(({ quantity }) => quantity !== 0).map(({ quantity }) => quantity).sort();
      assert.deepEqual(read, Object.values(held.positions).sort());
      const shown = await inside(["audit", "reconcile", "--data-dir", here.data, "--run", "1"]);
      assert.equal(shown.exit, 0, shown.err);
      assert.match(shown.out, /log and venue agree/);
    } finally {
      await venue.end("SIGTERM");
    }
  });
});

Deno.test("what nothing explains keeps the firm cancel-only, and an exchange that cannot be right keeps the node from starting", async () => {
  await withDirectory(async (root) => {
    const here = await place(root);
    const venue = await startVenue(here);
    try {
      await killedWhileTrading(here);
      const file = `${here.data}/runs/000001/venue.json`;
      const told = JSON.parse(await Deno.readTextFile(file));
      await Deno.writeTextFile(file, JSON.stringify({ ...told, after: 1e9 }));
      const lied = await startNode(here, ["--duration", "1s"]).said();
      assert.equal(lied.code, 1);
      assert.match(lied.err, /the venue said what cannot be: it knows executions up to \d+, and execution 1000000000/);
      assert.equal(firm(here), ScopeState.CancelOnly);

      using page = ControlPage.open(here.data);
      page.request(FIRM_SCOPE, ScopeState.Active, "the file was wrong", "test", 0);
      await Deno.writeTextFile(file, JSON.stringify({ ...told, journal: "another" }));
      const other = await startNode(here, ["--duration", "1s", "--summary", "json"]).said();
      assert.equal(other.code, 0, other.err);
      assert.match(
        other.err,
        /difference: the run before traded on the exchange another, and this is .*re-arm the firm/,
      );
      assert.match(other.err, /the firm is cancel-only: deno task rearm --scope firm/);
      assert.equal(firm(here), ScopeState.CancelOnly);
      assert.equal(JSON.parse(other.out.trim().split("\n").at(-1)!).fills, 0);
      const shown = await inside(["audit", "reconcile", "--data-dir", here.data]);
      assert.equal(shown.exit, 1);
      assert.match(shown.out, /difference: /);
    } finally {
      await venue.end("SIGTERM");
    }
  });
});

Deno.test("without an exchange a start is refused with the command that starts one, and nothing is lost", async () => {
  await withDirectory(async (root) => {
    const here = await place(root);
    const without = await startNode(here).said();
    assert.equal(without.code, 1);
    assert.match(without.err, /cannot read .*venue\.token .*: start the exchange with deno task cwts venue --dir/);
    const venue = await startVenue(here);
    await killedWhileTrading(here, "000002");
    await venue.end("SIGKILL");
    const gone = await startNode(here).said();
    assert.equal(gone.code, 1);
    assert.match(gone.err, /no paper exchange answers for .*: start it with deno task cwts venue --dir/);
    const again = await startVenue(here);
    const next = await startNode(here, ["--duration", "1s"]).said();
    assert.equal(next.code, 0, next.err);
    assert.match(next.out + next.err, /log and venue agree/);
    await again.end("SIGTERM");
  });
});
