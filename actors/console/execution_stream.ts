/**
 * The execution feed as server-sent events: every report, in order, resumable from any number that is at hand.
 *
 * Pulled, never pushed: a slow reader is behind and costs no memory. What it came too late for is said in a `missed` event
 * before the stream goes on; it is never passed over.
 */
import type { PostTradePort } from "../protocol/post_trade.ts";
import { HEARTBEAT_MS, MAX_STREAMS } from "./events.ts";
import { afterMillis } from "./wall.ts";

/** Reports in one frame. */
const FRAME = 256;

const encoder = new TextEncoder();

export interface ExecutionStreams {
  /** Reports after number `after`. Null when MAX_STREAMS are open. `allowed` is asked before everything that is sent. */
  open(options: { readonly after: number; readonly allowed: () => boolean }): ReadableStream | null;
  /** Ends every stream after what it is sending. */
  close(): void;
}

export function createExecutionStreams(port: PostTradePort): ExecutionStreams {
  /** What ends each. */
  const open = new Set<() => void>();
  let closed = false;
  return {
    open({ after, allowed }) {
      if (closed || open.size >= MAX_STREAMS) return null;
      let last = after;
      let over = false;
      let wake = () => {};
      const unlisten = port.onDelivered(() => wake());
      const end = () => {
        over = true;
        unlisten();
        open.delete(end);
        wake();
      };
      open.add(end);
      const waited = () =>
        new Promise<void>((resolve) => {
          const cancel = afterMillis(HEARTBEAT_MS, () => wake());
          wake = () => {
            cancel();
            wake = () => {};
            resolve();
          };
        });
      return new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(encoder.encode("retry: 1000\n\n")),
        async pull(controller) {
          let text = next();
          if (text === "") {
            await waited();
            text = next() || ": heartbeat\n\n";
          }
          if (!over && allowed()) return controller.enqueue(encoder.encode(text));
          end();
          controller.close();
        },
        cancel: end,
      }, { highWaterMark: 1 });

      function next(): string {
        if (over) return "";
        const { items, oldest, missed } = port.executions({ after: last, limit: FRAME });
        const parts: string[] = [];
        if (missed > 0) {
          parts.push(`event: missed\nid: ${oldest - 1}\ndata: ${JSON.stringify({ missed, oldest })}\n\n`);
          last = oldest - 1;
        }
        for (const item of items) parts.push(`event: execution\nid: ${item.number}\ndata: ${JSON.stringify(item)}\n\n`);
        last = items.at(-1)?.number ?? last;
        return parts.join("");
      }
    },
    close() {
      closed = true;
      for (const end of [...open]) end();
    },
  };
}
