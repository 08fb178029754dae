/**
 * Changing limits while a node runs: what may be asked, who may ask, and what is shown.
 *
 * A request reaches the limits desk only with a mandate, which the composition root alone can issue, for a principal who
 * came in through the access desk. Organisms and their hosts hold none and can make none.
 */
import type { ActorRef } from "../../runtime/mod.ts";
import type { Principal } from "./access.ts";

declare const mandated: unique symbol;

export interface Mandate {
  readonly [mandated]: true;
}

export interface Mandates {
  issue(principal: Principal): Mandate;
  /** Null for anything that `issue` did not make, whatever it looks like. */
  holderOf(mandate: Mandate): Principal | null;
}

/** One set of mandates per node. */
export function createMandates(): Mandates {
  class Issued {
    declare readonly [mandated]: true;
    readonly #principal: Principal;
    constructor(principal: Principal) {
      this.#principal = principal;
    }
    static holder(mandate: object): Principal | null {
      return #principal in mandate ? mandate.#principal : null;
    }
  }
  return {
    issue: (principal) => new Issued(principal),
    holderOf: (mandate) => (typeof mandate === "object" && mandate !== null ? Issued.holder(mandate) : null),
  };
}

/** Which limit, or which row of the facts ("controls.restrictions", "firm/ALPHA"): "firm", "customer:<id>", "account:<id>", "organism:<id>" or "instrument:<symbol>", and its key in a file. */
export interface LimitRef {
  readonly scope: string;
  /** As in a file: "max_position". */
  readonly limit: string;
  /** For limits of firm, customers and accounts in one instrument; null for all others. */
  readonly instrument: string | null;
}

/** As in a file: a whole number, or a decimal as text; null is no limit. */
export type LimitValue = number | string | null;

export interface LimitUsage {
  /** Now, in the unit of the limit; of sizes, values, rates and the like of the latest order; null where none is counted. */
  readonly used: number | null;
  /** Most seen since the node started. */
  readonly peak: number | null;
  /** Lots traded in the market of the instrument since the node started; null without one. */
  readonly volume: number | null;
}

export interface LimitRow extends LimitRef, LimitUsage {
  readonly value: LimitValue;
  readonly unit: string;
}

export interface FactRow extends LimitRef {
  readonly value: LimitValue;
}

export interface ProposalView extends LimitRef {
  readonly id: number;
  readonly from: LimitValue;
  readonly to: LimitValue;
  readonly reason: string;
  readonly person: string;
  readonly role: string;
  /** Limit and usage when it was proposed: what the second person decides on. */
  readonly usage: LimitUsage;
  /** Wall milliseconds. */
  readonly at: number;
  /** Until when it would hold; null for good. */
  readonly expires: number | null;
  /** Names exactly this proposal, for its approval. */
  readonly digest: string;
}

export interface TemporaryView extends LimitRef {
  readonly id: number;
  readonly value: LimitValue;
  /** What it returns to. */
  readonly back: LimitValue;
  readonly until: number;
}

export interface AlertView {
  readonly at: number;
  readonly text: string;
}

export interface LimitsView {
  /** Of the configuration in force. */
  readonly hash: string;
  readonly limits: readonly LimitRow[];
  /** Rows of `[controls]`: `scope` is the table, `limit` names the row, the value is its fields as JSON. */
  readonly facts: readonly FactRow[];
  readonly pending: readonly ProposalView[];
  readonly temporary: readonly TemporaryView[];
  /** Newest first. */
  readonly alerts: readonly AlertView[];
}

export type LimitsCommand =
  | { readonly verb: "tighten"; readonly ref: LimitRef; readonly value: LimitValue; readonly reason: string }
  | {
    readonly verb: "propose";
    readonly ref: LimitRef;
    readonly value: LimitValue;
    readonly reason: string;
    readonly expires: number | null;
  }
  | { readonly verb: "approve"; readonly id: number; readonly digest: string; readonly reason?: string }
  | { readonly verb: "withdraw"; readonly id: number; readonly reason: string };

export type LimitsReply =
  | { readonly ok: true; readonly id: number; readonly hash: string; readonly lowered: readonly LimitRef[] }
  | { readonly ok: false; readonly code: string; readonly detail: string };

export type LimitsMessage =
  | {
    readonly kind: "LimitsRequest";
    readonly mandate: Mandate;
    readonly command: LimitsCommand;
    readonly from: string;
    readonly replyTo: ActorRef<LimitsReply>;
  }
  /** Time has passed on the wall: look for what is due. */
  | { readonly kind: "LimitsClock" };

/** The gate, as far as limits go. */
export interface LimitsPort<Limits> {
  /** Makes the gate hold `after` in place of `before`: what differs is loaded and on record when this returns. */
  load(before: Limits, after: Limits): void;
  usage(ref: LimitRef): {
    readonly used: number | null;
    readonly volume: number | null;
    /** Where it counts every order and is not looked at now and then; of a limit that gets looser downwards, the least. */
    readonly peak?: number;
  };
}
