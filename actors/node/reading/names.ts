/** Names and units of a run, as the beginning of its log tells them: without them a record is numbers. */
import { fromLots, fromMoney, fromTicks, type Instrument } from "../../protocol/mod.ts";
import type { NamedScope } from "../limits.ts";
import type { StartRecord } from "../start_record.ts";

export interface NamesState {
  readonly start: StartRecord | null;
  readonly scopes: readonly NamedScope[];
}

export class RunNames {
  #start: StartRecord | null = null;
  #scopes: readonly NamedScope[] = [];

  /** Takes the first record of a run. */
  started(start: StartRecord): void {
    this.#start = start;
  }

  /** Takes the record of the tree of scopes. */
  tree(scopes: readonly NamedScope[]): void {
    this.#scopes = scopes;
  }

  get start(): StartRecord | null {
    return this.#start;
  }

  get scopes(): readonly NamedScope[] {
    return this.#scopes;
  }

  get organisms(): readonly string[] {
    return this.#start?.organisms.map(({ id }) => id) ?? [];
  }

  get symbols(): readonly string[] {
    return this.#start?.instruments ?? [];
  }

  /** Ticks, lots and fees of an instrument; undefined on a log of an earlier version, which does not say them. */
  terms(instrument: number): Instrument | undefined {
    return this.#start?.terms?.[instrument];
  }

  organism(strategy: number): string {
    return this.#start?.organisms[strategy - 1]?.id ?? `strategy ${strategy}`;
  }

  /** Strategy of an organism; undefined when the run has none of that name. */
  strategy(organism: string): number | undefined {
    const at = this.organisms.indexOf(organism);
    return at < 0 ? undefined : at + 1;
  }

  symbol(instrument: number): string {
    return this.#start?.instruments[instrument] ?? `instrument ${instrument}`;
  }

  /** Node of a strategy and every one above it, up to the firm's. */
  nodesOf(strategy: number): readonly number[] {
    const path: number[] = [];
    let at = this.#scopes.find(({ name }) => name === `organism:${this.organism(strategy)}`);
    while (at !== undefined) {
      const { node, parent } = at;
      path.push(node);
      at = parent === node ? undefined : this.#scopes.find((one) => one.node === parent);
    }
    return path;
  }

  scope(node: number): string {
    return this.#scopes.find((one) => one.node === node)?.name ?? `node ${node}`;
  }

  /** As a decimal, or in ticks where the log does not say what a tick is. */
  price(instrument: number, ticks: number): string {
    const terms = this.terms(instrument);
    return terms === undefined ? `${ticks} ticks` : fromTicks(terms, ticks);
  }

  /** As a decimal, or in lots. */
  quantity(instrument: number, lots: number): string {
    const terms = this.terms(instrument);
    return terms === undefined ? `${lots} lots` : fromLots(terms, lots);
  }

  /** Money units as an amount with its currency. */
  money(instrument: number, units: number): string {
    return `${fromMoney(units)} ${this.terms(instrument)?.currency ?? ""}`.trimEnd();
  }

  save(): NamesState {
    return { start: this.#start, scopes: this.#scopes };
  }

  restore({ start, scopes }: NamesState): void {
    this.#start = start;
    this.#scopes = scopes;
  }
}
