/**
 * A small trading node in memory, for tests of the console: a `NodeView` whose every figure follows from `tick()`.
 *
 * It is no simulation of a market. It exists so that a test knows exactly what the console must show.
 */
import { RearmDesk } from "../../../actors/controls/mod.ts";
import { memoryFile } from "../../../actors/node/rearm.ts";
import type { CrashRecord } from "../../../runtime/mod.ts";
import {
  type ActorView,
  type CrashDecision,
  type CrashView,
  type Depth,
  type InstrumentView,
  type KillReport,
  type NodeSnapshot,
  type NodeView,
  type OrderView,
  type OrganismView,
  type ScopeStateName,
  summaryOf,
} from "../../../actors/protocol/mod.ts";

const START = Date.UTC(2024, 7, 8, 9, 30) * 1000;
const SYMBOLS = ["ALPHA", "BETA", "GAMMA"] as const;
const ORGANISMS = ["anglerfish", "platypus", "tardigrade"] as const;
const LATENCIES = [3, 4, 4, 5, 5, 5, 6, 7, 9, 14, 31, 210] as const;

export interface ModelNode extends NodeView {
  /** Moves the model on by one step of 100 ms of its own time, and reports the change. */
  tick(steps?: number): void;
  /** Reports a change without moving on. */
  touch(): void;
  /** What kill and rearm were called with. */
  readonly commands: {
    readonly verb: "kill" | "rearm";
    readonly scope: string;
    readonly reason: string;
    readonly who: string;
  }[];
  /** How often `snapshot` was asked for. */
  readonly snapshots: number;
  /** Makes the next snapshots throw. */
  broken: string | null;
  /** The first organism's actor crashes in a message of the market, and is restarted unless `decision` says otherwise. */
  crash(detail: string, decision?: CrashDecision): void;
  crashRecord: NodeView["crashRecord"];
  /** Says that something about the controls changed. */
  controlsChanged(): void;
  /** What is decided about the latest crash after all. */
  decide(decision: CrashDecision): void;
  readonly listeners: number;
}

export interface ModelOptions {
  /** Extra leaf actors. */
  readonly extraActors?: number;
  readonly empty?: boolean;
}

export function createModelNode({ extraActors = 0, empty = false }: ModelOptions = {}): ModelNode {
  const random = generator(7);
  const listeners = new Set<() => void>();
  const scopes = new Map<string, ScopeStateName>(
    ["firm", ...ORGANISMS.map((id) => `organism:${id}`), ...SYMBOLS.map((symbol) => `instrument:${symbol}`)]
      .map((name) => [name, "ACTIVE"]),
  );
  const mids = SYMBOLS.map((_, i) => [10_000, 250_000, 4_400][i]);
  const lasts = SYMBOLS.map(() => 0);
  const trades = SYMBOLS.map(() => 0);
  const books = ORGANISMS.map(() => ({ realised: 0, unrealised: 0, fees: 0, curve: [] as [number, number][] }));
  const positions = ORGANISMS.map(() => [0, 0, 0]);
  const rejected: Record<string, number> = {};
  const orders: OrderView[] = [];
  const latency = new Map<number, number>();
  const commands: ModelNode["commands"] = [];
  let accepted = 0;
  let steps = 0;
  let snapshots = 0;
  let restarts = 0;
  let lastExit: string | null = null;
  const crashes: CrashView[] = [];
  let changes = 0;
  let controlChanges = 0;
  let epoch = 0;
  let lastKill: KillReport | null = null;
  const names = () => [...scopes.keys()];
  const desk = new RearmDesk({
    file: memoryFile(),
    page: {
      slot(scope) {
        if (!scopes.has(scope)) throw new Error(`unknown scope ${scope}`);
        return names().indexOf(scope);
      },
      state: (slot) => scopes.get(names()[slot])!,
      newest: () => ({ epoch, at: 0 }),
      store: (slot, to) => (scopes.set(names()[slot], to), ++epoch),
      tighten: (slot, to) => void scopes.set(names()[slot], to),
    },
    wall: () => START / 1000,
    record: () => true,
  });
  const killed = (name: string) => scopes.get("firm") === "KILLED" || scopes.get(name) === "KILLED";

  const order = (step: number): void => {
    const o = step % ORGANISMS.length;
    const i = (step >> 3) % SYMBOLS.length;
    const side = random() < 0.5 ? "buy" : "sell";
    const blocked = killed(`organism:${ORGANISMS[o]}`) || killed(`instrument:${SYMBOLS[i]}`);
    const collar = step % 11 === 0;
    const code = blocked ? 1101 : collar ? 1303 : 0;
    const codeName = blocked ? "Killed" : collar ? "PriceCollar" : "";
    const status = code !== 0 ? "rejected" : step % 4 === 0 ? "filled" : step % 5 === 0 ? "open" : "canceled";
    const quantity = 1 + Math.floor(random() * 40);
    if (code !== 0) rejected[codeName] = (rejected[codeName] ?? 0) + 1;
    else accepted++;
    if (status === "filled") fill(o, i, side === "buy" ? quantity : -quantity);
    orders.unshift({
      orderId: step + 1,
      organism: ORGANISMS[o],
      instrument: SYMBOLS[i],
      side,
      type: "limit",
      tif: step % 7 === 0 ? "IOC" : "GTC",
      price: mids[i] + (side === "buy" ? -1 : 1) * (1 + (step % 4)),
      quantity,
      filled: status === "filled" ? quantity : 0,
      status,
      code,
      codeName,
      reason: blocked
        ? "the firm, strategy or instrument is killed: re-arm it before sending orders"
        : collar
        ? "the price is too far through the reference price"
        : "",
      time: START + steps * 100_000,
    });
    if (orders.length > 500) orders.length = 500;
    const micros = LATENCIES[step % LATENCIES.length];
    const upper = 2 ** Math.ceil(Math.log2(micros));
    latency.set(upper, (latency.get(upper) ?? 0) + 1);
  };
  const fill = (o: number, i: number, quantity: number): void => {
    positions[o][i] += quantity;
    lasts[i] = mids[i];
    trades[i]++;
    books[o].realised += Math.round((random() - 0.48) * 4e8);
    books[o].fees += 1_250_000 * Math.abs(quantity);
  };
  const step = (): void => {
    steps++;
    for (const i of SYMBOLS.keys()) mids[i] += Math.round((random() - 0.5) * 6);
    order(steps);
    for (const [o, book] of books.entries()) {
      book.unrealised = Math.round(positions[o].reduce((sum, q, i) => sum + q * (mids[i] - lasts[i]), 0) * 1e5);
      book.curve.push([START + steps * 100_000, book.realised + book.unrealised - book.fees]);
      if (book.curve.length > 600) book.curve.splice(0, book.curve.length - 600);
    }
  };
  const changed = (): void => {
    for (const listener of [...listeners]) listener();
  };

  const depthOf = (i: number): Depth => ({
    instrument: i,
    time: START + steps * 100_000,
    bids: steps === 0 ? [] : levels(mids[i] - 1, -1, steps + i),
    asks: steps === 0 ? [] : levels(mids[i] + 1, 1, steps + i + 3),
  });
  const instruments = (): InstrumentView[] =>
    SYMBOLS.map((symbol, i) => ({
      id: i,
      symbol,
      currency: "USD",
      tick: ["0.01", "0.1", "0.005"][i],
      lot: ["1", "0.001", "10"][i],
      last: lasts[i],
      depth: depthOf(i),
      trades: trades[i],
      volume: trades[i] * 17,
      status: i === 2 && steps % 90 > 80 ? "resyncing" : "live",
    }));
  const organisms = (): OrganismView[] =>
    ORGANISMS.map((id, o) => ({
      id,
      species: id,
      strategy: o + 1,
      state: scopes.get(`organism:${id}`) ?? "ACTIVE",
      realised: books[o].realised,
      unrealised: books[o].unrealised,
      fees: books[o].fees,
      curve: [...books[o].curve],
      positions: SYMBOLS.flatMap((instrument, i) =>
        positions[o][i] === 0 ? [] : [{ instrument, quantity: positions[o][i], averagePrice: lasts[i] + 0.25 }]
      ),
      openOrders: orders.filter((known) => known.organism === id && known.status === "open").length,
      inspect: {
        ticks: steps,
        skew: 0.125 * (o + 1),
        regime: "calm",
        window: [steps, steps + 10],
        limits: { lots: 100 },
      },
    }));

  return {
    commands,
    broken: null,
    get snapshots() {
      return snapshots;
    },
    get listeners() {
      return listeners.size;
    },
    tick(count = 1) {
      for (let n = 0; n < count; n++) step();
      changed();
    },
    touch: changed,
    crash(detail, decision) {
      restarts++;
      lastExit = detail;
      const time = START + steps * 100_000;
      const restarted: CrashDecision = {
        kind: "restarted",
        time: time + 12_500,
        detail: `restarted after 12.5 ms, life ${restarts + 1}`,
      };
      const record = crashRecord(crashes.length + 1, time, detail, restarts - 1);
      const made = decision ?? restarted;
      crashes.push({ ...summaryOf(record, made), record, auditIndex: 2 * steps, wall: "2026-01-05T08:00:12.345Z" });
      changes++;
      changed();
    },
    controlsChanged() {
      controlChanges++;
      changed();
    },
    decide(decision) {
      crashes.push({ ...crashes.pop()!, decision });
      changes++;
      changed();
    },
    snapshot(): NodeSnapshot {
      snapshots++;
      if (this.broken !== null) throw new Error(this.broken);
      const firmKilled = scopes.get("firm") === "KILLED";
      const gateDecisions = accepted + Object.values(rejected).reduce((a, b) => a + b, 0);
      return {
        version: "0.1.0-model",
        seed: 7,
        feed: "simulated",
        speed: 1,
        startedWall: "2026-01-05T08:00:00.000Z",
        uptimeSeconds: steps / 10,
        time: START + steps * 100_000,
        mode: firmKilled ? "EmergencyShutdown" : steps % 90 > 80 ? "SafeMode" : "FullPerformance",
        concerns: steps % 90 > 80
          ? [{ id: "stale-market:GAMMA", detail: "no book of GAMMA for 2 s", demands: "SafeMode" }]
          : [],
        breakers: [{
          ...{ name: "venue", state: "closed", reason: "nothing has failed" },
          ...{ opened: 0, refused: 0, opensUntil: null },
        }],
        scopes: [...scopes].map(([name, state]) => ({ name, state })),
        actors: empty ? [] : actorViews(steps, restarts, lastExit, extraActors),
        instruments: empty ? [] : instruments(),
        organisms: empty ? [] : organisms(),
        gate: { decisions: gateDecisions, accepted, rejected: { ...rejected } },
        latency: {
          count: steps,
          p50Micros: steps === 0 ? 0 : 5,
          p99Micros: steps === 0 ? 0 : 210,
          p9999Micros: steps === 0 ? 0 : 210,
          maxMicros: steps === 0 ? 0 : 210,
          buckets: [...latency].sort((a, b) => a[0] - b[0]),
        },
        audit: {
          records: 2 * steps,
          durable: 2 * steps - (steps % 3),
          root: "9f2c41d07be35a8866f0c1de2b7745a19f2c41d07be35a8866f0c1de2b7745a1",
          chain: "41d07be35a8866f0c1de2b7745a19f2c41d07be35a8866f0c1de2b7745a19f2c",
          durability: "batch",
          sinks: [],
          attestations: [],
        },
        messages: {
          enqueued: 12 * steps + 4,
          handled: 12 * steps,
          rejected: 0,
          dropped: 0,
          expired: 0,
          dead: restarts,
          inFlight: 4 - restarts,
          unexplained: 0,
        },
        crashes: { total: crashes.length, changes },
        controls: { changes: controlChanges },
        lastKill,
      };
    },
    crashes: (limit) => crashes.slice(-limit).reverse().map(({ record, decision }) => summaryOf(record, decision)),
    crashRecord: (id) => crashes.find((one) => one.id === id) ?? null,
    orders({ limit, organism, status }) {
      return orders
        .filter((known) =>
          (organism === undefined || known.organism === organism) && (status === undefined || known.status === status)
        )
        .slice(0, limit);
    },
    kill(scope, reason, who, state = "KILLED") {
      commands.push({ verb: "kill", scope, reason, who });
      if (!scopes.has(scope)) return Promise.reject(new Error(`unknown scope ${scope}`));
      const resting = (known: OrderView) =>
        known.status === "open" &&
        (scope === "firm" || scope === `organism:${known.organism}` || scope === `instrument:${known.instrument}`);
      const cancelled = orders.filter(resting).length;
      for (const [at, known] of orders.entries()) if (resting(known)) orders[at] = { ...known, status: "canceled" };
      scopes.set(scope, state);
      lastKill = {
        scope,
        state,
        epoch: ++epoch,
        cancelled,
        unknown: 0,
        gateShutNanos: 12_400,
        confirmedNanos: 3_210_000,
        gateSequence: accepted,
      };
      changed();
      return Promise.resolve(lastKill);
    },
    rearm: {
      view: () => desk.view(),
      request(by, command, from) {
        const { scope = "", reason = "" } = command as { scope?: string; reason?: string };
        commands.push({ verb: "rearm", scope, reason, who: `${by.id}@${from}` });
        return Promise.try(() => desk.carryOut(by, command, from)).finally(changed);
      },
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function levels(best: number, direction: number, salt: number): (readonly [number, number])[] {
  return Array.from(
    { length: 12 },
    (_, n) => [best + direction * n, 5 + ((salt * 7 + n * 13) % 23) * (1 + n)] as const,
  );
}

function actorViews(steps: number, restarts: number, lastExit: string | null, extra: number): ActorView[] {
  const actor = (
    path: string,
    type: string,
    parent: string | null,
    mailbox: number,
    more: Partial<ActorView> = {},
  ) => ({
    path,
    type,
    parent,
    state: "running" as const,
    strategy: null,
    mailbox,
    mailboxCapacity: 1024,
    handled: steps * 3,
    restarts: 0,
    lastExit: null,
    ...more,
  });
  const supervisor = { strategy: "one_for_one" };
  return [
    actor("/node", "supervisor", null, 0, { strategy: "rest_for_one" }),
    actor("/node/market", "supervisor", "/node", 0, supervisor),
    actor("/node/market/flow", "simulated-market", "/node/market", steps % 40),
    actor("/node/market/venue", "simulated-exchange", "/node/market", (steps * 7) % 160, { state: "busy" }),
    actor("/node/guardian", "guardian", "/node", (steps * 13) % 300),
    actor("/node/mode", "mode-controller", "/node", 0),
    actor("/node/organisms", "supervisor", "/node", 0, supervisor),
    ...ORGANISMS.map((id, o) =>
      actor(
        `/node/organisms/${id}`,
        "organism-host",
        "/node/organisms",
        (steps * (o + 3)) % 90,
        o === 0 ? { restarts, lastExit } : {},
      )
    ),
    ...Array.from(
      { length: extra },
      (_, n) => actor(`/node/extra-${String(n).padStart(5, "0")}`, "extra", "/node", n % 50),
    ),
  ];
}

/** A crash of the first organism's actor in a message that the market's step began. */
function crashRecord(id: number, time: number, reason: string, incarnation: number): CrashRecord {
  const path = `/node/organisms/${ORGANISMS[0]}`;
  const traced = (message: number, kind: string, cause: number, sender: string | null, receiver: string) => ({
    id: message,
    message: kind,
    cause,
    root: 4_700,
    sender,
    receiver,
    waiting: false,
  });
  const why = [
    traced(4_711, "MarketData", 4_705, "/node/market/venue", path),
    traced(4_705, "FlowBatch", 4_700, "/node/market/flow", "/node/market/venue"),
    traced(4_700, "Step", 0, "/node/market/flow", "/node/market/flow"),
  ];
  const state = (position: number, quote: number) => ({
    species: ORGANISMS[0],
    positions: [position, 0, 0],
    quote: { bid: quote, ask: quote + 4 },
    notes: [],
  });
  return {
    id,
    time,
    path,
    type: "organism-host",
    incarnation,
    reason,
    causes: [reason, "RangeError: tick below one"],
    stack: `${reason}\n    at Quoter.quote (actors/organisms/anglerfish.ts:230:11)\n` +
      "    at Host.receive (actors/organisms/host.ts:112:47)",
    nativeCall: "cwts_gate_exposure",
    message: why[0],
    content: { kind: "MarketData", events: [{ kind: "BookTop", bid: 9_998, ask: 10_002 }] },
    why,
    latest: [traced(4_690, "MarketData", 4_688, "/node/market/venue", path), why[0]],
    mailbox: { waiting: 3, stashed: 1, kinds: { MarketData: 2, ExecutionReport: 1 } },
    timers: [{ key: "quote", due: time + 25_000 }],
    awaited: [],
    watchers: ["/node/guardian"],
    children: [],
    names: [],
    supervision: {
      supervisor: "/node/organisms",
      strategy: "one_for_one",
      child: {
        id: ORGANISMS[0],
        kind: "worker",
        restart: "permanent",
        shutdown: 5_000,
        backoff: { initialMs: 10, maxMs: 1_000, factor: 2, jitter: 0.1, resetAfterMs: 5_000 },
        mailboxOnRestart: "keep",
        failures: incarnation,
      },
      own: null,
      budget: { intensity: 20, periodMs: 10_000, left: Math.max(0, 20 - incarnation), onGiveUp: "safe-mode" },
    },
    state: state(-5, 10_004),
    stateBefore: state(0, 10_000),
    facts: { version: "0.1.0-model", build: "model", config: "0123456789abcdef", feed: "simulated" },
    replay: { seed: 7, start: START, message: 4_711, position: { auditRecords: 40, marketEvents: 900 } },
  };
}

/** mulberry32: enough chance for made-up figures, the same every time. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
