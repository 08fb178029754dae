/** Rejects by reason over market time, and what the reasons are. */
import uPlot from "uplot";
import { useMemo } from "preact/hooks";
import { rejects } from "./controls_requests.ts";
import { count, span, timeOfDay, words } from "./format.ts";
import { COLOURS, seriesColour } from "./palette.ts";
import { Empty, Panel } from "./panel.tsx";
import { Plot, type PlotOptions } from "./plot.tsx";
import { layers, stacked } from "./reject_data.ts";

export function Rejects() {
  const { value, problem } = rejects.value;
  const shown = useMemo(() => (value === null ? [] : layers(value)), [value]);
  const data = useMemo(() => stacked(value?.times ?? [], shown), [value, shown]);
  const options = useMemo(() => optionsFor(shown.length), [shown.length]);
  if (value === null || shown.length === 0) {
    return (
      <Panel id="rejects" title="Rejects by reason">
        <Empty>{problem ?? (value === null ? "No counts received yet." : "No order was rejected.")}</Empty>
      </Panel>
    );
  }
  const total = shown.reduce((sum, layer) => sum + layer.total, 0);
  const from = timeOfDay(value.times[0]).slice(0, 8);
  const label = `Rejects over market time since ${from}: ${
    shown.map((layer) => `${words(layer.name)} ${count(layer.total)}`).join(", ")
  }`;
  return (
    <Panel id="rejects" title="Rejects by reason" aside={`${count(total)}, columns of ${span(value.every)}`}>
      <div class="reject-chart">
        <Plot options={options} data={data as uPlot.AlignedData} label={label} />
      </div>
      <ul class="scroll legend" aria-label="Reasons">
        {shown.map((layer, index) => (
          <li key={layer.name} title={layer.sentence}>
            <span class="chip" style={{ background: seriesColour(index) }} aria-hidden="true" />
            <span class="reason-name">{words(layer.name)}</span>
            <span class="muted clip">{layer.sentence}</span>
            <span class="num">{count(layer.total)}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** The layers come with the highest top first, and so do their colours. */
function optionsFor(number: number): PlotOptions {
  const axis = {
    stroke: COLOURS.text,
    grid: { stroke: COLOURS.line, width: 1 },
    ticks: { stroke: COLOURS.line, width: 1, size: 3 },
    font: "10.5px system-ui, sans-serif",
  };
  const paths = uPlot.paths.bars!({ size: [0.86, 40], align: 1 });
  return {
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 8, 0, 0],
    scales: { y: { range: (_plot, _low, high) => [0, Math.max(1, high * 1.05)] } },
    axes: [{ ...axis, size: 22, space: 64, values: (_plot, seconds) => seconds.map(clock) }, {
      ...axis,
      size: 40,
      space: 28,
      incrs: WHOLE,
    }],
    series: [
      {},
      ...Array.from({ length: number }, (_, i) => {
        const colour = seriesColour(number - 1 - i);
        return { paths, fill: colour, stroke: colour, width: 0, points: { show: false } };
      }),
    ],
  };
}

const clock = (seconds: number): string => timeOfDay(seconds * 1e6).slice(0, 8);

/** There are no half rejects. */
const WHOLE = [0, 1, 2, 3, 4, 5, 6].flatMap((power) => [1, 2, 5].map((digit) => digit * 10 ** power));
