/**
 * After the trade, as the node keeps it: the feed of surveillance, the drop copy and its reconciliation, credit, alerts; and
 * the console's door to them.
 */
import type { Config } from "../../config/mod.ts";
import { RecordType } from "../../ffi/layout.gen.ts";
import type { OrderGate } from "../../ffi/mod.ts";
import type { ActorSystem } from "../../runtime/mod.ts";
import { AlertBook } from "../auditors/alerts.ts";
import { CreditWatch } from "../auditors/credit.ts";
import type { DropCopyArgs } from "../auditors/drop_copy.ts";
import { DropCopyBook } from "../auditors/drop_copy_book.ts";
import { ExecutionFeed, type FedReport } from "../auditors/execution_feed.ts";
import { Reconciliation } from "../auditors/reconciliation.ts";
import { LayeringWatch } from "../auditors/layering.ts";
import { layeringFound } from "../auditors/layering_text.ts";
import type { SurveillanceArgs } from "../auditors/surveillance.ts";
import type { GuardianBooks } from "../guardians/books.ts";
import { MarketBoard } from "../guardians/market_board.ts";
import { reportOf } from "../guardians/reports.ts";
import type { VenueLink } from "../guardians/venue_link.ts";
import {
  type Depth,
  type ExecutionPage,
  type ExecutionRow,
  type Instrument,
  MODE,
  MONEY_SCALE,
  type PostTradePort,
  type PostTradeView,
  type ReconciliationView,
} from "../protocol/mod.ts";
import { following, fundedScopes } from "./facts.ts";
import type { Journal } from "./journal.ts";
import type { NamedScope } from "./limits.ts";

export interface PostTradeOptions {
  readonly config: Config;
  readonly inForce: () => Config;
  readonly scopes: readonly NamedScope[];
  readonly instruments: readonly Instrument[];
  readonly gate: OrderGate;
  readonly books: GuardianBooks;
  readonly link: VenueLink;
  readonly journal: Journal;
  readonly system: ActorSystem;
  readonly isActive: (id: string) => boolean;
  /** Lots that are shown at the five best prices of a side. */
  readonly visible: (instrument: number, side: number) => number;
  /** One line for people. */
  readonly tell: (line: string) => void;
  /** Rings for what was found; false when it is none of its business, and then it is only put on record. */
  readonly ring?: (alert: string, text: string, facts: Readonly<Record<string, unknown>>) => boolean;
}

/** Prices on a side that count as visible. */
export const VISIBLE_LEVELS = 5;

export function visibleLots({ bids, asks }: Depth, side: number): number {
  return (side === 0 ? bids : asks).reduce((sum, [, lots]) => sum + lots, 0);
}

export class PostTrade implements PostTradePort {
  readonly #options: PostTradeOptions;
  readonly #feed = new ExecutionFeed();
  readonly #copy = new DropCopyBook();
  readonly #alerts: AlertBook;
  readonly #credit: CreditWatch;
  readonly #reconciliation: Reconciliation;

  constructor(options: PostTradeOptions) {
    this.#options = options;
    const { config, inForce, scopes, instruments, gate, books, journal, system, isActive, tell, ring } = options;
    const copy = this.#copy;
    this.#alerts = new AlertBook({
      now: () => system.clock.now(),
      record: ({ alert, text, ...facts }) => {
        // What rings is put on record by the bell.
        if (ring?.(String(alert), String(text), facts) !== true) {
          journal.note(RecordType.Note, { alert, text, ...facts });
        }
      },
      tell: (line) => tell(`after trade: ${line}`),
    });
    this.#credit = new CreditWatch({
      scopes: following(inForce, (now) =>
        fundedScopes(now, scopes).map(({ node, strategies }, i) => {
          const { scope, credit, amount } = now.controls.capital[i];
          return { scope, node, strategies, limit: Math.round(Number(credit ?? amount) * MONEY_SCALE) };
        })),
      copy,
      worthOf: (instrument) => MarketBoard.mark(books.board.rows[instrument]) * instruments[instrument].unitsPerTickLot,
      gateOf: (node, instrument) => gate.scopeExposure(node, instrument),
      alerts: this.#alerts,
    });
    this.#reconciliation = new Reconciliation({
      copy,
      gateOf: (strategy, instrument) => gate.exposure(strategy, instrument),
      books,
      tolerance: config.mode.reconcileTolerance,
      more: () => this.#credit.differences(),
      record: (value) => journal.note(RecordType.Reconciled, value),
      raise: (concern) => system.registry.find(MODE)?.tell(concern),
      isActive,
      alerts: this.#alerts,
    });
  }

  /** For the actor of surveillance. */
  get surveillance(): SurveillanceArgs {
    const { config, instruments, visible } = this.#options;
    const { enabled, ...rule } = config.surveillance.layering;
    if (!enabled) return { feed: this.#feed, alerts: this.#alerts };
    const layering = new LayeringWatch({
      rule,
      ownerOf: (strategy) => config.organisms[strategy - 1]?.account ?? "",
      visible,
      found: (pattern) => this.#alerts.raise("layering", ...layeringFound(pattern, instruments[pattern.instrument])),
    });
    return { feed: this.#feed, alerts: this.#alerts, layering };
  }

  /** For the drop copy's actor. */
  get dropCopy(): DropCopyArgs {
    const { gate, link, isActive } = this.#options;
    return {
      book: this.#copy,
      credit: this.#credit,
      reconciliation: this.#reconciliation,
      taken: () => gate.counters().executions,
      feed: () => ({ told: link.recorded.last, taken: this.#feed.stream.taken }),
      isActive,
    };
  }

  view(): PostTradeView {
    return {
      feed: this.#feed.report(this.#options.link.recorded.last),
      reconciliation: this.#reconciliation.view(),
      credit: this.#credit.view(),
      alerts: this.#alerts.latest,
    };
  }

  executions({ after, limit }: { readonly after: number; readonly limit: number }): ExecutionPage {
    const items: ExecutionRow[] = [];
    for (const report of this.#feed.after(after, limit)) items.push(this.#row(report));
    return { items, oldest: this.#feed.oldest, newest: this.#feed.newest, missed: this.#feed.missed(after) };
  }

  reconcile(who: string): ReconciliationView {
    this.#state("on-demand", who);
    return this.#reconciliation.view();
  }

  /** At the end of a run, when everything has come home. */
  close(): void {
    this.#state("end-of-run", "node");
  }

  onDelivered(listener: () => void): () => void {
    return this.#feed.onDelivered(listener);
  }

  #state(cause: "on-demand" | "end-of-run", who: string): void {
    const { gate, system } = this.#options;
    const level = gate.counters().executions === this.#copy.reports;
    this.#reconciliation.statement(cause, who, system.clock.now(), level);
  }

  #row({ number, venue, view, nanos }: FedReport): ExecutionRow {
    const { config, instruments } = this.#options;
    const { type, orderId, strategy, instrument, side, price, quantity, leaves, liquidity, code, time } = reportOf(
      view,
      0,
      0,
    );
    return {
      number,
      venue,
      venueSequence: view.venueSequence,
      type,
      orderId,
      organism: config.organisms[strategy - 1]?.id ?? `strategy ${strategy}`,
      instrument: instruments[instrument]?.symbol ?? `instrument ${instrument}`,
      side: side === 0 ? "buy" : "sell",
      price,
      quantity,
      leaves,
      liquidity,
      code,
      time,
      deliveredMicros: nanos / 1000,
    };
  }
}
