/** Latency from an organism's intent to its report: quantiles, and the histogram they come from. */
import { count, span } from "./format.ts";
import { bars, octaves, placeOf } from "./histogram.ts";
import { Empty, Panel } from "./panel.tsx";
import { snapshot } from "./state.ts";

export function Latency() {
  const latency = snapshot.value?.latency;
  if (latency === undefined || latency.count === 0) {
    return (
      <Panel id="latency" title="Latency" aside="intent to report">
        <Empty>{latency === undefined ? "No snapshot received yet." : "No order has been answered yet."}</Empty>
      </Panel>
    );
  }
  const quantiles = [
    ["p50", latency.p50Micros],
    ["p99", latency.p99Micros],
    ["p99.99", latency.p9999Micros],
    ["max", latency.maxMicros],
  ] as const;
  const buckets = octaves(latency.buckets);
  const labelled = Math.max(1, Math.ceil(buckets.length / 6));
  return (
    <Panel id="latency" title="Latency" aside={`intent to report, ${count(latency.count)} measured`}>
      <dl class="quantiles">
        {quantiles.map(([name, micros]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{span(micros)}</dd>
          </div>
        ))}
      </dl>
      <div class="histogram" role="img" aria-label={describe(buckets)}>
        <div class="bars">
          {bars(buckets).map((bar) => (
            <div key={bar.upper} class="column" title={`up to ${span(bar.upper)}: ${count(bar.count)}`}>
              <div class="column-fill" style={{ height: `${bar.height * 100}%` }} />
            </div>
          ))}
          {quantiles.slice(0, 3).map(([name, micros]) => (
            <div key={name} class="quantile-mark" style={{ left: `${placeOf(micros, buckets) * 100}%` }} />
          ))}
        </div>
        <div class="bar-labels">
          {buckets.map(([upper], index) => (
            <span key={upper}>
              {(buckets.length - 1 - index) % labelled === 0 ? span(upper).replace(/\.00? /, " ") : ""}
            </span>
          ))}
        </div>
      </div>
      <p class="note">Log scales; lines at p50, p99, p99.99.</p>
    </Panel>
  );
}

function describe(buckets: readonly (readonly [number, number])[]): string {
  return `Orders by latency: ${buckets.map(([upper, n]) => `up to ${span(upper)} ${count(n)}`).join(", ")}`;
}
