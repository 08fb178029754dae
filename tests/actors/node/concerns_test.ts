/** From every kind of concern to what the gate then lets through. */
import assert from "node:assert/strict";
import { ModeKeeper } from "../../../actors/node/mode_keeper.ts";
import { concern, CONCERN_KINDS, CONCERNS } from "../../../actors/protocol/mod.ts";
import { AuditLog, ControlPage } from "../../../ffi/mod.ts";
import { MICROS_PER_SECOND } from "../../../runtime/mod.ts";
import type { ConcernReport } from "../../../supervision/mod.ts";

/** Written a second time, on purpose: a slip in the table must not be copied into its test. */
const EXPECTED: Readonly<Record<string, string>> = {
  "stale-market": "SafeMode",
  "portfolio-drawdown": "SafeMode",
  "gave-up": "SafeMode",
  "halted": "EmergencyShutdown",
  "audit-failure": "EmergencyShutdown",
  "venue-breaker": "SafeMode",
  "store-breaker": "SafeMode",
  "position-mismatch": "SafeMode",
  "order-mismatch": "SafeMode",
  "fill-mismatch": "SafeMode",
  "report-mismatch": "SafeMode",
  "credit-mismatch": "SafeMode",
  "audit-sink": "SafeMode",
  "surveillance-gap": "SafeMode",
  "broker-down": "SafeMode",
  "broker-fallback": "SafeMode",
  "gateway-lease": "SafeMode",
  "cluster-silence": "SafeMode",
  "release-mismatch": "EmergencyShutdown",
};
const RECOVER = 5 * MICROS_PER_SECOND;

function keeper(onConcern: (concern: ConcernReport) => void = () => {}) {
  const [audit, control] = [AuditLog.memory(), ControlPage.memory()];
  const requests = { count: 0 };
  const made = new ModeKeeper({
    recoverAfter: RECOVER,
    control,
    audit,
    wallNanos: () => 1,
    onRequest: () => requests.count++,
    onChange: () => {},
    onConcern,
  });
  return { made, control, requests, [Symbol.dispose]: () => (control.close(), audit.close()) };
}

Deno.test("the table of concerns demands what is expected of each kind, and of no other", () => {
  assert.deepEqual(Object.fromEntries(CONCERN_KINDS.map((kind) => [kind, CONCERNS[kind].demands])), EXPECTED);
});

Deno.test("the documentation has the table of concerns line by line", async () => {
  const page = await Deno.readTextFile(new URL("../../../docs/controls.md", import.meta.url));
  for (const kind of CONCERN_KINDS) {
    const { demands, ends } = CONCERNS[kind];
    const row = page.split("\n").find((line) => line.startsWith(`| \`${kind}\``));
    assert.ok(row !== undefined, `docs/controls.md has no line for ${kind}`);
    const cells = row.split("|").map((cell) => cell.trim());
    assert.deepEqual([cells[3], cells[4]], [demands, ends], kind);
  }
});

for (const kind of Object.keys(EXPECTED) as (keyof typeof CONCERNS)[]) {
  Deno.test(`${kind} takes the node to ${EXPECTED[kind]}, and what ends that is time or a person as the mode says`, () => {
    using node = keeper();
    const { made, control, requests } = node;
    const told = (active: boolean, time: number) =>
      made.report(concern({ kind, subject: "x", active, detail: "told", time }), time);
    told(true, 1);
    assert.equal(made.mode, EXPECTED[kind]);
    const killed = EXPECTED[kind] === "EmergencyShutdown";
    // REDUCE_ONLY or KILLED, as the gate and the venue's door read it.
    assert.equal(control.effective(1, 0), killed ? 3 : 1);
    assert.equal(requests.count, killed ? 1 : 0);
    told(false, 10);
    made.tick(10 + RECOVER - 1);
    assert.equal(made.mode, EXPECTED[kind]);
    made.tick(10 + RECOVER);
    assert.equal(made.mode, killed ? "EmergencyShutdown" : "FullPerformance");
    if (!killed) return;
    made.rearm(20 + RECOVER);
    assert.equal(made.mode, "SafeMode");
    made.tick(20 + 2 * RECOVER);
    assert.equal(made.mode, "FullPerformance");
  });
}

Deno.test("each concern is told once when it arises and once when it ends, however often it is reported", () => {
  const heard: (readonly [string, boolean])[] = [];
  using node = keeper(({ id, active }) => heard.push([id, active]));
  const told = (active: boolean, time: number) =>
    node.made.report(concern({ kind: "venue-breaker", active, detail: "told", time }), time);
  for (const [at, active] of [false, true, true, false, false, true].entries()) told(active, at);
  assert.deepEqual(heard, [["venue-breaker", true], ["venue-breaker", false], ["venue-breaker", true]]);
});

Deno.test("SafeMode waits for the last concern to go, and the time counts from there", () => {
  using node = keeper();
  const { made } = node;
  const told = (kind: keyof typeof CONCERNS, active: boolean, time: number) =>
    made.report(concern({ kind, active, detail: "told", time }), time);
  told("surveillance-gap", true, 1);
  told("venue-breaker", true, 2);
  told("surveillance-gap", false, 3);
  made.tick(3 + 2 * RECOVER);
  assert.equal(made.mode, "SafeMode");
  told("venue-breaker", false, 4 + 2 * RECOVER);
  made.tick(3 + 3 * RECOVER);
  assert.equal(made.mode, "SafeMode");
  made.tick(4 + 3 * RECOVER);
  assert.equal(made.mode, "FullPerformance");
});
