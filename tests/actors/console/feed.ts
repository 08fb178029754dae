/** A port to what is known after trade, over a real feed of a few reports, for tests of the console. */
import { ExecutionFeed } from "../../../actors/auditors/execution_feed.ts";
import type { ExecutionRow, PostTradePort, ReconciliationView } from "../../../actors/protocol/mod.ts";
import { ExecutionView } from "../../../ffi/layout.gen.ts";

/** Reports that the feed of a test keeps. */
export const WINDOW = 8;

export interface ModelFeed extends PostTradePort {
  /** Delivers so many further reports in one batch. */
  deliver(count: number): void;
  /** Who asked for a reconciliation. */
  readonly asked: string[];
  /** Streams that listen. */
  readonly listeners: number;
}

export function createModelFeed(): ModelFeed {
  const feed = new ExecutionFeed(WINDOW);
  const asked: string[] = [];
  let batches = 0;
  let listeners = 0;
  const reconciliation = (): ReconciliationView => ({
    compared: asked.length,
    last: 1,
    found: 0,
    open: [],
    repeated: 0,
  });
  return {
    asked,
    get listeners() {
      return listeners;
    },
    deliver(count) {
      const first = feed.newest + 1;
      const records = new Uint8Array(count * ExecutionView.SIZE);
      const view = new ExecutionView(records);
      for (let i = 0; i < count; i++) view.at(i).orderId = first + i;
      const sequence = ++batches;
      feed.take({ kind: "RecordedExecutions", venue: "v", sequence, first, records, count, stamp: 0 }, 1_000);
    },
    view: () => ({ feed: feed.report(batches), reconciliation: reconciliation(), credit: [], alerts: [] }),
    executions({ after, limit }) {
      const items: ExecutionRow[] = [];
      for (const { number, venue, view, nanos } of feed.after(after, limit)) {
        items.push({
          ...{ number, venue, venueSequence: number, type: "trade", orderId: view.orderId, organism: "one" },
          ...{
            instrument: "ALPHA",
            side: "buy",
            price: 1,
            quantity: 1,
            leaves: 0,
            liquidity: "maker",
            code: 0,
            time: 1,
          },
          deliveredMicros: nanos / 1000,
        });
      }
      return { items, oldest: feed.oldest, newest: feed.newest, missed: feed.missed(after) };
    },
    reconcile(who) {
      asked.push(who);
      return reconciliation();
    },
    onDelivered(listener) {
      listeners++;
      const unlisten = feed.onDelivered(listener);
      return () => {
        listeners--;
        unlisten();
      };
    },
  };
}
