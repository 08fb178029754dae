/** A node that is killed in the middle of trading, and the next start: what was left is told, and nothing enters unasked. */
import assert from "node:assert/strict";
import { ensureCore } from "../../ffi/build.ts";
import { FIRM_SCOPE, ScopeState } from "../../ffi/layout.gen.ts";
import { ControlPage, decodeAudit, readAudit, RecordType } from "../../ffi/mod.ts";
import { LEFT_FILE, type LeftBehind } from "../../actors/node/last_run.ts";
import { cwts, outside, withDirectory } from "./run.ts";

ensureCore();

const NODE = ["start", "--speed", "max", "--seed", "7", "--console-port", "off"];
const SHORT = [...NODE, "--duration", "5s"];

/** Runs until the gate has decided some orders; what is done then ends it. */
async function trading(directory: string, end: (child: Deno.ChildProcess) => void): Promise<Deno.CommandOutput> {
  const child = cwts([...NODE, "--data-dir", directory]).spawn();
  const output = child.output();
  try {
    await begun(directory);
    end(child);
    return await output;
  } catch (error) {
    child.kill("SIGKILL");
    await output;
    throw error;
  }
}

const killed = (directory: string) => trading(directory, (child) => child.kill("SIGKILL"));

/** Until the gate has decided some orders. */
async function begun(directory: string): Promise<void> {
  for (let i = 0; i < 600; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    // Whoever opens a page that is not there makes it.
    if (!await Deno.stat(`${directory}/control.page`).then(() => true, () => false)) continue;
    using page = ControlPage.open(directory);
    if (page.header().heartbeat > 0 && page.header().gateSequence > 50) return;
  }
  throw new Error("the node has not begun to trade within 30 s");
}

const firm = (directory: string): number => {
  using page = ControlPage.open(directory);
  return page.scope(FIRM_SCOPE);
};

const reconciled = (directory: string, run: string) =>
  [...readAudit(`${directory}/runs/${run}`)]
    .filter(({ type }) => type === RecordType.Reconciled)
    .map((record) => decodeAudit(record) as LeftBehind & { difference?: string; statement?: string })
    .filter(({ difference, statement }) => (difference ?? statement) === "run-left-behind");

Deno.test("after a kill the next start says what was open and lets nothing in until the firm is re-armed", async () => {
  await withDirectory(async (directory) => {
    await killed(directory);
    assert.equal(firm(directory), ScopeState.Active);

    const next = await outside([...SHORT, "--data-dir", directory, "--summary", "json"]);
    assert.equal(next.exit, 0, next.err);
    assert.match(
      next.err,
      /run 1 did not end in order.*: \d+ orders were open, \d+ positions held \(.*left_behind\.json\)/,
    );
    assert.match(next.err, /the firm is cancel-only: deno task rearm --scope firm/);
    assert.ok(next.err.includes(`--data-dir ${directory}`), "as it is printed it re-arms this one");
    assert.equal(firm(directory), ScopeState.CancelOnly);
    const { orders, fills } = JSON.parse(next.out.trim().split("\n").at(-1)!);
    assert.deepEqual([orders, fills], [0, 0]);

    const left: LeftBehind = JSON.parse(await Deno.readTextFile(`${directory}/runs/000001/${LEFT_FILE}`));
    assert.equal(left.fault, null);
    assert.ok(left.orders.length > 0);
    for (const { organism, instrument, leaves, total } of left.orders) {
      assert.match(organism, /^[a-z]+-1$/);
      assert.match(instrument, /^(ALPHA|BRAVO|CHARLIE)$/);
      assert.ok(leaves > 0 && leaves <= total);
    }
    const [record, ...more] = reconciled(directory, "000002");
    assert.deepEqual(more, []);
    assert.equal(record.difference, "run-left-behind");
    assert.deepEqual([record.run, record.state, record.orders], [1, left.state, left.orders]);

    // The run that only looked ended in order, so the third says nothing; the word stays until somebody takes it back.
    const third = await outside([...SHORT, "--data-dir", directory]);
    assert.doesNotMatch(third.err, /did not end in order/);
    assert.equal(firm(directory), ScopeState.CancelOnly);
    assert.deepEqual(reconciled(directory, "000003"), []);
  });
});

Deno.test("after a run that ended in order nothing is said and trading goes on", async () => {
  await withDirectory(async (directory) => {
    for (const run of ["000001", "000002"]) {
      const { exit, out, err } = await outside([...SHORT, "--data-dir", directory, "--summary", "json"]);
      assert.equal(exit, 0, err);
      assert.ok(JSON.parse(out.trim().split("\n").at(-1)!).orders > 0);
      assert.doesNotMatch(err, /did not end in order/);
      assert.deepEqual(reconciled(directory, run), []);
    }
    assert.equal(firm(directory), ScopeState.Active);
  });
});

Deno.test("a log that cannot be recovered is said to be one, and nothing enters either", async () => {
  await withDirectory(async (directory) => {
    await killed(directory);
    const path = `${directory}/runs/000001/audit-0000000000.log`;
    const bytes = await Deno.readFile(path);
    bytes[bytes.length >> 1] ^= 1;
    await Deno.writeFile(path, bytes);
    const next = await outside([...SHORT, "--data-dir", directory]);
    assert.equal(next.exit, 0, next.err);
    assert.match(next.err, /run 1 did not end in order and cannot be recovered: .*damaged/);
    assert.equal(firm(directory), ScopeState.CancelOnly);
    assert.match(reconciled(directory, "000002")[0].fault!, /damaged/);
  });
});

Deno.test("a node that sees a later run in its data directory stops in order", async () => {
  await withDirectory(async (directory) => {
    let older = 0;
    const { code, stderr } = await trading(directory, ({ pid }) => {
      older = pid;
      Deno.mkdirSync(`${directory}/runs/000002`);
    });
    assert.equal(code, 0);
    // Whoever began the later run may have the page by now: the older one does not say that nobody has.
    using page = ControlPage.open(directory);
    assert.equal(page.header().ownerPid, older);
    assert.match(
      new TextDecoder().decode(stderr),
      /a later run has begun in .*: this node is the older one, and stops/,
    );
    const last = [...readAudit(`${directory}/runs/000001`)].at(-1)!;
    assert.equal(last.type, RecordType.NodeStopped);
  });
});
