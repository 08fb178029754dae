/**
 * Copies of the log elsewhere, seen from the node: each has a thread of its own, is asked to look a few times a second, and
 * is a concern of the system mode while it cannot copy, differs, or is behind for too long. The node waits for none of
 * them: a thread that hangs in a dead disk answers nothing, and that is what shows.
 */
import type { Stopwatch } from "../../runtime/mod.ts";
import type { LookOptions, SinkAnswer, SinkPlan, SinkReport, SinkRequest } from "../auditors/replica/report.ts";
import type { SinkCode } from "../auditors/replica/fault.ts";
import type { SinkView } from "../protocol/mod.ts";

/** Between two looks at a sink that cannot copy: it is tried again, and not without pause. */
const RETRY_NANOS = 1e9;
/** Between two verifications: so long at least, and so many times what the last one took. */
const VERIFY_NANOS = 5e9;
const VERIFY_SHARE = 20;
/** A thread that has never answered may still be loading. */
const LOADING_NANOS = 30e9;

export interface SinkFound {
  readonly code: SinkCode;
  readonly sentence: string;
}

export interface SinkOptions {
  readonly plan: SinkPlan;
  /** For people. */
  readonly where: string;
  readonly stopwatch: Stopwatch;
  readonly lagMs: number;
  /** What is wrong has changed; null: nothing is any more. */
  readonly changed: (sink: AuditSink, found: SinkFound | null) => void;
}

export class AuditSink {
  readonly #options: SinkOptions;
  #worker: Worker | null = null;
  #report: SinkReport | null = null;
  /** When the look that is not answered was asked for; null: none is. */
  #asked: number | null = null;
  /** When the look was asked for after which it had everything. */
  #caughtUp: number;
  #started: number;
  #next = 0;
  #verifyAt = 0;
  #verifying: number | null = null;
  #failure: string | null = null;
  #found: SinkFound | null = null;
  #heard: PromiseWithResolvers<void> | null = null;

  constructor(options: SinkOptions) {
    this.#options = options;
    this.#caughtUp = this.#started = options.stopwatch.now();
  }

  get name(): SinkView["sink"] {
    return this.#options.plan.kind;
  }

  /** Asks for a look when one is due, and sees whether the last one takes too long. Returns at once. */
  poll(): void {
    const now = this.#options.stopwatch.now();
    if (this.#asked === null && now >= this.#next) {
      this.#ask({ verify: this.#verifying === null && now >= this.#verifyAt });
    }
    this.#judge();
  }

  view(): SinkView {
    const { where, stopwatch } = this.#options;
    const { records = 0, bytes = 0, verified = null, waiting = 0 } = this.#report ?? {};
    return {
      sink: this.name,
      where,
      records,
      bytes,
      checkedRecords: verified?.records ?? 0,
      checkedRoot: verified?.root ?? "",
      behindSeconds: Math.max(0, Math.floor((stopwatch.now() - this.#caughtUp) / 1e9)),
      waitingRuns: waiting,
      fault: this.#found,
    };
  }

  /**
   * After the log was closed: copies and verifies the rest, for as long as `until` has not resolved. What is wrong then, and
   * null when everything is copied and agrees.
   */
  async finish(until: Promise<unknown>): Promise<SinkFound | null> {
    let over = false;
    const late = until.then(() => over = true);
    // The look under way may have begun before the log was closed, and the next one comes before it is verified.
    for (let looks = 0; looks < 2 || this.#behind();) {
      if (this.#asked === null) {
        looks++;
        this.#ask({ verify: true, settle: true });
      }
      this.#heard = Promise.withResolvers();
      await Promise.race([late, this.#heard.promise]);
      if (over) break;
      this.#judge();
      if (this.#found !== null) return this.#found;
    }
    if (!over) return null;
    const { where } = this.#options;
    return {
      code: this.name === "replica" ? "REPLICA_LAGS" : "TOPIC_LAGS",
      sentence: `${where} does not have the whole log yet: the next start in this data directory catches up`,
    };
  }

  close(): void {
    this.#worker?.terminate();
    this.#worker = null;
  }

  #behind(): boolean {
    const report = this.#report;
    return report === null || !report.caughtUp || report.checking || report.waiting > 0;
  }

  #ask({ verify, settle = false }: Partial<LookOptions>): void {
    const { plan, stopwatch } = this.#options;
    if (this.#worker === null) {
      this.#worker = this.#start();
      this.#worker.postMessage({ plan } satisfies SinkRequest);
    }
    const now = stopwatch.now();
    this.#asked = now;
    if (verify) this.#verifying = now;
    this.#worker.postMessage({ look: { verify: verify ?? false, settle } } satisfies SinkRequest);
  }

  #start(): Worker {
    const worker = new Worker(new URL("../auditors/replica/worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<SinkAnswer>) => this.#answered(data);
    worker.onerror = (event) => {
      // Nobody else handles it, and an unhandled error of a worker ends the process.
      event.preventDefault();
      this.#answered({ failed: event.message });
    };
    return worker;
  }

  #answered(answer: SinkAnswer): void {
    const now = this.#options.stopwatch.now();
    const asked = this.#asked ?? now;
    this.#asked = null;
    if ("failed" in answer) {
      this.#failure = answer.failed;
      this.close();
      this.#next = now + RETRY_NANOS;
    } else {
      this.#failure = null;
      this.#report = answer.report;
      if (answer.report.caughtUp) this.#caughtUp = asked;
      this.#next = answer.report.faults.length > 0 ? now + RETRY_NANOS : 0;
      if (this.#verifying !== null && !answer.report.checking) {
        this.#verifyAt = now + Math.max(VERIFY_NANOS, VERIFY_SHARE * (now - this.#verifying));
        this.#verifying = null;
      }
    }
    this.#judge();
    this.#heard?.resolve();
  }

  #judge(): void {
    const found = this.#wrong();
    if (found?.code === this.#found?.code && found?.sentence === this.#found?.sentence) return;
    this.#found = found;
    this.#options.changed(this, found);
  }

  #wrong(): SinkFound | null {
    const { where, lagMs, stopwatch } = this.#options;
    if (this.#failure !== null) {
      return { code: "SINK_STOPPED", sentence: `${where} is not written, and tried again: ${this.#failure}` };
    }
    const [fault] = this.#report?.faults ?? [];
    if (fault !== undefined) return { code: fault.code, sentence: `run ${fault.run}: ${fault.sentence}` };
    const now = stopwatch.now();
    const loading = this.#report === null && now - this.#started < LOADING_NANOS;
    if (loading || now - this.#caughtUp <= lagMs * 1e6) return null;
    return {
      code: this.name === "replica" ? "REPLICA_LAGS" : "TOPIC_LAGS",
      sentence: `${where} has not had the whole log for more than ${lagMs / 1000} s: make it faster, or ` +
        `find out why it hangs`,
    };
  }
}
