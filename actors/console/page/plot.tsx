/// <reference lib="dom" />
/** A uPlot chart as a component: made once, sized to its box, given new data on every render. */
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import uPlot from "uplot";

/** Options without the size, which follows the box. */
export type PlotOptions = Omit<uPlot.Options, "width" | "height">;

export function Plot({ options, data, label }: {
  /** Another object makes another chart: keep it between renders. */
  readonly options: PlotOptions;
  readonly data: uPlot.AlignedData;
  /** What the chart says, for those who do not see it. */
  readonly label: string;
}) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const newest = useRef(data);
  newest.current = data;

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const size = () => ({ width: Math.max(80, element.clientWidth), height: Math.max(60, element.clientHeight) });
    const plot = new uPlot({ ...options, ...size() }, newest.current, element);
    chart.current = plot;
    const observer = new ResizeObserver(() => plot.setSize(size()));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
      chart.current = null;
    };
  }, [options]);

  // Before the paint, so that the chart never lags behind the figures beside it.
  useLayoutEffect(() => chart.current?.setData(data), [data]);

  return <div class="plot" ref={box} role="img" aria-label={label} />;
}
