/** The run summary: one object that programs read. Its keys are stable. */
import type { GuardianBooks } from "../guardians/books.ts";
import type { MessagesView, PostTradeView, SystemMode } from "../protocol/mod.ts";

export interface RunSummary {
  readonly seed: number;
  readonly feed: string;
  /** Wall seconds from the first event to the last. */
  readonly wall_s: number;
  /** Market events received. */
  readonly events: number;
  /** New orders organisms asked for. */
  readonly orders: number;
  readonly accepted: number;
  /** By code name; only codes that occurred. */
  readonly rejected: Readonly<Record<string, number>>;
  readonly fills: number;
  /** By organism, in units of the quote currency. */
  readonly pnl: Readonly<
    Record<string, { readonly realised: number; readonly unrealised: number; readonly fees: number }>
  >;
  /** Root of the tree over the records, and head of the chain of groups: `docs/audit.md`. */
  readonly audit: {
    readonly records: number;
    readonly root: string;
    readonly chain: string;
    readonly verified: boolean;
  };
  readonly latency: {
    readonly p50_us: number;
    readonly p99_us: number;
    readonly p9999_us: number;
    readonly max_us: number;
    readonly vm_hiccup_p9999_us: number;
  };
  /** After the trade: what surveillance received and how fast, what reconciliation found, what was warned of. */
  readonly post_trade: {
    readonly delivered: number;
    /** Batches on record that surveillance does not have. */
    readonly behind: number;
    readonly gaps: number;
    readonly lost: number;
    /** Wall time from on record to delivered. */
    readonly delivery_p50_us: number;
    readonly delivery_p99_us: number;
    readonly delivery_max_us: number;
    readonly comparisons: number;
    readonly differences: number;
    /** Ids of those that have not gone away. */
    readonly open: readonly string[];
    readonly alerts: number;
  };
  readonly restarts: number;
  readonly crashes: number;
  readonly deadLetters: number;
  readonly messages: MessagesView;
  readonly mode: SystemMode;
  /** Names of the scopes that are killed. */
  readonly killed: readonly string[];
}

const micros = (nanos: number): number => Math.round(nanos / 10) / 100;

export function latencySummary(books: GuardianBooks, hiccupNanos: number): RunSummary["latency"] {
  return {
    p50_us: micros(books.latency.quantile(0.5)),
    p99_us: micros(books.latency.quantile(0.99)),
    p9999_us: micros(books.latency.quantile(0.9999)),
    max_us: micros(books.latency.max),
    vm_hiccup_p9999_us: micros(hiccupNanos),
  };
}

export function postTradeSummary({ feed, reconciliation, alerts }: PostTradeView): RunSummary["post_trade"] {
  return {
    delivered: feed.delivered,
    behind: feed.behind,
    gaps: feed.gaps,
    lost: feed.lost,
    delivery_p50_us: micros(1000 * feed.latency.p50Micros),
    delivery_p99_us: micros(1000 * feed.latency.p99Micros),
    delivery_max_us: micros(1000 * feed.latency.maxMicros),
    comparisons: reconciliation.compared,
    differences: reconciliation.found,
    open: reconciliation.open.map(({ id }) => id),
    alerts: alerts.length,
  };
}

/** The summary for people. */
export function summaryText(summary: RunSummary): string {
  const { messages: m, latency: l, post_trade: t } = summary;
  const rejects = Object.entries(summary.rejected).map(([code, n]) => `${code} ${n}`).join(", ");
  const lines = [
    `feed ${summary.feed}, seed ${summary.seed}, ${
      summary.wall_s.toFixed(2)
    } s of wall time, ${summary.events} market events`,
    `orders ${summary.orders}: accepted ${summary.accepted}, refused ${rejects || "none"}; fills ${summary.fills}`,
    ...Object.entries(summary.pnl).map(([organism, p]) =>
      `  ${organism}: realised ${p.realised.toFixed(2)}, unrealised ${p.unrealised.toFixed(2)}, fees ${
        p.fees.toFixed(2)
      }`
    ),
    `audit: ${summary.audit.records} records, root ${summary.audit.root.slice(0, 16)}…, ${
      summary.audit.verified ? "verified" : "NOT VERIFIED"
    }`,
    `intent to report: p50 ${l.p50_us} µs, p99 ${l.p99_us} µs, p99.99 ${l.p9999_us} µs, max ${l.max_us} µs (machine hiccup p99.99 ${l.vm_hiccup_p9999_us} µs)`,
    `after trade: ${t.delivered} reports delivered in p50 ${t.delivery_p50_us} µs, p99 ${t.delivery_p99_us} µs, max ${t.delivery_max_us} µs of wall time; ${t.comparisons} comparisons, ${t.differences} differences${
      t.open.length > 0 ? `, open: ${t.open.join(", ")}` : ""
    }`,
    `messages: ${m.enqueued} = ${m.handled} handled + ${m.rejected} rejected + ${m.dropped} dropped + ${m.expired} expired + ${m.dead} dead + ${m.inFlight} in flight; unexplained ${m.unexplained}`,
    `crashes ${summary.crashes}, restarts ${summary.restarts}, dead letters ${summary.deadLetters}, mode ${summary.mode}${
      summary.killed.length > 0 ? `, killed: ${summary.killed.join(", ")}` : ""
    }`,
  ];
  return lines.join("\n");
}
