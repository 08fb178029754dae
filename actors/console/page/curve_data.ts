/** Profit curves of several organisms on one time axis. Pure. */
import type { OrganismView } from "../../protocol/view.ts";

/** [seconds ascending, one column of money per organism]; a column has null where its organism has no point. */
export function curveData(organisms: readonly Pick<OrganismView, "curve">[]): [number[], ...(number | null)[][]] {
  const times = [...new Set(organisms.flatMap((organism) => organism.curve.map(([time]) => time)))].sort((a, b) =>
    a - b
  );
  const row = new Map(times.map((time, index) => [time, index]));
  const columns = organisms.map((organism) => {
    const column: (number | null)[] = new Array(times.length).fill(null);
    for (const [time, units] of organism.curve) column[row.get(time)!] = units / 1e8;
    return column;
  });
  return [times.map((time) => time / 1e6), ...columns];
}
