/** The order path in one call, as TypeScript walks it: what it does, whose memory it takes, how it fails. */
import assert from "node:assert/strict";
import {
  Code,
  CommandKind,
  decodeAudit,
  ExecType,
  ExecutionView,
  GateDecisionView,
  INSTRUMENT_SCOPE_BASE,
  MarketTickView,
  MatchingEngine,
  NativeError,
  OrderPath,
  readAudit,
  RecordType,
  ScopeState,
  verifyAudit,
} from "../../ffi/mod.ts";
import { Bench, inDirectory, INSTRUMENT, runScript, STRATEGY } from "./native.ts";

const refusedWith = (code: number, sentence = /./) => (error: unknown): boolean =>
  error instanceof NativeError && error.code === code && sentence.test(error.message);

/** A gate with its path into a book. */
class Road extends Bench {
  readonly engine = MatchingEngine.create([INSTRUMENT]);
  readonly path = new OrderPath({ gate: this.gate, engine: this.engine, stream: 5 });
  readonly executions = new Uint8Array(256 * ExecutionView.SIZE);
  readonly execution = new ExecutionView(this.executions);
  readonly ticks = new Uint8Array(256 * MarketTickView.SIZE);

  submit(count: number) {
    return { ...plain(this.path.submit(this.commands, count, this.decisions, this.executions, this.ticks)) };
  }

  codes(count: number): number[] {
    return Array.from({ length: count }, (_, at) => this.decision.at(at).code);
  }

  override [Symbol.dispose](): void {
    this.engine.close();
    super[Symbol.dispose]();
  }
}

const plain = ({ accepted, executions, ticks, waitingExecutions, waitingTicks, refusedAtDoor }: ReturnType<
  OrderPath["submit"]
>) => ({ accepted, executions, ticks, waitingExecutions, waitingTicks, refusedAtDoor });

Deno.test("a batch is decided, carried out and booked in one call", () => {
  using road = new Road();
  const sell = road.order(0);
  [sell.side, sell.quantity] = [1, 10];
  const buy = road.order(1);
  [buy.side, buy.quantity] = [0, 4];
  const far = road.order(2);
  [far.side, far.price] = [0, 5_000];
  assert.deepEqual(road.submit(3), {
    accepted: 2,
    executions: 4,
    ticks: 3,
    waitingExecutions: 0,
    waitingTicks: 0,
    refusedAtDoor: 0,
  });
  assert.deepEqual(road.codes(3), [Code.Accepted, Code.Accepted, Code.PriceCollar]);
  assert.deepEqual([0, 1, 2, 3].map((at) => road.execution.at(at).execType), [
    ExecType.New,
    ExecType.New,
    ExecType.Trade,
    ExecType.Trade,
  ]);
  // Booked already: nobody has to apply the reports again.
  const { position, openBuy, openSell, openOrders, bought, sold } = road.gate.exposure(STRATEGY, INSTRUMENT);
  assert.deepEqual([position, openBuy, openSell, openOrders, bought, sold], [0, 0, 6, 1, 4, 4]);
  assert.equal(road.gate.counters().executions, 4);
  // Two records of limits, the market, three decisions, four reports.
  assert.equal(road.audit.head().records, 10);
});

Deno.test("order by order, the path leaves the same log, gate and book as its three parts called by hand", () => {
  using road = new Road();
  using parts = new Road();
  let seed = 1;
  const random = (below: number) => (seed = seed * 48_271 % 2_147_483_647) % below;
  for (let n = 0; n < 2_000; n++) {
    const [side, price, quantity, target, change] = [
      random(2),
      95 + random(11),
      1 + random(20),
      random(n + 1),
      random(4),
    ];
    for (const one of [road, parts]) {
      const order = one.order(0);
      [order.side, order.price, order.quantity] = [side, price, quantity];
      if (change === 0) [order.kind, order.targetId] = [CommandKind.Cancel, target];
    }
    road.submit(1);
    if (parts.gate.submit(parts.commands, 1, parts.decisions) === 1) {
      const { executions } = parts.engine.submit(parts.commands, 1, parts.executions, parts.ticks);
      parts.gate.applyExecutions(parts.executions, executions, 5);
    }
  }
  assert.equal(road.audit.head().root, parts.audit.head().root);
  assert.equal(road.gate.stateHash(), parts.gate.stateHash());
  assert.equal(road.engine.stateHash(), parts.engine.stateHash());
  assert.ok(road.gate.counters().executions > 2_000);
});

Deno.test("without an engine the path decides and records, and what passed is the caller's to send", () => {
  using bench = new Bench();
  const path = new OrderPath(bench);
  bench.order(0);
  bench.order(1).price = 0;
  const { accepted, executions } = path.submit(bench.commands, 2, bench.decisions);
  assert.deepEqual([accepted, executions, bench.decision.at(1).code], [1, 0, Code.OffTick]);
  assert.equal(bench.gate.exposure(STRATEGY, INSTRUMENT).openOrders, 1);
  assert.equal(path.drain(new Uint8Array(64), new Uint8Array(64)).executions, 0);
});

Deno.test("a killed scope lets nothing but cancels through", () => {
  using road = new Road();
  road.order(0);
  road.submit(1);
  road.control.request(INSTRUMENT_SCOPE_BASE + INSTRUMENT, ScopeState.Killed, "test", "test", 1);
  road.order(0);
  const cancel = road.order(1);
  [cancel.kind, cancel.targetId] = [CommandKind.Cancel, 1];
  assert.equal(road.submit(2).accepted, 1);
  assert.deepEqual(road.codes(2), [Code.Killed, Code.Accepted]);
  assert.equal(road.engine.openOrders, 0);
});

Deno.test("shared memory, and views that begin anywhere, are as good as any", () => {
  using road = new Road();
  for (let i = 0; i < 4; i++) road.order(i);
  const commands = new Uint8Array(new SharedArrayBuffer(3 + 256), 3);
  const decisions = new Uint8Array(new SharedArrayBuffer(1 + 256), 1);
  const executions = new Uint8Array(new SharedArrayBuffer(5 + 1024), 5);
  const ticks = new Uint8Array(new SharedArrayBuffer(1024));
  commands.set(road.commands.subarray(0, 256));
  const counts = road.path.submit(commands, 4, decisions, executions, ticks);
  assert.deepEqual([counts.accepted, counts.executions >= 4, counts.ticks >= 1], [4, true, true]);
  assert.equal(new GateDecisionView(decisions).at(3).orderId, 4);
  assert.equal(new ExecutionView(executions).at(0).execType, ExecType.New);
});

Deno.test("a worker's shared batch arrives as it was written there", async () => {
  using road = new Road();
  const memory = new SharedArrayBuffer(64 * 64);
  const source = `import { OrderCommandView } from ${
    JSON.stringify(new URL("../../ffi/layout.gen.ts", import.meta.url))
  };
    import { writeOrder } from ${JSON.stringify(new URL("./write_order.ts", import.meta.url))};
    self.onmessage = ({ data }) => {
      const view = new OrderCommandView(new Uint8Array(data));
      for (let i = 0; i < 64; i++) writeOrder(view.at(i), i + 1);
      self.postMessage("written");
    };`;
  const worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/typescript" })), { type: "module" });
  await new Promise((resolve, reject) => {
    worker.onmessage = resolve;
    worker.onerror = reject;
    worker.postMessage(memory);
  });
  worker.terminate();
  const counts = road.path.submit(new Uint8Array(memory), 64, road.decisions, road.executions, road.ticks);
  assert.equal(counts.accepted, 64);
});

Deno.test("buffers that are too small or given away are named, and nothing is decided", () => {
  using road = new Road();
  road.order(0);
  const { path, commands, decisions, executions, ticks } = road;
  const short = new Uint8Array(63);
  const gone = new Uint8Array(64);
  structuredClone(gone.buffer, { transfer: [gone.buffer] });
  for (const count of [65, 1e9, 2 ** 32 + 1, -1, 0.5, NaN]) {
    assert.throws(() => path.submit(commands, count, decisions), refusedWith(Code.BadArgument, /records of 64 bytes/));
  }
  assert.throws(() => path.submit(commands, 1, short), refusedWith(Code.BadArgument, /buffer of 63 bytes/));
  assert.throws(() => path.submit(gone, 1, decisions), refusedWith(Code.BadArgument, /given away \(it is detached\)/));
  assert.throws(() => path.submit(commands, 1, gone), refusedWith(Code.BadArgument, /given away/));
  assert.throws(
    () => path.submit(commands, 1, decisions, gone, ticks),
    refusedWith(Code.BadArgument, /executions was/),
  );
  assert.throws(
    () => path.submit(commands, 1, decisions, executions, gone),
    refusedWith(Code.BadArgument, /ticks was/),
  );
  for (const stream of [-1, 64, 0.5, NaN]) {
    assert.throws(() => new OrderPath({ ...road, stream }), refusedWith(Code.BadArgument, /stream/));
  }
  assert.equal(road.gate.counters().decisions, 0);
  assert.equal(road.submit(1).accepted, 1);
});

Deno.test("what does not fit waits, comes first, and must be fetched before the next batch", () => {
  using road = new Road();
  for (let i = 0; i < 8; i++) road.order(i).side = 0;
  const two = new Uint8Array(2 * 64 + 7);
  const counts = plain(road.path.submit(road.commands, 8, road.decisions, two, new Uint8Array(0)));
  assert.deepEqual([counts.accepted, counts.executions, counts.waitingExecutions], [8, 2, 6]);
  assert.throws(() => road.submit(1), refusedWith(Code.BadArgument, /drain them first/));
  const seen = [1, 2];
  for (let left = 6; left > 0;) {
    const more = road.path.drain(two, road.ticks);
    for (let i = 0; i < more.executions; i++) seen.push(new ExecutionView(two).at(i).orderId);
    left = more.waitingExecutions;
  }
  assert.deepEqual(seen, [1, 2, 3, 4, 5, 6, 7, 8]);
  road.order(0);
  assert.equal(road.submit(1).accepted, 1);
});

Deno.test("an engine that was closed is refused, and never mistaken for none", () => {
  using road = new Road();
  road.engine.close();
  road.order(0);
  assert.throws(() => road.submit(1), refusedWith(Code.BadHandle));
  assert.equal(road.gate.counters().decisions, 0);
});

const FULL_DISK = `
import { AuditLog, Code, CommandKind, ExecutionView, MatchingEngine, OrderPath } from "$ROOT/ffi/mod.ts";
import { Bench } from "$ROOT/tests/ffi/native.ts";
const audit = AuditLog.open({ directory: "$DIR", durability: "batch" });
const bench = new Bench(audit);
const engine = MatchingEngine.create([0]);
const path = new OrderPath({ gate: bench.gate, engine });
const executions = new Uint8Array(1024 * 64), ticks = new Uint8Array(1024 * 64);
let accepted = 0, refused = 0, told = 0, counts;
while (refused === 0 && accepted < 1_000_000) {
  for (let i = 0; i < 64; i++) bench.order(i).quantity = 3;
  counts = path.submit(bench.commands, 64, bench.decisions, executions, ticks);
  accepted += counts.accepted;
  told += counts.executions;
  for (let i = 0; i < 64; i++) if (bench.decision.at(i).code === Code.AuditFailed) refused++;
}
const last = { accepted: counts.accepted, executions: counts.executions, waiting: counts.waitingExecutions };
const { openOrders, shut, executions: applied } = bench.gate.counters();
const unknown = path.drain(executions, ticks).executions;
bench.order(0);
const after = path.submit(bench.commands, 1, bench.decisions, executions, ticks).accepted;
const resting = engine.openOrders;
console.log(JSON.stringify({ accepted, refused, told, last, openOrders, resting, shut, applied, unknown, after }));
`;

Deno.test("a full disk: nothing is told that the log does not hold, and the gate still knows what rests", async () => {
  await inDirectory(async (directory) => {
    // A file may grow to 2 MiB; then writes fail, as on a full disk.
    const before = "trap '' XFSZ; ulimit -f 2048";
    const script = await runScript(FULL_DISK.replace("$DIR", directory), { before });
    assert.equal(script.code, 0, script.stderr);
    const told = JSON.parse(script.stdout.trim().split("\n").at(-1)!);
    assert.ok(told.accepted > 1_000, script.stdout);
    assert.deepEqual([told.refused, told.shut, told.after], [64, true, 0], "the whole batch, and all after it");
    assert.deepEqual([told.last.accepted, told.last.executions], [0, 0], "no report of it is handed out");
    assert.ok(told.last.waiting > 0);
    assert.equal(told.last.waiting, told.unknown, "they wait for whoever cleans up");
    assert.equal(told.applied, told.told + told.unknown, "and the gate has counted them all");
    assert.equal(told.openOrders, told.resting);
    let decisions = 0;
    let reports = 0;
    for (const record of readAudit(directory)) {
      if (record.type === RecordType.Execution) reports++;
      if (record.type !== RecordType.Decision) continue;
      if ((decodeAudit(record) as { decision: { code: number } }).decision.code === Code.Accepted) decisions++;
    }
    assert.ok(
      decisions >= told.accepted && reports >= told.told,
      `${decisions} decisions, ${reports} reports on record`,
    );
    const verdict = verifyAudit(directory);
    assert.ok(verdict.ok || verdict.damage === "torn tail", verdict.damage);
  });
});
