/** A node that runs, is killed in a part and stops, read out of its log by other processes meanwhile and afterwards. */
import assert from "node:assert/strict";
import { Projector, SqliteStore, type TableName, TABLES } from "../../actors/node/reading/mod.ts";
import { ensureCore } from "../../ffi/build.ts";
import { decodeAudit, readAudit } from "../../ffi/mod.ts";
import { startNode } from "../e2e/node.ts";
import { cwts, inside, withDirectory } from "./run.ts";

ensureCore();

const everything = (store: SqliteStore) => Object.keys(TABLES).map((name) => store.rows(name as TableName));

async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!holds()) {
    assert.ok(Date.now() < deadline, `never: ${what}`);
    await new Promise((next) => setTimeout(next, 50));
  }
}

Deno.test("a running node is followed to its end, and its kills are in its state and in the stories of its orders", () =>
  withDirectory(async (directory) => {
    const path = `${directory}/projections/000001.sqlite`;
    const node = await startNode(directory, ["--durability", "batch"]);
    const following = cwts(["audit", "project", "--follow", "--data-dir", directory]).spawn();
    const output = following.output();
    const open = () => {
      try {
        using store = new SqliteStore(path);
        return store.rows("orders").filter(({ state }) => state === "open").length;
      } catch {
        return 0;
      }
    };
    let killed: number;
    try {
      await until("orders that rest", () => open() > 0);
      const kill = ["kill", "--data-dir", directory, "--scope", "organism:anglerfish-1", "--reason", "drill"];
      assert.equal((await inside(kill)).exit, 0);
      using store = new SqliteStore(path);
      await until("the kill in the tables", () => store.rows("scopes").length > 0);
      await until("nothing rests", () => store.rows("orders").every(({ state }) => state !== "open"));
      const [scope] = store.rows("scopes");
      assert.deepEqual([scope.scope, scope.state, scope.reason], ["organism:anglerfish-1", "KILLED", "drill"]);
      killed = Number(scope.record);
    } finally {
      assert.equal(await node.stop(), 0);
    }
    const { code, stdout } = await output;
    assert.equal(code, 0, "who follows ends with the run");
    const log = `${directory}/runs/000001`;
    const records = [...readAudit(log)];
    assert.match(new TextDecoder().decode(stdout), new RegExp(`^${records.length.toLocaleString("en")} records in `));

    using followed = new SqliteStore(path);
    using store = new SqliteStore(":memory:");
    using projector = await Projector.open(log, store);
    await projector.catchUp();
    assert.deepEqual(everything(followed), everything(store));

    const state = async (...more: string[]) =>
      JSON.parse((await inside(["audit", "state", "--data-dir", directory, "--json", ...more])).out);
    assert.deepEqual((await state("--at", String(killed - 1))).scopes, []);
    assert.deepEqual((await state("--at", String(killed))).scopes.map(({ state }: { state: string }) => state), [
      "KILLED",
    ]);
    const { reason } = decodeAudit(records[killed]) as { readonly reason: string };
    assert.equal(reason, "drill");

    const withdrawn = store.rows("orders").find(({ state, last_record }) =>
      state === "canceled" && Number(last_record) > killed
    )!;
    const { out } = await inside(["audit", "why", String(withdrawn.order_id), "--data-dir", directory]);
    assert.match(
      out,
      new RegExp(`canceled: .*OwnerCancel.*← the mass cancel of record \\d+, by the kill of record ${killed}`),
    );
  }));
