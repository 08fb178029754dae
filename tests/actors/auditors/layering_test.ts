/** Layering: found at its thresholds and not below them, with its evidence, and quiet on those who make a market. */
import assert from "node:assert/strict";
import { type LayeringRule, LayeringWatch, type Pattern } from "../../../actors/auditors/layering.ts";
import { layeringFound } from "../../../actors/auditors/layering_text.ts";
import { surveillance } from "../../../actors/auditors/surveillance.ts";
import { BUY, SELL, type SideCode } from "../../../actors/protocol/mod.ts";
import { loadConfig } from "../../../config/mod.ts";
import { ensureCore } from "../../../ffi/build.ts";
import { sharedData } from "../../data.ts";
import { ALPHA, PRICE, Rig } from "../guardians/rig.ts";
import { records, run, withDirectory } from "../node/run.ts";
import { Flow, other } from "./reports.ts";

ensureCore();

const { enabled: _, ...RULE } = loadConfig({ environment: {}, directory: "." }).config.surveillance.layering;
const DAY_MS = 86_400_000;

interface Watched {
  readonly flow: Flow;
  readonly watch: LayeringWatch;
  /** Each time something was found. */
  readonly found: Pattern[];
  /** Lots that are shown at the five best prices. */
  visible: number;
}

function watching(rule: Partial<LayeringRule> = {}): Watched {
  const it = { visible: 1_000, found: [] as Watched["found"] };
  const watch = new LayeringWatch({
    rule: { ...RULE, ...rule },
    ownerOf: (strategy) => strategy === 3 ? "side" : "main",
    visible: () => it.visible,
    found: (pattern) => it.found.push(pattern),
  });
  return Object.assign(it, { watch, flow: new Flow((view, count) => watch.take(view, count)) }) as Watched;
}

interface Layers {
  readonly side?: SideCode;
  readonly prices?: number;
  /** At each price. */
  readonly lots?: number;
  readonly executed?: number;
  /** From the first layer to the execution, and from there to the cancels. */
  readonly standsMs?: number;
  readonly afterMs?: number;
  /** Layers that are left standing. */
  readonly left?: number;
  /** Lots put back at once, on the same side. */
  readonly back?: number;
  readonly strategy?: number;
  /** Of the account that is executed. */
  readonly buyer?: number;
  /** Lots that rest beside the execution, on its side. */
  readonly beside?: number;
}

/** One episode: layers above the market, a purchase below, the layers gone. */
function layer({ flow }: Watched, of: Layers = {}): { layers: number[]; execution: number } {
  const { side = SELL, prices = 3, lots = 100, executed = 100, standsMs = 500, afterMs = 200, left = 0 } = of;
  const { back = 0, strategy = 1, buyer = strategy, beside = 0 } = of;
  const away = side === SELL ? 1 : -1;
  const besides = beside === 0 ? [] : [flow.place(other(side), PRICE - 2 * away, beside, strategy)];
  const layers = Array.from({ length: prices }, (_, i) => flow.place(side, PRICE + away * (i + 2), lots, strategy));
  const execution = flow.place(other(side), PRICE, executed, buyer);
  flow.pass(standsMs);
  flow.fill(execution);
  flow.pass(afterMs);
  flow.cancel(...layers.slice(left));
  const returned = back === 0 ? [] : [flow.place(side, PRICE + away * 4, back, strategy)];
  flow.pass(10_000);
  flow.cancel(...layers, ...returned, ...besides);
  flow.pass(60_000);
  return { layers, execution };
}

/** Whether so many such episodes are found to be a pattern. */
function pattern(of: Layers, times = 3, rule: Partial<LayeringRule> = {}, visible = 1_000): boolean {
  const it = watching(rule);
  it.visible = visible;
  for (let i = 0; i < times; i++) layer(it, of);
  it.watch.look(it.flow.now * 1_000);
  return it.found.length > 0;
}

Deno.test("layers that are cancelled after an execution on the other side, three times a day, are a pattern, with its evidence", () => {
  const it = watching();
  const made = [layer(it), layer(it)];
  it.watch.look(it.flow.now * 1_000);
  assert.equal(it.found.length, 0, "twice is anybody's");
  const start = it.flow.now;
  made.push(layer(it));
  it.watch.look(it.flow.now * 1_000);
  assert.equal(it.found.length, 1);
  const { owner, count, times, latest: episodes } = it.found[0];
  assert.deepEqual([owner, count, times, episodes.length], ["main", 3, 3, 3]);
  assert.deepEqual(
    episodes.map(({ orders, executions }) => [orders, executions]),
    made.map((one) => [
      one.layers,
      [one.execution],
    ]),
  );
  const { orders: _o, executions: _e, ...last } = episodes[2];
  assert.deepEqual(last, {
    ...{ side: "sell", time: (start + 500) * 1_000, prices: 3, lots: 300, cancelled: 300, executed: 100 },
    ...{ depthShare: 0.3, medianLifeMs: 700 },
  });
  layer(it);
  it.watch.look(it.flow.now * 1_000);
  assert.deepEqual(it.found.map(({ count }) => count), [3, 4], "each further one is told");
  const [text, evidence] = layeringFound(it.found[1], ALPHA);
  assert.match(
    text,
    /^account main in ALPHA: 4 times a day, orders to sell .* 300 lots at 3 prices after 100 executed$/,
  );
  assert.equal((evidence.episodes as unknown[]).length, 3);
});

// deno-fmt-ignore
const BOUNDARIES: readonly (readonly [what: string, found: Layers, not: Layers])[] = [
  ["prices", { prices: 3 }, { prices: 2, lots: 150 }],
  ["lots against what was executed", { executed: 100 }, { executed: 101 }],
  ["time from the execution to the cancels", { afterMs: 1_000 }, { afterMs: 1_001 }],
  ["median life", { standsMs: 4_800 }, { standsMs: 4_801 }],
  ["part that is cancelled", { prices: 10, left: 1 }, { prices: 10, left: 2 }],
  ["part that comes back", { back: 150 }, { back: 151 }],
  ["lots that rest on the other side", { beside: 100 }, { beside: 101 }],
];

for (const [what, found, not] of BOUNDARIES) {
  for (const side of [BUY, SELL]) {
    Deno.test(`at its threshold it is layering, and just beyond it is not: ${what}, ${side === BUY ? "bids" : "offers"}`, () => {
      assert.ok(pattern({ side, ...found }));
      assert.ok(!pattern({ side, ...not }));
    });
  }
}

Deno.test("the share of what is visible counts, and where nobody knows what is visible it stops nothing", () => {
  assert.ok(pattern({}, 3, {}, 1_500));
  assert.ok(!pattern({}, 3, {}, 1_501));
  assert.ok(pattern({}, 3, {}, 0));
});

Deno.test("one large order is found where one price is enough, and not otherwise", () => {
  assert.ok(!pattern({ prices: 1, lots: 300 }));
  assert.ok(pattern({ prices: 1, lots: 300 }, 3, { levels: 1 }));
});

Deno.test("what comes back most of the times is no habit of taking it away", () => {
  for (const [others, found] of [[3, true], [4, false]] as const) {
    const it = watching();
    for (let i = 0; i < others; i++) layer(it, { back: 300 });
    for (let i = 0; i < 3; i++) layer(it);
    it.watch.look(it.flow.now * 1_000);
    assert.equal(it.found.length > 0, found, `${others} of ${others + 3} times it came back`);
  }
});

Deno.test("three in three days are none; a day begins anew", () => {
  const it = watching();
  for (let day = 0; day < 5; day++) {
    layer(it);
    layer(it);
    it.flow.pass(DAY_MS);
  }
  it.watch.look(it.flow.now * 1_000);
  assert.deepEqual(it.found, []);
});

Deno.test("two strategies of one account are one owner, and those of two accounts are not", () => {
  assert.ok(pattern({ strategy: 1, buyer: 2 }));
  assert.ok(!pattern({ strategy: 1, buyer: 3 }));
});

Deno.test("amendments, parts of fills and fills of the layers themselves are counted as they are", () => {
  const amended = watching();
  for (let i = 0; i < 3; i++) {
    const layers = [2, 3, 4].map((away) => amended.flow.place(SELL, PRICE + away, 1));
    for (const id of layers) amended.flow.amend(id, 100);
    const bid = amended.flow.place(BUY, PRICE, 100);
    amended.flow.fill(bid, 40);
    amended.flow.fill(bid, 60);
    amended.flow.cancel(...layers);
    amended.flow.pass(60_000);
  }
  amended.watch.look(amended.flow.now * 1_000);
  assert.deepEqual(
    amended.found[0].latest.map(({ lots, executed, executions }) => [lots, executed, executions.length]),
    [
      ...[[300, 100, 1], [300, 100, 1], [300, 100, 1]],
    ],
  );
  const shrunk = watching();
  for (let i = 0; i < 3; i++) {
    const layers = [2, 3, 4].map((away) => shrunk.flow.place(SELL, PRICE + away, 100));
    shrunk.flow.fill(shrunk.flow.place(BUY, PRICE, 100));
    for (const id of layers) shrunk.flow.amend(id, 1);
    shrunk.flow.pass(60_000);
    shrunk.flow.cancel(...layers);
  }
  shrunk.watch.look(shrunk.flow.now * 1_000);
  assert.deepEqual(shrunk.found[0].latest.map(({ cancelled }) => cancelled), [297, 297, 297]);
  const filled = watching();
  for (let i = 0; i < 3; i++) {
    const layers = [2, 3, 4].map((away) => filled.flow.place(SELL, PRICE + away, 100));
    filled.flow.fill(filled.flow.place(BUY, PRICE, 10));
    filled.flow.fill(layers[0]);
    filled.flow.cancel(...layers);
    filled.flow.pass(60_000);
  }
  filled.watch.look(filled.flow.now * 1_000);
  assert.deepEqual(filled.found, [], "an order that fills was meant");
});

Deno.test("after reports were lost nothing is made of what stood before", () => {
  const it = watching();
  for (let i = 0; i < 5; i++) {
    const layers = [2, 3, 4].map((away) => it.flow.place(SELL, PRICE + away, 100));
    it.watch.forget();
    it.flow.fill(it.flow.place(BUY, PRICE, 100));
    it.flow.cancel(...layers);
    it.flow.pass(60_000);
  }
  it.watch.look(it.flow.now * 1_000);
  assert.deepEqual([it.found, it.watch.pending], [[], false]);
});

/** mulberry32. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * A market-maker: both sides at `prices` prices around a price that wanders; after a fill everything is cancelled and quoted
 * anew within milliseconds, leaner on the side that adds to its inventory; now and then it withdraws for seconds.
 */
function makeMarket(flow: Flow, seed: number, hours: number, prices: number): void {
  const random = chance(seed);
  let mid = PRICE, inventory = 0;
  const end = flow.now + hours * 3_600_000;
  while (flow.now < end) {
    const lean = (side: SideCode) => {
      const adds = side === BUY ? inventory > 0 : inventory < 0;
      return Math.max(10, Math.round(100 * (adds ? 1 - Math.min(0.9, Math.abs(inventory) / 1_000) : 1)));
    };
    for (const side of [BUY, SELL]) {
      for (let i = 0; i < prices; i++) flow.place(side, mid + (side === BUY ? -1 - i : 1 + i), lean(side));
    }
    flow.pass(Math.round(200 + 4_000 * random()));
    mid += Math.round(2 * random() - 1);
    const side = random() < 0.5 ? BUY : SELL;
    if (random() < 0.8) {
      const [best] = flow.on(side);
      const lots = 10 + Math.floor(random() * 90);
      flow.fill(best, Math.min(lots, lean(side)));
      inventory += side === BUY ? lots : -lots;
      flow.pass(Math.round(50 * random()));
    }
    flow.cancel(...flow.on(BUY), ...flow.on(SELL));
    flow.pass(random() < 0.05 ? 5_000 : Math.round(30 * random()));
  }
}

Deno.test("it stays quiet on market-makers, who cancel the other side after every fill: hours of them, and thousands of fills", () => {
  for (let seed = 1; seed <= 5; seed++) {
    const it = watching();
    makeMarket(it.flow, seed, 1.5, 1 + seed % 5);
    it.watch.look(it.flow.now * 1_000);
    assert.equal(it.found.length, 0, `seed ${seed}`);
    assert.ok(it.flow.reports > 5_000, `${it.flow.reports}`);
  }
});

Deno.test("a layerer is found in the midst of making a market through another account", () => {
  const it = watching();
  const other = new Flow((view, count) => {
    view.owner = 3;
    it.watch.take(view, count);
  });
  makeMarket(other, 1, 1, 3);
  for (let i = 0; i < 3; i++) layer(it);
  it.watch.look(it.flow.now * 1_000);
  assert.deepEqual(it.found.map(({ owner }) => owner), ["main"]);
});

Deno.test("through guardian, exchange and surveillance: the pattern is raised without waiting for a further report", async () => {
  let watch: LayeringWatch;
  const found: Pattern[] = [];
  using rig = new Rig({
    actors: {
      surveillance: {
        ...surveillance,
        init(context, args) {
          watch = new LayeringWatch({
            rule: { ...RULE, episodes: 1 },
            ownerOf: (strategy) => `account ${strategy}`,
            visible: () => 0,
            found: (pattern) => found.push(pattern),
          });
          return surveillance.init(context, { ...args, layering: watch });
        },
      },
    },
  });
  const layers = [2, 3, 4].map((away) => rig.order(SELL, 10, PRICE + away));
  const bid = rig.order(BUY, 5, PRICE);
  await rig.settle();
  rig.order(SELL, 5, PRICE, { strategy: 2 });
  await rig.settle();
  rig.guardian.tell({ kind: "CancelAll", strategy: 1, time: rig.system.clock.now(), stamp: 0, cause: 0 });
  await rig.settle();
  assert.ok(watch!.pending && found.length === 0, "whether they come back is not known yet");
  await rig.settle(3_000_000);
  assert.equal(found.length, 1);
  assert.deepEqual([found[0].latest[0].orders, found[0].latest[0].executions, watch!.pending], [layers, [bid], false]);
});

const RECORDINGS: readonly (readonly [what: string, file: string | null])[] = [
  ["a quarter of an hour of the simulated market", null],
  ["a recording of futures", "binance/usdm_btcusdt_20240808.gz"],
  ["a recording of spot", "binance/spot_btcusdt_20240808.gz"],
];

for (const [what, file] of RECORDINGS) {
  const path = file === null ? null : sharedData(file);
  Deno.test({
    name: `our own organisms do nothing that looks like layering: ${what}`,
    ignore: file !== null && path === null,
    fn: () =>
      withDirectory(async (directory) => {
        const { summary } = await run(directory, {
          environment: path === null
            ? { CWTS_NODE_DURATION: "900" }
            : { CWTS_FEED_KIND: "replay", CWTS_FEED_PATHS: path },
        });
        assert.ok(summary.orders > 0, "they traded");
        assert.deepEqual(records(directory).filter(({ value }) => value.alert === "layering"), []);
      }),
  });
}
