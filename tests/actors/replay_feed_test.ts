/** The recording played through actors: feed, exchange, a trader in place of guardian and organism. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { CommandKind, ExecType, ExecutionView, OrderCommandView } from "../../ffi/layout.gen.ts";
import { type ActorDef, ActorSystem, type Micros } from "../../runtime/mod.ts";
import { supervise, worker } from "../../supervision/mod.ts";
import { createApproval, GUARDIAN, type GuardianMessage, type Instrument, VENUE } from "../../actors/protocol/mod.ts";
import { Translator } from "../../actors/market/binance/translator.ts";
import { replayFeed } from "../../actors/market/replay/feed.ts";
import { MessageKind } from "../../actors/market/replay/message.ts";
import { CaptureReader, type CaptureSource, firstTimestamp } from "../../actors/market/replay/reader.ts";
import { READ_AHEAD, Recording } from "../../actors/market/replay/recording.ts";
import { replayExchange } from "../../actors/venues/replay_exchange.ts";
import { ReplayVenue } from "../../actors/venues/replay_venue.ts";
import {
  Captures,
  json,
  lines,
  perpetual,
  readMessages,
  spotCapture,
  START,
  START_NANOS,
  usdmCapture,
} from "./replay_support.ts";

const approval = createApproval();

/** What the trader saw; equal digests mean equal runs. */
class Seen {
  readonly hash = createHash("sha256");
  readonly statuses: string[] = [];
  tops = 0;
  trades = 0;
  fills = 0;
  reports = 0;
  firstTop: Micros = 0;
  late = 0;

  digest(): string {
    return this.hash.copy().digest("hex");
  }
}

interface TraderArgs {
  readonly seen: Seen;
  readonly instruments: readonly Instrument[];
  /** Market data messages between two quotes; 0: never quotes. */
  readonly every: number;
}

/** Joins the best bid now and then and forgets about it; notes everything it hears. */
const trader: ActorDef<GuardianMessage, TraderArgs> = {
  type: "trader",
  init(context, { seen, instruments, every }) {
    context.register(GUARDIAN);
    let heard = 0;
    let nextOrder = 1;
    const buy = (instrument: number, price: number) => {
      const records = new Uint8Array(OrderCommandView.SIZE);
      const view = new OrderCommandView(records).at(0);
      view.kind = CommandKind.New;
      view.instrument = instrument;
      view.orderId = nextOrder++;
      view.price = price;
      view.quantity = 100;
      view.owner = 1;
      context.registry.get(VENUE).tell(approval.approve(records, 1));
    };
    return {
      receive(message) {
        switch (message.kind) {
          case "VenueReady":
            context.registry.get(VENUE).tell({
              kind: "SubscribeMarket",
              subscriber: context.self,
              instruments: instruments.map(({ id }) => id),
            });
            return;
          case "ExecutionBatch": {
            seen.hash.update(message.records);
            const view = new ExecutionView(message.records);
            for (let i = 0; i < message.count; i++) {
              assert.equal(view.at(i).venueSequence, ++seen.reports, "no report lost or doubled");
              if (view.execType === ExecType.Trade) seen.fills++;
            }
            return;
          }
          case "MarketStatus":
            seen.statuses.push(`${message.instrument} ${message.status}: ${message.detail}`);
            return;
          case "MarketData":
            for (const event of message.events) {
              // A restarted exchange repeats the best prices to whoever subscribes again.
              if (event.time !== context.clock.now()) {
                seen.late++;
                continue;
              }
              seen.hash.update(JSON.stringify(event));
              if (event.kind === "TradePrint") seen.trades++;
              if (event.kind !== "BookTop") continue;
              seen.firstTop ||= event.time;
              seen.tops++;
              if (every > 0 && ++heard % every === 0) buy(event.instrument, event.bid);
            }
            return;
        }
      },
    };
  },
};

interface PlayOptions {
  readonly speed?: number | "max";
  readonly every?: number;
  readonly cancelModel?: "risk-averse" | "proportional";
  /** Crashes these paths at these times after the start. */
  readonly crashes?: readonly (readonly [after: Micros, path: string])[];
  readonly until?: Micros;
  readonly start?: Micros;
}

async function play(sources: readonly CaptureSource[], options: PlayOptions = {}) {
  const seen = new Seen();
  const instruments = sources.map(({ instrument }) => instrument);
  const start = options.start ?? Math.min(...await Promise.all(sources.map(({ files }) => firstTimestamp(files[0]))));
  const recording = new Recording(sources);
  const venue = new ReplayVenue({
    instruments,
    isApproved: approval.isApproved,
    doorOpen: () => true,
    orderLatency: 5000,
    cancelModel: options.cancelModel,
  });
  const system = new ActorSystem({ seed: 1, start, speed: options.speed ?? "max" });
  const root = supervise(system, "replay", {
    id: "replay",
    strategy: "one_for_one",
    intensity: 1000,
    children: [
      worker("trader", trader, { seen, instruments, every: options.every ?? 0 }),
      worker("exchange", replayExchange, { venue }),
      worker("feed", replayFeed, { recording }),
    ],
  });
  for (const [after, path] of options.crashes ?? []) {
    await system.run({ until: start + after });
    system.crash(system.find(path)!, new Error("on purpose"));
  }
  // A second at a time, so that a run ends soon after its recording.
  let until = Math.max(system.clock.now(), start);
  while (!venue.ended && until < start + (options.until ?? 3_600_000_000)) {
    until += 1_000_000;
    await system.run({ until });
  }
  const counters = system.counters();
  const inspected = system.inspect("/replay/feed");
  const restarts = system.actors().reduce((sum, { restarts }) => sum + restarts, 0);
  await system.stop(root);
  await recording.close();
  assert.equal(counters.unexplained, 0);
  return { seen, venue, recording, counters, inspected, restarts, start };
}

const bids = [["100.0", "5"], ["99.9", "7"]] as const;
const asks = [["100.1", "3"], ["100.2", "4"]] as const;
const small = [
  json.snapshot(100, bids, asks),
  json.spotDiff(99, 101, [["99.9", "2"]], []),
  json.top(105, "100.0", "4", "100.1", "2"),
  json.spotDiff(102, 103, [["99.9", "3"]], []),
  json.trade(1, "100.0", "1", true),
  json.spotDiff(104, 106, [["100.0", "2"]], []),
];

Deno.test("messages are played at their receive times and the recording's end is announced", async () => {
  using captures = new Captures();
  const source = { files: [captures.messages(...small)], instrument: perpetual };
  const { seen, venue, counters } = await play([source]);
  assert.deepEqual(seen.statuses, [
    "0 resyncing: waiting for a snapshot",
    "0 live: the book is complete",
    "0 ended: the recording has ended",
  ]);
  assert.equal(seen.firstTop, START);
  assert.deepEqual([seen.tops, seen.trades, seen.late], [3, 1, 0]);
  assert.deepEqual(venue.depth(0, 1).bids, [[1000, 2000]]);
  assert.equal(counters.dead + counters.rejected + counters.dropped, 0);
});

Deno.test("best prices newer than a diff outlive it, older ones are not passed on", async () => {
  using captures = new Captures();
  const translator = new Translator(0);
  const kinds: string[] = [];
  const late = [104, 106, 110, 108].map((id) => json.top(id, "99.0", "1", "100.1", "1"));
  for (
    const message of await readMessages({
      files: [captures.messages(...small, ...late)],
      instrument: perpetual,
    })
  ) kinds.push(translator.translate(message)?.events.map(({ kind }) => kind).join("+") ?? "-");
  assert.deepEqual(kinds, ["Snapshot", "Levels", "Top", "Levels+Top", "Trade", "Levels", "-", "-", "Top", "-"]);
  assert.equal(translator.staleTops, 3);
});

Deno.test("a gap is announced and the next snapshot ends it", async () => {
  using captures = new Captures();
  const path = captures.messages(
    small[0],
    json.spotDiff(99, 101, [], []),
    json.spotDiff(110, 111, [["99.9", "1"]], []),
    json.trade(1, "100.0", "1", true),
    json.snapshot(110, [["90", "1"]], asks),
  );
  const { seen, venue } = await play([{ files: [path], instrument: perpetual }]);
  assert.deepEqual(seen.statuses.slice(1, 4), [
    "0 live: the book is complete",
    "0 resyncing: updates are missing between 101 and 110: waiting for the next snapshot",
    "0 live: the book is complete",
  ]);
  assert.deepEqual(venue.depth(0, 9).bids, [[999, 1000], [900, 1000]]);
});

Deno.test("a recording that breaks off ends there, with the reason, and the fault is kept for the operator", async () => {
  using captures = new Captures();
  const path = captures.text(lines(small) + "broken\n");
  const { seen, recording } = await play([{ files: [path], instrument: perpetual }]);
  assert.match(seen.statuses.at(-2)!, /^0 resyncing: .*line 7: the line does not begin/);
  assert.equal(seen.statuses.at(-1), "0 ended: the recording has ended");
  assert.deepEqual(recording.faults.map(({ code }) => code), ["CAPTURE_LINE"]);
});

Deno.test("a recording without a snapshot never becomes live and says what to do", async () => {
  using captures = new Captures();
  const { seen } = await play([{ files: [captures.messages(...small.slice(1))], instrument: perpetual }]);
  assert.match(seen.statuses.at(-2)!, /no usable snapshot: put the file that it continues in front of it/);
});

Deno.test("two recordings are merged by receive time", async () => {
  using captures = new Captures();
  const other = { ...perpetual, id: 1, symbol: "ETHUSDT" };
  const shifted = (offset: bigint, messages: readonly string[]) =>
    messages.map((message, n) => `${START_NANOS + BigInt(n) * 2_000_000n + offset} ${message}\n`).join("");
  const eth = small.map((message) => message.replace("BTCUSDT", "ETHUSDT"));
  const recording = new Recording([
    { files: [captures.text(shifted(0n, small))], instrument: perpetual },
    { files: [captures.text(shifted(1_000_000n, eth))], instrument: other },
  ]);
  assert.equal(await recording.start(), START);
  const order: number[] = [];
  while (!recording.ended) {
    if (recording.starved) await recording.fill();
    const { instrument, time } = recording.next!;
    if (time !== START + 10_000 && time !== START + 11_000) order.push(instrument);
    recording.shift(time);
  }
  assert.deepEqual(order, [0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
});

Deno.test("memory stays bounded: a recording is not read further ahead than it has to be", async () => {
  using captures = new Captures();
  const many = Array.from({ length: 50_000 }, (_, t) => json.trade(t + 1, "100.0", "1", true));
  const recording = new Recording([{ files: [captures.messages(...many)], instrument: perpetual }]);
  await recording.fill();
  const [{ counts }] = recording.report();
  assert.ok(counts.messages >= READ_AHEAD && counts.messages < READ_AHEAD + 1024, `${counts.messages} were read`);
  await recording.close();
});

/** A made market with enough trading to fill a resting order, some twenty seconds long. */
function busyMarket(): string[] {
  const messages = [json.snapshot(100, bids, asks)];
  for (let n = 0; n < 20_000; n++) {
    const id = 101 + n;
    const quantity = 1 + n % 7;
    if (n % 3 === 0) messages.push(json.trade(n, n % 2 === 0 ? "100.0" : "100.1", `${quantity}`, n % 2 === 0));
    messages.push(json.spotDiff(id, id, [["100.0", `${quantity}`]], [["100.1", `${1 + n % 5}`]]));
  }
  return messages;
}

Deno.test("the pace changes nothing: same executions and market data at max, ×200 and ×20", async () => {
  using captures = new Captures();
  const source = { files: [captures.messages(...busyMarket().slice(0, 4000))], instrument: perpetual };
  const runs = [];
  for (const speed of ["max", 200, 20] as const) runs.push((await play([source], { speed, every: 50 })).seen);
  assert.ok(runs[0].fills > 10, `${runs[0].fills} fills`);
  assert.deepEqual(runs.map((seen) => seen.digest()), [runs[0].digest(), runs[0].digest(), runs[0].digest()]);
  assert.deepEqual(runs.map(({ late }) => late), [0, 0, 0]);
});

Deno.test("crashes of feed and exchange lose no message, no report and no subscriber", async () => {
  using captures = new Captures();
  const source = { files: [captures.messages(...busyMarket())], instrument: perpetual };
  const calm = await play([source], { every: 50 });
  const paths = ["/replay/feed", "/replay/exchange"];
  const crashes = Array.from({ length: 30 }, (_, n) => [(n + 1) * 400_000 + n * 37, paths[n % 2]] as const);
  const stormy = await play([source], { every: 50, crashes });
  assert.equal(stormy.restarts, 30);
  assert.ok(calm.seen.fills > 50);
  assert.deepEqual(
    [stormy.seen.fills, stormy.seen.reports, stormy.seen.trades],
    [calm.seen.fills, calm.seen.reports, calm.seen.trades],
  );
  assert.equal(stormy.seen.digest(), calm.seen.digest());
  assert.deepEqual(stormy.venue.depth(0, 9), calm.venue.depth(0, 9));
});

Deno.test({
  name: "the recorded usdm capture plays to its end through the actors: every message, a live book, honest fills",
  ignore: usdmCapture === null,
  fn: async () => {
    const { seen, venue, recording, counters } = await play([usdmCapture!], { every: 500 });
    assert.deepEqual(seen.statuses.map((text) => text.split(":")[0]), ["0 resyncing", "0 live", "0 ended"]);
    assert.equal(seen.trades, 21_313);
    assert.deepEqual([seen.late, recording.late], [0, 0]);
    assert.equal(counters.dead + counters.rejected + counters.dropped, 0);
    const [{ counts, live, gaps, staleTops }] = recording.report();
    assert.deepEqual([counts.messages, live, gaps], [93_954, true, 0]);
    assert.ok(staleTops < counts.tops * 0.05, `${staleTops} best prices came too late`);
    assert.ok(seen.fills > 50 && seen.tops > 60_000, JSON.stringify([seen.fills, seen.tops]));

    // What the exchange shows at the end is the book that the diffs alone build.
    const translator = new Translator(0);
    await new CaptureReader(usdmCapture!).readAll((message) => {
      if (message.kind === MessageKind.Diff || message.kind === MessageKind.Snapshot) translator.translate(message);
    });
    const shown = venue.depth(0, 10_000);
    const { book } = translator.builder;
    assert.deepEqual(shown.bids.slice(1), book.levels(0, 10_000).filter(([price]) => price < shown.bids[0][0]));
    assert.deepEqual(shown.asks.slice(1), book.levels(1, 10_000).filter(([price]) => price > shown.asks[0][0]));
  },
});

Deno.test({
  name: "the two recorded spot captures play as one: the second continues the book of the first",
  ignore: spotCapture === null,
  fn: async () => {
    const { seen, recording } = await play([spotCapture!], { every: 500 });
    assert.deepEqual(seen.statuses.map((text) => text.split(":")[0]), ["0 resyncing", "0 live", "0 ended"]);
    assert.equal(seen.trades, 19_904);
    assert.equal(recording.report()[0].gaps, 0);
    const second = await play([{ ...spotCapture!, files: [spotCapture!.files[1]] }]);
    assert.match(second.seen.statuses.at(-2)!, /no usable snapshot/);
  },
});

Deno.test({
  name: "the recorded usdm capture: same result at any pace, and the proportional model fills at least as much",
  ignore: usdmCapture === null,
  fn: async () => {
    const averse = await play([usdmCapture!], { every: 200 });
    const proportional = await play([usdmCapture!], { every: 200, cancelModel: "proportional" });
    assert.ok(
      proportional.seen.fills >= averse.seen.fills,
      JSON.stringify([proportional.seen.fills, averse.seen.fills]),
    );
    for (const speed of ["max", 2_000] as const) {
      const again = await play([usdmCapture!], { every: 200, speed });
      assert.equal(again.recording.late, 0);
      assert.equal(again.seen.digest(), averse.seen.digest(), `reproducible at ${speed}`);
    }
  },
});
