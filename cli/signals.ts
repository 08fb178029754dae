/** Ctrl-C, SIGTERM and a terminal that closes: the first stops in order, a later one at once. */

/** Signals closer together than this are one: whoever started us may pass Ctrl-C on, and then it comes twice. */
const SAME_SIGNAL_MS = 1_000;

export interface SignalActions {
  /** Milliseconds from an arbitrary origin. */
  readonly now: () => number;
  readonly stopInOrder: () => void;
  readonly stopAtOnce: () => void;
}

/** What to do at each signal. */
export function signalHandler({ now, stopInOrder, stopAtOnce }: SignalActions): () => void {
  let first: number | null = null;
  return () => {
    if (first === null) {
      first = now();
      stopInOrder();
    } else if (now() - first >= SAME_SIGNAL_MS) {
      stopAtOnce();
    }
  };
}

/**
 * Listens until disposed. `hangup` is what the end of the terminal (SIGHUP) does: stop as well, or nothing, for a process
 * that was told to ignore it (`nohup`). It must be listened for in both cases, because Deno takes the ignoring away with
 * the first listener for any signal; left out, it ends the process on the spot.
 */
export function onSignals(handler: () => void, { hangup }: { readonly hangup?: "stop" | "ignore" } = {}): Disposable {
  const unix = Deno.build.os !== "windows";
  const heard: [Deno.Signal, () => void][] = [["SIGINT", handler]];
  if (unix) heard.push(["SIGTERM", handler]);
  if (unix && hangup !== undefined) heard.push(["SIGHUP", hangup === "stop" ? handler : () => {}]);
  for (const [signal, listener] of heard) Deno.addSignalListener(signal, listener);
  return {
    [Symbol.dispose]() {
      for (const [signal, listener] of heard) Deno.removeSignalListener(signal, listener);
    },
  };
}
