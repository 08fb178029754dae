/**
 * The kill switch.
 *
 *     deno task bench kill [--json] [--only NAME,…]
 *
 * - `gate-shut`: from before a kill is asked for to its word being stored, the moment from which no decision accepts: on a
 *   mapped page of the same process (`in-process`), and by another process than the one that decides as fast as it can
 *   (`other-process`; `gate_answered_…` is until that gate has refused its first order). `accepted_after` counts orders
 *   accepted after the decision the kill was answered with, over `kills` kills at random moments in random scopes: 0, or
 *   the promise is broken and the measurement fails.
 * - `cancel-in-core`: 10 000 resting orders cancelled in one native call: through the gate, matched, each on record, booked;
 *   `books-alone`: the same in the matching books, without gate and log.
 * - `cancel-stages`: the same work in native code alone, and each part of it alone: `whole`, `whole-without-log`, `books`,
 *   `gate` (release of what the orders held), `log`, `gate-and-log`; `sha-256` and `copy` are what cannot be saved: hashing
 *   as many records and tree nodes on one thread, and moving as many bytes.
 * - `node-first-cancel`, `node-issued`, `node-confirmed`: a kill of the firm through the node's own path with 10 000 orders
 *   resting and another strategy sending without a pause: to the first mass cancel, to the last, and to the confirmation.
 * - `restriction`: an instrument put on the restricted list of a whole node at full speed, through the limits desk: to the
 *   answer, from which the gate goes by it (`in-force`), and to the first order that was refused for it (`first-refusal`).
 *   `passed_after` counts orders decided on after the answer that passed: 0, or the measurement fails.
 * - `dead-man`: a whole node stands still, and `watchdog` beside it kills the firm; `over_3s` counts those that took longer
 *   than is promised: 0 on a machine that has a processor for the watchdog.
 * - `other-node`: a kill on node A until the gate of node B is shut, over one broker each (`memory`, `redis`, `nats`, `kafka`),
 *   over two (`redis+nats`), and with one of the two a black hole for B (`redis+nats, redis cut`). A broker whose server is
 *   not on the machine is absent.
 *
 * `vm_hiccup_…` is what the machine did to a thread that only read the clock, right before.
 */
import { ensureCore } from "../ffi/build.ts";
import { FIRM_SCOPE, ScopeState } from "../ffi/layout.gen.ts";
import { ControlPage } from "../ffi/mod.ts";
import { type Case, hiccup, Report, spread, tail } from "./harness.ts";
import { missing } from "../tests/services/needs.ts";
import { clusterKill } from "./kill/cluster.ts";
import { deadMan } from "./kill/dead_man.ts";
import { nodeKill } from "./kill/node_path.ts";
import { randomKills } from "./kill/random_kills.ts";
import { restrictUnderLoad } from "./kill/restriction.ts";
import { Shop } from "./kill/shop.ts";
import type { Narrowing } from "./main.ts";
import { ensureNativeBench, native } from "./native/build.ts";

export const options = ["only"];

/** How much is measured. */
export interface Plan {
  readonly stores: number;
  readonly kills: number;
  readonly resting: number;
  readonly runs: number;
  /** Changes of the restricted list. */
  readonly changes: number;
  /** Nodes that are made to stand still. */
  readonly stops: number;
  /** Kills of another node, for each way there. */
  readonly calls: number;
}

/** From a node that stands still to a firm that is killed. */
const PROMISED_NANOS = 3e9;
const FULL: Plan = { stores: 20_000, kills: 2_000, resting: 10_000, runs: 11, changes: 50, stops: 5, calls: 200 };

export async function run(json: boolean, { only }: Narrowing = {}): Promise<void> {
  ensureCore();
  await kill(new Report("kill", json), FULL, only?.split(","));
}

/** Measures what the plan says. Throws when an order was accepted after a kill, or one was not cancelled. */
export async function kill(report: Report, plan: Plan, only?: readonly string[]): Promise<void> {
  const wanted = (name: string) => only === undefined || only.includes(name);
  if (wanted("gate-shut")) {
    await inProcess(report, plan);
    await otherProcess(report, plan);
  }
  if (wanted("cancel-in-core")) inCore(report, plan);
  if (wanted("cancel-stages")) await stages(report, plan);
  if (wanted("node")) await throughNode(report, plan);
  if (wanted("restriction")) await restriction(report, plan);
  if (wanted("dead-man")) {
    const baseline = machine();
    const samples: number[] = [];
    for (let run = 0; run < plan.stops; run++) samples.push(await deadMan());
    const over_3s = samples.filter((nanos) => nanos > PROMISED_NANOS).length;
    add(report, "dead-man", "watchdog", samples, { stops: plan.stops, over_3s, ...baseline });
  }
  if (wanted("other-node")) await otherNode(report, plan);
  report.end();
}

const WAYS = [
  { engine: "memory", kinds: ["memory"], cut: null },
  { engine: "redis", kinds: ["redis"], cut: null },
  { engine: "nats", kinds: ["nats"], cut: null },
  { engine: "kafka", kinds: ["kafka"], cut: null },
  { engine: "redis+nats", kinds: ["redis", "nats"], cut: null },
  { engine: "redis+nats, redis cut", kinds: ["redis", "nats"], cut: "redis" },
] as const;

async function otherNode(report: Report, { calls }: Plan): Promise<void> {
  for (const { engine, kinds, cut } of WAYS) {
    const absent = kinds.flatMap((kind) => missing(kind));
    if (absent.length > 0) {
      report.absent("other-node", engine, `needs ${absent.join(", ")}`);
      continue;
    }
    const baseline = machine();
    add(report, "other-node", engine, await clusterKill(kinds, calls, cut), { kills: calls, ...baseline });
  }
}

function machine() {
  const { p9999_ns, max_ns } = hiccup(300);
  return { vm_hiccup_p9999_ns: p9999_ns, vm_hiccup_max_ns: max_ns };
}

function add(report: Report, name: string, engine: string, samples: readonly number[], more: Record<string, number>) {
  const whole = samples.map(Math.round);
  report.add({ case: name, engine, unit: "ns", ...spread(whole), ...tail(whole), ...more } as Case);
}

async function inProcess(report: Report, { stores }: Plan): Promise<void> {
  const baseline = machine();
  const directory = await Deno.makeTempDir({ prefix: "cwts-bench-" });
  try {
    using page = ControlPage.open(directory);
    const samples: number[] = [];
    for (let i = 0; i < stores; i++) {
      page.request(FIRM_SCOPE, ScopeState.Active, "bench", "bench", 1);
      const before = performance.now();
      page.tighten(FIRM_SCOPE, ScopeState.Killed, "bench", "bench", 1);
      samples.push((performance.now() - before) * 1e6);
    }
    add(report, "gate-shut", "in-process", samples, baseline);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function otherProcess(report: Report, { kills }: Plan): Promise<void> {
  const baseline = machine();
  report.note(`${kills} kills of another process at random moments`);
  const { shut, seen, late, judged, decisions, accepted } = await randomKills(kills, 1);
  const { p50_ns, p99_ns } = tail(seen);
  add(report, "gate-shut", "other-process", shut, {
    gate_answered_p50_ns: p50_ns,
    gate_answered_p99_ns: p99_ns,
    kills,
    decisions,
    accepted,
    decisions_while_killed: judged,
    accepted_after: late,
    ...baseline,
  });
  if (late > 0) throw new Error(`${late} orders were accepted after the decision a kill was answered with`);
}

function inCore(report: Report, { resting, runs }: Plan): void {
  const baseline = machine();
  using page = ControlPage.memory();
  using shop = new Shop(page);
  const samples: number[] = [];
  const alone: number[] = [];
  let records = Infinity;
  for (let run = -1; run < runs; run++) {
    for (const [times, cancel] of [[samples, () => shop.massCancel()], [alone, () => shop.cancelInBooks()]] as const) {
      page.request(FIRM_SCOPE, ScopeState.Active, "bench", "bench", 1);
      shop.rest(resting);
      const before = shop.audit.head().records;
      page.tighten(FIRM_SCOPE, ScopeState.Killed, "bench", "bench", 1);
      const started = performance.now();
      const cancelled = cancel();
      const nanos = (performance.now() - started) * 1e6;
      if (times === alone) shop.bookCancels(cancelled);
      else records = Math.min(records, shop.audit.head().records - before);
      if (cancelled !== resting || shop.gate.counters().openOrders !== 0) throw new Error("an order was left open");
      if (run >= 0) times.push(nanos);
    }
  }
  add(report, "cancel-in-core", "cwts", samples, { orders: resting, records, ...baseline });
  add(report, "cancel-in-core", "books-alone", alone, { orders: resting, records: 0, ...baseline });
}

async function stages(report: Report, { resting, runs }: Plan): Promise<void> {
  ensureNativeBench();
  for (const line of await native("kill-path", `orders=${resting}`, `runs=${10 * runs}`)) {
    const nanos = (line.micros as readonly number[]).map((micros) => micros * 1e3);
    const { vm_hiccup_p9999_ns, vm_hiccup_max_ns } = line as Record<string, number>;
    add(report, "cancel-stages", String(line.engine), nanos, { orders: resting, vm_hiccup_p9999_ns, vm_hiccup_max_ns });
  }
}

async function throughNode(report: Report, { resting, runs }: Plan): Promise<void> {
  const baseline = machine();
  const kills = [];
  for (let run = -1; run < runs; run++) {
    const done = await nodeKill(resting, 20 + 7 * Math.max(0, run));
    if (done.unknown !== 0 || done.cancelled < resting) {
      throw new Error(`${done.cancelled} of ${resting} were cancelled`);
    }
    if (run >= 0) kills.push(done);
  }
  const more = { orders: resting, cancelled: Math.min(...kills.map(({ cancelled }) => cancelled)), ...baseline };
  add(report, "node-first-cancel", "cwts", kills.map(({ first }) => first), more);
  add(report, "node-issued", "cwts", kills.map(({ issued }) => issued), more);
  add(report, "node-confirmed", "cwts", kills.map(({ confirmed }) => confirmed), more);
}

async function restriction(report: Report, { changes }: Plan): Promise<void> {
  const baseline = machine();
  const { answered, refused, decisions, accepted, restricted, passed } = await restrictUnderLoad(changes);
  const more = { changes, decisions, accepted, refused: restricted, passed_after: passed, ...baseline };
  add(report, "restriction", "in-force", answered, more);
  add(report, "restriction", "first-refusal", refused, more);
  if (passed > 0) throw new Error(`${passed} orders in a restricted instrument passed after the change was answered`);
}

if (import.meta.main) await run(Deno.args.includes("--json"));
