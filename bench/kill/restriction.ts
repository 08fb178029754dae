/**
 * A change of the restricted list in a whole node at full speed, the way people make it: through the limits desk, stored, on
 * record, told to the gate, answered. An order that was decided on after the answer and passed breaks the promise.
 */
import { loadConfig } from "../../config/mod.ts";
import { Code } from "../../ffi/layout.gen.ts";
import { AuditLog, ControlPage, OrderGate } from "../../ffi/mod.ts";
import { composeNode } from "../../actors/node/compose.ts";
import { instrumentsOf } from "../../actors/node/instruments.ts";
import { nameScopes, treeOf } from "../../actors/node/scopes.ts";
import { wallNanos } from "../../actors/node/wall.ts";
import { openWorld } from "../../actors/node/worlds/mod.ts";
import {
  ACTIONS,
  BUY,
  GUARDIAN,
  mayAct,
  type Principal,
  type Role,
  type StrategyMessage,
} from "../../actors/protocol/mod.ts";
import { type ActorDef, ActorSystem, MICROS_PER_MS } from "../../runtime/mod.ts";
import { worker } from "../../supervision/mod.ts";

export interface RestrictionTimes {
  /** Nanoseconds from before the request to its answer: the gate goes by the list then. */
  readonly answered: readonly number[];
  /** To the first order that was refused for it. */
  readonly refused: readonly number[];
  /** Decisions of the gate in the run, refusals for the list among them, and orders decided on later that passed. */
  readonly decisions: number;
  readonly accepted: number;
  readonly restricted: number;
  readonly passed: number;
}

/** Orders a millisecond of market time. */
const ORDERS = 8;

/** Sends orders that fill nothing, as fast as the market's time goes. */
const load: ActorDef<StrategyMessage | { readonly kind: "Send" }> = {
  type: "load",
  mailbox: { capacity: 1 << 20 },
  init(context) {
    const gate = context.registry.get(GUARDIAN);
    gate.tell({ kind: "AttachStrategy", strategy: 1, subscriber: context.self as never });
    context.timers.every("send", MICROS_PER_MS, { kind: "Send" });
    return {
      receive(message) {
        if (message.kind !== "Send") return;
        for (let i = 0; i < ORDERS; i++) {
          gate.tell({
            kind: "SubmitOrder",
            orderId: context.nextId(),
            strategy: 1,
            instrument: 0,
            side: BUY,
            orderType: 0,
            tif: 1,
            price: 1,
            quantity: 1,
            postOnly: false,
            reduceOnly: false,
            time: context.clock.now(),
            stamp: context.stopwatch.now(),
            cause: 0,
          });
        }
      },
    };
  },
};

/** Between two changes: the market goes on, and whoever trades asks again. */
const PAUSE_MS = 30;
/** Longest wait for somebody to ask for a restricted instrument. */
const PATIENCE_MS = 5_000;

function person(id: string, role: Role): Principal {
  const actions = ACTIONS.filter((action) => mayAct([role], action));
  return { kind: "person", id, person: id, roles: [role], actions, session: null };
}

const after = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis));

export async function restrictUnderLoad(runs: number): Promise<RestrictionTimes> {
  const { config: usual } = loadConfig({ environment: { CWTS_NODE_SPEED: "max" }, directory: "." });
  const [first] = usual.organisms;
  const limits = { ...first.limits, ratePerSecond: 1_000_000, rateBurst: 1_000_000, duplicateWindowMs: 0 };
  const { triggers } = usual.kill;
  // Refusals without end are what this load is for, and no storm to be stopped.
  const kill = { ...usual.kill, triggers: { ...triggers, rejects: { ...triggers.rejects, state: "off" as const } } };
  const config = { ...usual, kill, organisms: [{ ...first, instruments: [usual.instruments[0].symbol], limits }] };
  const instruments = instrumentsOf(config);
  using audit = AuditLog.memory();
  using control = ControlPage.memory();
  nameScopes(control, treeOf(config, instruments), 1);
  using gate = OrderGate.create({ audit, control });
  const node = composeNode({
    config,
    instruments,
    organisms: [worker("load", load, undefined)],
    world: await openWorld(config),
    audit,
    control,
    gate,
    wall: { nanos: wallNanos, timestamp: () => "", after: () => {} },
    err: () => {},
    system: (options) => new ActorSystem(options),
  });
  const { system, books } = node.parts;
  const [bob, cat] = [person("bob", "risk-officer"), person("cat", "risk-approver")];
  const { symbol, id: instrument } = instruments[0];
  const ref = { scope: "controls.restrictions", limit: `firm/${symbol}`, instrument: null };
  const [answered, refused]: [number[], number[]] = [[], []];
  let passed = 0;
  const restricted = () => gate.counters().rejected[Code.Restricted] ?? 0;
  node.start();
  const running = system.run({});
  try {
    for (let run = 0; run < runs; run++) {
      await after(PAUSE_MS);
      const before = restricted();
      const started = performance.now();
      await node.controls.request(bob, { verb: "tighten", ref, value: '{"sides":"both"}', reason: "bench" }, "bench");
      const done = performance.now();
      const since = system.clock.now();
      while (restricted() === before && performance.now() - done < PATIENCE_MS) await after(0);
      answered.push((done - started) * 1e6);
      refused.push((performance.now() - started) * 1e6);
      if (restricted() === before) throw new Error(`nobody asked for ${symbol} within ${PATIENCE_MS} ms`);
      await after(PAUSE_MS);
      passed += books.orders.newest(
        Infinity,
        (row) =>
          row.instrument === instrument && row.time > since && row.status !== "rejected" && row.status !== "pending",
      ).length;
      const { id } = await node.controls.request(
        bob,
        { verb: "propose", ref, value: null, reason: "bench", expires: null },
        "bench",
      );
      const { digest } = node.controls.view().pending.find((one) => one.id === id)!;
      await node.controls.request(cat, { verb: "approve", id, digest, reason: "bench" }, "bench");
    }
  } finally {
    system.halt();
    await running;
  }
  const { decisions, accepted } = gate.counters();
  const times = { answered, refused, decisions, accepted, restricted: restricted(), passed };
  await node.stop();
  await node.close();
  return times;
}
