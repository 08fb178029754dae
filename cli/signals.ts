/** Ctrl-C and SIGTERM: the first stops in order, a later one at once. */

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

/** Listens until disposed. */
export function onSignals(handler: () => void): Disposable {
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  for (const signal of signals) Deno.addSignalListener(signal, handler);
  return {
    [Symbol.dispose]() {
      for (const signal of signals) Deno.removeSignalListener(signal, handler);
    },
  };
}
