/** Instruments, and the book of the chosen one: cumulative depth as a chart, best levels as a ladder. */
import uPlot from "uplot";
import { useMemo } from "preact/hooks";
import type { InstrumentView } from "../../protocol/view.ts";
import { depthData } from "./depth_data.ts";
import { count, decimalsOf, fixed, NONE, price, quantity, timeOfDay } from "./format.ts";
import { COLOURS } from "./palette.ts";
import { Empty, Panel, State } from "./panel.tsx";
import { Plot, type PlotOptions } from "./plot.tsx";
import { chosenSymbol, instrument, snapshot } from "./state.ts";

const LADDER = 7;

export function Market() {
  const s = snapshot.value;
  const chosen = instrument.value;
  return (
    <Panel id="market" title="Instruments" aside={chosen !== null && <BookTime instrument={chosen} />}>
      {s === null || chosen === null
        ? <Empty>{s === null ? "No snapshot received yet." : "The node lists no instruments."}</Empty>
        : (
          <>
            <div class="scroll instruments">
              <table class="fixed" aria-label="Instruments">
                <thead>
                  <tr>
                    <th scope="col">Symbol</th>
                    <th scope="col" class="num">Last</th>
                    <th scope="col" class="num">Bid</th>
                    <th scope="col" class="num">Ask</th>
                    <th scope="col" class="num optional">Spread</th>
                    <th scope="col" class="num optional">Trades</th>
                    <th scope="col" class="num optional">Volume</th>
                    <th scope="col">Status</th>
                  </tr>
                </thead>
                <tbody>
                  {s.instruments.map((one) => <Row key={one.symbol} one={one} chosen={one === chosen} />)}
                </tbody>
              </table>
            </div>
            <Book one={chosen} />
          </>
        )}
    </Panel>
  );
}

function BookTime({ instrument: one }: { readonly instrument: InstrumentView }) {
  return <>{one.symbol} book at {one.depth.time > 0 ? `${timeOfDay(one.depth.time)} UTC` : NONE}</>;
}

function Row({ one, chosen }: { readonly one: InstrumentView; readonly chosen: boolean }) {
  const bid = one.depth.bids[0]?.[0];
  const ask = one.depth.asks[0]?.[0];
  const shown = (ticks: number | undefined) => (ticks === undefined || ticks === 0 ? NONE : price(ticks, one.tick));
  return (
    <tr class={chosen ? "chosen" : undefined}>
      <th scope="row">
        <button type="button" class="plain" aria-pressed={chosen} onClick={() => chosenSymbol.value = one.symbol}>
          {one.symbol}
        </button>
      </th>
      <td class="num">{shown(one.last)}</td>
      <td class="num bid">{shown(bid)}</td>
      <td class="num ask">{shown(ask)}</td>
      <td class="num optional">{bid === undefined || ask === undefined ? NONE : price(ask - bid, one.tick)}</td>
      <td class="num optional">{count(one.trades)}</td>
      <td class="num optional">{quantity(one.volume, one.lot)}</td>
      <td>
        <State state={one.status} />
      </td>
    </tr>
  );
}

function Book({ one }: { readonly one: InstrumentView }) {
  const { bids, asks } = one.depth;
  const options = useMemo(() => depthOptions(decimalsOf(one.tick), decimalsOf(one.lot)), [one.tick, one.lot]);
  if (bids.length === 0 && asks.length === 0) return <Empty>No book of {one.symbol} received yet.</Empty>;
  const data = depthData(one.depth, Number(one.tick), Number(one.lot));
  const best = `best bid ${bids[0] === undefined ? "none" : price(bids[0][0], one.tick)}, ` +
    `best ask ${asks[0] === undefined ? "none" : price(asks[0][0], one.tick)}`;
  return (
    <div class="book">
      <div class="book-chart">
        <Plot key={one.symbol} options={options} data={data} label={`Cumulative depth of ${one.symbol}: ${best}`} />
      </div>
      <Ladder one={one} />
    </div>
  );
}

function depthOptions(priceDecimals: number, quantityDecimals: number): PlotOptions {
  const stepped = (align: -1 | 1) => uPlot.paths.stepped?.({ align });
  const axis = { stroke: COLOURS.text, grid: { stroke: COLOURS.line, width: 1 }, ticks: { show: false }, font };
  return {
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { show: false } },
    padding: [8, 24, 0, 0],
    scales: { x: { time: false }, y: { range: (_, __, high) => [0, high > 0 ? high * 1.08 : 1] } },
    axes: [
      { ...axis, size: 26, gap: 6, space: 72, values: (_, ticks) => ticks.map((v) => fixed(v, priceDecimals)) },
      { ...axis, size: 58, gap: 4, space: 28, values: (_, ticks) => ticks.map((v) => short(v, quantityDecimals)) },
    ],
    series: [
      {},
      {
        label: "Bids",
        stroke: COLOURS.bid,
        fill: COLOURS.bidFill,
        width: 1.5,
        paths: stepped(-1),
        points: { show: false },
      },
      {
        label: "Asks",
        stroke: COLOURS.ask,
        fill: COLOURS.askFill,
        width: 1.5,
        paths: stepped(1),
        points: { show: false },
      },
    ],
  };
}

const font = "11px system-ui, sans-serif";

function short(value: number, decimals: number): string {
  if (value >= 1e6) return `${fixed(value / 1e6, 1)}M`;
  if (value >= 1e4) return `${fixed(value / 1e3, 1)}k`;
  return fixed(value, value < 10 ? Math.min(decimals, 2) : 0);
}

function Ladder({ one }: { readonly one: InstrumentView }) {
  const { bids, asks } = one.depth;
  const most = Math.max(
    1,
    ...bids.slice(0, LADDER).map(([, lots]) => lots),
    ...asks.slice(0, LADDER).map(([, lots]) => lots),
  );
  return (
    <table class="ladder" aria-label={`Best levels of ${one.symbol}`}>
      <thead>
        <tr>
          <th scope="col" class="num">Size</th>
          <th scope="col" class="num">Bid</th>
          <th scope="col" class="num left">Ask</th>
          <th scope="col" class="num left">Size</th>
        </tr>
      </thead>
      <tbody>
        {Array.from({ length: LADDER }, (_, level) => (
          <tr key={level}>
            <Size lots={bids[level]?.[1]} lot={one.lot} most={most} side="bid" />
            <td class="num bid">{bids[level] === undefined ? "" : price(bids[level][0], one.tick)}</td>
            <td class="num left ask">{asks[level] === undefined ? "" : price(asks[level][0], one.tick)}</td>
            <Size lots={asks[level]?.[1]} lot={one.lot} most={most} side="ask" />
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Size({ lots, lot, most, side }: {
  readonly lots: number | undefined;
  readonly lot: string;
  readonly most: number;
  readonly side: "bid" | "ask";
}) {
  if (lots === undefined) return <td />;
  return (
    <td class={side === "bid" ? "num size" : "num left size"}>
      <span class={`size-bar size-${side}`} style={{ width: `${(lots / most) * 100}%` }} aria-hidden="true" />
      <span class="size-number">{quantity(lots, lot)}</span>
    </td>
  );
}
