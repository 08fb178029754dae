/** Organisms: profit and what it is made of, its curve, state and positions. */
import uPlot from "uplot";
import { useMemo } from "preact/hooks";
import type { OrganismView } from "../../protocol/view.ts";
import { curveData } from "./curve_data.ts";
import { count, fixed, money, NONE, price, quantity } from "./format.ts";
import { COLOURS, seriesColour } from "./palette.ts";
import { Empty, Panel, State } from "./panel.tsx";
import { Plot, type PlotOptions } from "./plot.tsx";
import { chosenOrganism, currency, instrumentsBySymbol, snapshot } from "./state.ts";

const netOf = (one: OrganismView): number => one.realised + one.unrealised - one.fees;

export function Organisms() {
  const s = snapshot.value;
  const all = s?.organisms ?? [];
  const total = all.reduce((sum, one) => sum + netOf(one), 0);
  const unit = currency.value === null ? "" : `, ${currency.value}`;
  return (
    <Panel
      id="organisms"
      title={`Organisms: profit and loss${unit}`}
      aside={all.length > 0 && (currency.value === null ? "several currencies, no total" : (
        <>
          Net of all <span class={tone(total)}>{money(total, true)}</span>
        </>
      ))}
    >
      {s === null || all.length === 0
        ? <Empty>{s === null ? "No snapshot received yet." : "No organism has started."}</Empty>
        : (
          <>
            <div class="scroll">
              <table class="fixed" aria-label="Organisms">
                <thead>
                  <tr>
                    <th scope="col" class="w-name">Organism</th>
                    <th scope="col" class="w-state">State</th>
                    <th scope="col" class="w-money num">Net</th>
                    <th scope="col" class="w-money num optional">Realised</th>
                    <th scope="col" class="w-money num optional">Unrealised</th>
                    <th scope="col" class="w-money num optional">Fees</th>
                    <th scope="col" class="w-count num" title="open orders">Open</th>
                    <th scope="col">Positions</th>
                  </tr>
                </thead>
                <tbody>{all.map((one, index) => <Row key={one.id} one={one} index={index} />)}</tbody>
              </table>
            </div>
            <div class="beside">
              <Curves all={all} />
              <Inspector />
            </div>
          </>
        )}
    </Panel>
  );
}

function tone(units: number): string {
  return units > 0 ? "gain" : units < 0 ? "loss" : "";
}

function Row({ one, index }: { readonly one: OrganismView; readonly index: number }) {
  const net = netOf(one);
  return (
    <tr data-organism={one.id} class={chosenOrganism.value === one.id ? "chosen" : undefined}>
      <th scope="row">
        <span class="swatch" style={{ background: seriesColour(index) }} aria-hidden="true" />
        <button
          type="button"
          class="plain"
          aria-pressed={chosenOrganism.value === one.id}
          title={`${one.id}, ${one.species}`}
          onClick={() => chosenOrganism.value = chosenOrganism.value === one.id ? null : one.id}
        >
          {one.id}
        </button>
      </th>
      <td>
        <State state={one.state} />
      </td>
      <td class={`num ${tone(net)}`}>{money(net, true)}</td>
      <td class="num optional">{money(one.realised, true)}</td>
      <td class="num optional">{money(one.unrealised, true)}</td>
      <td class="num optional">{money(one.fees)}</td>
      <td class="num">{count(one.openOrders)}</td>
      <td class="positions" title={one.positions.map(positionText).join("; ")}>
        {one.positions.length === 0
          ? <span class="muted">flat</span>
          : one.positions.map((held) => <span key={held.instrument} class="position">{positionText(held)}</span>)}
      </td>
    </tr>
  );
}

function positionText({ instrument, quantity: lots, averagePrice }: OrganismView["positions"][number]): string {
  const known = instrumentsBySymbol.value.get(instrument);
  // Without the instrument's steps the integers are shown as they are, named as what they are.
  const size = known === undefined ? `${count(lots)} lots` : quantity(lots, known.lot);
  const average = known === undefined ? `${fixed(averagePrice, 1)} ticks` : price(averagePrice, known.tick);
  return `${instrument} ${size} @ ${average}`;
}

function Curves({ all }: { readonly all: readonly OrganismView[] }) {
  const names = all.map((one) => one.id).join("\n");
  const options = useMemo(() => curveOptions(names.split("\n")), [names]);
  const data = curveData(all);
  if (data[0].length < 2) return <Empty>The profit curve begins with its second point.</Empty>;
  const label = `Net profit over market time: ${all.map((one) => `${one.id} ${money(netOf(one), true)}`).join(", ")}`;
  return (
    <div class="curves">
      <Plot options={options} data={data} label={label} />
    </div>
  );
}

/** What an organism says of itself, and its positions in full. */
function Inspector() {
  const one = snapshot.value?.organisms.find((candidate) => candidate.id === chosenOrganism.value);
  if (one === undefined) return null;
  return (
    <dl class="inspector scroll" aria-label={`State of ${one.id}`}>
      {one.positions.map((held) => (
        <div key={held.instrument}>
          <dt>position</dt>
          <dd>{positionText(held)}</dd>
        </div>
      ))}
      {entries(one.inspect).map(([name, value, depth]) => (
        <div key={name} class={depth > 0 ? "within" : undefined}>
          <dt>{name.split("\0").at(-1)}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Whatever the organism reports, a line each; objects one level deep are opened, anything deeper is JSON. */
function entries(inspect: unknown): [name: string, value: string, depth: number][] {
  if (inspect === null || inspect === undefined) return [];
  if (!isRecord(inspect)) return [["state", figure(inspect), 0]];
  return Object.entries(inspect).flatMap(([name, value]) => {
    if (!isRecord(value)) return [[name, figure(value), 0]];
    const inside = Object.entries(value).map(([inner, one]) => [`${name}\0${inner}`, figure(one), 1]);
    return [[name, "", 0], ...inside] as [string, string, number][];
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function figure(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value !== "number") return JSON.stringify(value) ?? NONE;
  return Number.isInteger(value) ? fixed(value, 0) : String(Number(value.toPrecision(6)));
}

function curveOptions(names: readonly string[]): PlotOptions {
  const axis = { stroke: COLOURS.text, grid: { stroke: COLOURS.line, width: 1 }, ticks: { show: false } };
  const font = "11px system-ui, sans-serif";
  return {
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 5 } },
    padding: [8, 24, 0, 0],
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    axes: [
      {
        ...axis,
        font,
        size: 25,
        gap: 5,
        space: 80,
        values: (_, ticks, __, ___, step) => ticks.map((v) => clock(v, step)),
      },
      {
        ...axis,
        font,
        size: 58,
        gap: 4,
        space: 24,
        values: (_, ticks) => ticks.map((v) => fixed(v, Math.abs(v) < 10 ? 2 : 0)),
      },
    ],
    series: [
      {},
      ...names.map((name, index) => ({
        label: name,
        stroke: seriesColour(index),
        width: 1.5,
        spanGaps: true,
        points: { show: false },
      })),
    ],
  };
}

/** Market time of an axis tick: as much of it as the step between ticks needs. */
function clock(seconds: number, step: number): string {
  const iso = new Date(seconds * 1000).toISOString();
  return step >= 86_400 ? iso.slice(0, 10) : step >= 60 ? iso.slice(11, 16) : iso.slice(11, 19);
}
