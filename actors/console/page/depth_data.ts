/** Cumulative depth for the chart. Pure. */
import type { Depth } from "../../protocol/market.ts";

/** [prices ascending, lots bid at or above, lots asked at or below]; in display units. */
export type DepthData = [number[], (number | null)[], (number | null)[]];

export function depthData(depth: Depth, tick: number, lot: number): DepthData {
  const data: DepthData = [[], [], []];
  const bids = cumulative(depth.bids).reverse();
  for (const [price, total] of bids) push(data, price * tick, total * lot, null);
  for (const [price, total] of cumulative(depth.asks)) push(data, price * tick, null, total * lot);
  return data;
}

function push(data: DepthData, price: number, bid: number | null, ask: number | null): void {
  data[0].push(price);
  data[1].push(bid);
  data[2].push(ask);
}

/** Best first: how much trades before the price gets worse than the level. */
export function cumulative(levels: Depth["bids"]): [price: number, total: number][] {
  let total = 0;
  return levels.map(([price, quantity]) => [price, total += quantity]);
}
