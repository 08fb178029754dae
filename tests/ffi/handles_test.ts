/** Handles: closed, foreign, poisoned; buffers too small; numbers that are none. */
import assert from "node:assert/strict";
import {
  AuditLog,
  Code,
  ControlPage,
  ExecutionView,
  MarketTickView,
  MatchingEngine,
  nativeCallOf,
  NativeError,
  OrderCommandView,
  OrderGate,
} from "../../ffi/mod.ts";
import { core } from "../../ffi/library.ts";
import { Bench, writeOrder } from "./native.ts";

const refusedWith = (code: number) => (error: unknown): boolean =>
  error instanceof NativeError && error.code === code && error.message.length > 10;

Deno.test("a closed handle is refused, and closing again does nothing", () => {
  const audit = AuditLog.memory();
  audit.close();
  audit.close();
  assert.throws(() => audit.head(), refusedWith(Code.BadHandle));
  assert.throws(() => audit.append(1, 0, new Uint8Array(1)), refusedWith(Code.BadHandle));
});

Deno.test("a handle of another kind is refused", () => {
  using audit = AuditLog.memory();
  using control = ControlPage.memory();
  const wrong = { audit: control as unknown as AuditLog, control: audit as unknown as ControlPage };
  assert.throws(() => OrderGate.create(wrong), refusedWith(Code.BadHandle));
  assert.equal(core().cwts_audit_commit(control.handle), -Code.BadHandle);
});

Deno.test("an error says which call it came out of, and none when no call was made", () => {
  const thrown = (attempt: () => unknown): NativeError => {
    try {
      attempt();
    } catch (error) {
      return error as NativeError;
    }
    throw new Error("nothing was thrown");
  };
  const audit = AuditLog.memory();
  audit.close();
  assert.equal(thrown(() => audit.head()).call, "cwts_audit_head");
  assert.equal(thrown(() => audit.append(1, 0, new Uint8Array(1))).call, "cwts_audit_append");
  assert.equal(thrown(() => AuditLog.open({ directory: "/proc/none" })).call, "cwts_audit_open");
  using bench = new Bench();
  const refused = thrown(() => bench.gate.submit(bench.commands, 65, bench.decisions));
  assert.equal(refused.call, null);
  bench.gate.close();
  const wrapped = new Error("the books are closed", { cause: thrown(() => bench.gate.exposure(1, 0)) });
  assert.equal(nativeCallOf(wrapped), "cwts_gate_exposure");
  assert.equal(nativeCallOf(new Error("none")), null);
  wrapped.cause = wrapped;
  assert.equal(nativeCallOf(wrapped), null);
});

Deno.test("a panic poisons its own handle and stays inside", () => {
  using bench = new Bench();
  assert.equal(core().cwts_test_panic(bench.gate.handle), -Code.Panicked);
  bench.order(0);
  assert.throws(() => bench.gate.submit(bench.commands, 1, bench.decisions), refusedWith(Code.BadHandle));
  assert.equal(bench.audit.head().records, 2);
  assert.equal(bench.control.mode, 0);
});

Deno.test("batches larger than their buffers are refused before anything happens", () => {
  using bench = new Bench();
  bench.order(0);
  const short = new Uint8Array(63);
  for (const count of [65, 1e9, -1, 0.5, NaN]) {
    assert.throws(() => bench.gate.submit(bench.commands, count, bench.decisions), refusedWith(Code.BadArgument));
    assert.throws(() => bench.gate.applyExecutions(bench.commands, count), refusedWith(Code.BadArgument));
  }
  assert.throws(() => bench.gate.submit(bench.commands, 1, short), refusedWith(Code.BadArgument));
  assert.throws(() => bench.gate.setLimits(short), refusedWith(Code.BadArgument));
  assert.equal(bench.gate.counters().decisions, 0);
});

Deno.test("an empty batch is no decision", () => {
  using bench = new Bench();
  assert.equal(bench.gate.submit(new Uint8Array(0), 0, new Uint8Array(0)), 0);
  assert.ok(bench.gate.applyExecutions(new Uint8Array(0), 0));
  assert.equal(bench.gate.counters().decisions, 0);
});

Deno.test("what does not fit in an engine's buffers waits and is drained in order", () => {
  using engine = MatchingEngine.create([0]);
  const commands = new Uint8Array(10 * OrderCommandView.SIZE);
  const command = new OrderCommandView(commands);
  for (let i = 0; i < 10; i++) {
    writeOrder(command.at(i), 2 * (i + 1));
    command.price = 100 + i;
  }
  const executions = new Uint8Array(3 * ExecutionView.SIZE + 10);
  const ticks = new Uint8Array(2 * MarketTickView.SIZE);
  const view = new ExecutionView(executions);
  const sequences: number[] = [];
  let seenTicks = 0;
  let counts = engine.submit(commands, 10, executions, ticks);
  assert.equal(counts.executions, 3);
  for (;;) {
    for (let i = 0; i < counts.executions; i++) sequences.push(view.at(i).venueSequence);
    seenTicks += counts.ticks;
    if (counts.waitingExecutions + counts.waitingTicks === 0) break;
    counts = engine.drain(executions, ticks);
  }
  assert.deepEqual(sequences, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assert.equal(seenTicks, 10);
  assert.equal(engine.openOrders, 10);
});

Deno.test("views that begin anywhere, and shared memory, are as good as any", () => {
  using bench = new Bench();
  bench.order(0);
  const odd = new Uint8Array(new ArrayBuffer(3 + 64), 3);
  odd.set(bench.commands.subarray(0, 64));
  assert.equal(bench.gate.submit(odd, 1, bench.decisions), 1);

  const shared = new Uint8Array(new SharedArrayBuffer(64));
  const decisions = new Uint8Array(new SharedArrayBuffer(64));
  bench.order(0);
  shared.set(bench.commands.subarray(0, 64));
  assert.equal(bench.gate.submit(shared, 1, decisions), 1);
  bench.decisions.set(decisions);
  assert.equal(bench.decision.at(0).orderId, 2);
});

Deno.test("times and prices that are not whole numbers are refused by name", () => {
  using bench = new Bench();
  for (const wrong of [0.5, NaN, Infinity, 2 ** 53 + 2]) {
    assert.throws(() => bench.gate.setReference(0, wrong, 1, 1, 0), /bid .* is not a whole number/);
    assert.throws(() => bench.audit.append(1, wrong, new Uint8Array(1)), /time .* is not a whole number/);
  }
  assert.throws(() => bench.gate.setReference(500, 1, 1, 1, 0), refusedWith(Code.BadArgument));
  assert.throws(() => bench.audit.append(70_000, 0, new Uint8Array(1)), /record type 70000/);
});
