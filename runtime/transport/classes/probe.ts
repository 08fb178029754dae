/** Finds out whether a broker that failed is well again: by a small letter that it has to keep, as often as its breaker lets one through. */
import { Sleep } from "../../internal/wall.ts";
import { LATE, nowMicros, within } from "./answer.ts";
import type { Route } from "./routes.ts";

/** Nobody reads it. */
export const PROBE_TOPIC = "cwts-probe";
const LOOK_MS = 50;

export class Probe {
  private sleep: Sleep | null = null;
  private closed = false;
  private count = 0;
  private probing: Promise<void> | null = null;

  constructor(
    private readonly node: string,
    private readonly route: Route,
    private readonly answerMs: number,
    /** It is well again. */
    private readonly well: () => void,
  ) {}

  /** Goes on until the breaker is closed; does nothing when it is. */
  begin(): void {
    if (this.closed || this.route.breaker.state === "closed") return;
    this.probing ??= this.run().finally(() => this.probing = null);
  }

  async close(): Promise<void> {
    this.closed = true;
    this.sleep?.end();
    await this.probing;
  }

  private async run(): Promise<void> {
    const { breaker, broker } = this.route;
    let hanging: Promise<unknown> | null = null;
    while (!this.closed && breaker.state !== "closed") {
      const admission = breaker.admit(nowMicros());
      if (admission === null) {
        this.sleep = new Sleep(LOOK_MS);
        await this.sleep.done;
        continue;
      }
      // One at a time: a server that answers none must not be sent many.
      if (hanging === null) {
        const sent = broker.publish(PROBE_TOPIC, this.node, this.letter());
        const settled = () => {
          if (hanging === sent) hanging = null;
        };
        hanging = sent;
        sent.then(settled, settled);
      }
      let ok = false;
      try {
        ok = await within(hanging, this.answerMs) !== LATE;
      } catch { /* it failed */ }
      breaker.settle(admission, ok, nowMicros());
    }
    if (!this.closed) this.well();
  }

  private letter() {
    const { node } = this;
    const n = ++this.count;
    const envelope = { node, epoch: 0, sender: null, sequence: n, id: n, cause: 0, root: n, deadline: 0, schema: null };
    return { envelope, body: "" };
  }
}
