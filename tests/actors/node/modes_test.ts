import assert from "node:assert/strict";
import { marketWatch } from "../../../actors/guardians/market_watch.ts";
import { MarketBoard } from "../../../actors/guardians/market_board.ts";
import { modeController } from "../../../actors/guardians/mode_controller.ts";
import { bookkeeper } from "../../../actors/node/bookkeeper.ts";
import { Curve } from "../../../actors/node/curve.ts";
import { drawdownRule } from "../../../actors/node/drawdown.ts";
import { ModeKeeper } from "../../../actors/node/mode_keeper.ts";
import { GuardianBooks } from "../../../actors/guardians/books.ts";
import { BUY, MODE } from "../../../actors/protocol/mod.ts";
import { AuditLog, ControlPage } from "../../../ffi/mod.ts";
import { type ActorRef, ActorSystem, MICROS_PER_MS, MICROS_PER_SECOND } from "../../../runtime/mod.ts";
import { supervise, type SupervisorMessage, worker } from "../../../supervision/mod.ts";
import { ALPHA, START } from "../guardians/rig.ts";

const STALE_MS = 1_000;
const RECOVER = 5 * MICROS_PER_SECOND;

class Node implements Disposable {
  readonly audit = AuditLog.memory();
  readonly control = ControlPage.memory();
  readonly books = new GuardianBooks([ALPHA]);
  readonly system = new ActorSystem({ seed: 1, start: START, speed: "max" });
  requests = 0;
  readonly keeper = new ModeKeeper({
    recoverAfter: RECOVER,
    control: this.control,
    audit: this.audit,
    wallNanos: () => 1,
    onRequest: () => this.requests++,
    onChange: () => void this.system.registry.find(MODE)?.tell({ kind: "ModeChanged" }),
  });

  readonly isActive = (id: string): boolean => this.keeper.concerns().some((concern) => concern.id === id);

  constructor() {
    supervise(this.system, "node", {
      id: "node",
      strategy: "one_for_one",
      intensity: 10,
      children: [
        worker("mode", modeController, { keeper: this.keeper, recoverAfter: RECOVER }),
        worker("watch", marketWatch, {
          board: this.books.board,
          staleMs: STALE_MS,
          isActive: this.isActive,
          asked: () => [],
          tellPhase: () => {},
        }),
        worker("bookkeeper", bookkeeper, {
          books: this.books,
          curves: new Map([[1, new Curve()]]),
          drawdown: drawdownRule({ capital: "1000", enterDrawdown: 0.1, calmSeconds: 3 }, MICROS_PER_SECOND),
          every: MICROS_PER_SECOND,
          funded: () => [],
          tellProfit: () => {},
          look: () => {},
          noteMarks: () => {},
          watchLimits: () => {},
          isActive: this.isActive,
        }),
      ],
    });
  }

  /** The market speaks every 100 ms for `millis`; silence when `speaking` is false. */
  async pass(millis: number, speaking: boolean): Promise<void> {
    for (let i = 0; i < millis / 100; i++) {
      if (speaking) this.speak();
      await this.system.run({ until: this.system.clock.now() + 100 * MICROS_PER_MS });
    }
  }

  speak(): void {
    const time = this.system.clock.now();
    this.books.board.apply({ kind: "TradePrint", instrument: 0, price: 10_000, quantity: 1, aggressor: BUY, time });
  }

  [Symbol.dispose](): void {
    this.control.close();
    this.audit.close();
  }
}

Deno.test("a silent market puts the node into SafeMode, where only reducing passes, and speech brings it back in time", async () => {
  using node = new Node();
  await node.pass(3_000, true);
  assert.equal(node.keeper.mode, "FullPerformance");
  assert.equal(node.control.effective(1, 0), 0);
  await node.pass(1_500, false);
  assert.equal(node.keeper.mode, "SafeMode");
  assert.equal(node.control.effective(1, 0), 1);
  assert.match(node.keeper.concerns()[0].detail, /^ALPHA: no data for \d+ ms$/);
  // It speaks again: the mode waits for quiet before it returns.
  await node.pass(4_000, true);
  assert.equal(node.keeper.mode, "SafeMode");
  await node.pass(2_500, true);
  assert.equal(node.keeper.mode, "FullPerformance");
  assert.equal(node.control.effective(1, 0), 0);
  assert.equal(node.audit.head().records, 2);
});

Deno.test("a concern ends although its reporter crashed since, and although its end was lost with the controller", async () => {
  using node = new Node();
  await node.pass(1_000, true);
  node.books.portfolio.trade(1, 0, BUY, 10_000, 100, true);
  node.books.portfolio.mark(0, 9_850);
  await node.pass(2_000, false);
  assert.deepEqual(node.keeper.concerns().map(({ id }) => id).sort(), ["portfolio-drawdown", "stale-market:ALPHA"]);
  for (const path of ["/node/watch", "/node/bookkeeper"]) {
    node.system.crash(node.system.find(path)!, new Error("on purpose"));
  }
  // The first to say so finds nobody.
  node.system.debug.suspend("/node/mode", "test");
  await node.pass(4_500, true);
  assert.equal(node.keeper.concerns().length, 2);
  (node.system.find("/node") as ActorRef<SupervisorMessage>).tell({ kind: "TerminateChild", id: "mode" });
  await node.pass(100, true);
  (node.system.find("/node") as ActorRef<SupervisorMessage>).tell({ kind: "RestartChild", id: "mode" });
  await node.pass(2_000, true);
  assert.deepEqual(node.keeper.concerns(), []);
  await node.pass(6_000, true);
  assert.equal(node.keeper.mode, "FullPerformance");
});

Deno.test("a feed that resyncs or was declared stale counts as silent, one that ended does not", async () => {
  using node = new Node();
  const status = (status: "live" | "resyncing" | "ended") =>
    node.books.board.setStatus({ kind: "MarketStatus", instrument: 0, status, detail: status, time: START });
  await node.pass(1_000, true);
  status("resyncing");
  await node.pass(500, true);
  assert.equal(node.keeper.mode, "SafeMode");
  status("live");
  await node.pass(7_000, true);
  assert.equal(node.keeper.mode, "FullPerformance");
  status("ended");
  await node.pass(5_000, false);
  assert.equal(node.keeper.mode, "FullPerformance");
});

Deno.test("an emergency kills the firm until somebody re-arms, and then passes through SafeMode", async () => {
  using node = new Node();
  await node.pass(500, true);
  const failure = { id: "audit-failure", active: true, demands: "EmergencyShutdown", detail: "disk full" } as const;
  node.keeper.report(failure, node.system.clock.now());
  assert.equal(node.keeper.mode, "EmergencyShutdown");
  assert.equal(node.control.scope(0), 3);
  assert.equal(node.requests, 1);
  node.keeper.report({ ...failure, active: false }, node.system.clock.now());
  await node.pass(10_000, true);
  assert.equal(node.keeper.mode, "EmergencyShutdown");
  node.keeper.rearm(node.system.clock.now());
  assert.equal(node.keeper.mode, "SafeMode");
  await node.pass(6_000, true);
  assert.equal(node.keeper.mode, "FullPerformance");
});

Deno.test("a loss of the whole portfolio past its limit makes the node reduce only, until it has been calm", async () => {
  using node = new Node();
  await node.pass(1_000, true);
  // 1000 in capital, 10 % allowed: bought 100 at 100.00, marked at 98.50, loses 150.
  node.books.portfolio.trade(1, 0, BUY, 10_000, 100, true);
  node.books.portfolio.mark(0, 9_850);
  await node.pass(1_500, true);
  assert.equal(node.keeper.mode, "SafeMode");
  assert.match(node.keeper.concerns()[0].detail, /lost 1\d\.\d\d % from its peak/);
  await node.pass(12_000, true);
  assert.equal(node.keeper.mode, "FullPerformance");
});

Deno.test("the board takes the last of bid, ask and trade, and marks in the middle", () => {
  const board = new MarketBoard([ALPHA]);
  assert.equal(MarketBoard.mark(board.rows[0]), 0);
  board.apply({ kind: "TradePrint", instrument: 0, price: 10_003, quantity: 2, aggressor: BUY, time: 1 });
  assert.equal(MarketBoard.mark(board.rows[0]), 10_003);
  board.apply({ kind: "BookTop", instrument: 0, bid: 9_999, bidQuantity: 1, ask: 10_002, askQuantity: 1, time: 2 });
  assert.equal(MarketBoard.mark(board.rows[0]), 10_000.5);
  assert.deepEqual([board.rows[0].trades, board.rows[0].volume, board.rows[0].updated], [1, 2, 2]);
});
