/** The controls of a node for people to look at: the tree with what is used, refusals by name, facts in force. Only reads. */
import { CODE_TEXT, FIRM_SCOPE } from "../../ffi/layout.gen.ts";
import { type ControlPage, gateChecks, type OrderGate } from "../../ffi/mod.ts";
import type { Config } from "../../config/mod.ts";
import type { Micros } from "../../runtime/mod.ts";
import { scopeStateName } from "../guardians/kill.ts";
import type { RefusalLog } from "../guardians/refusals.ts";
import {
  type AlertView,
  type ControlScope,
  type ControlScopeKind,
  type ControlTree,
  type FactsInForce,
  type Instrument,
  levelOf,
  type LimitsView,
  type LimitUse,
  type Refusal,
  type RejectSeries,
  type ScopeStateName,
  shareOf,
  stateOfMode,
  strictest,
  type SystemMode,
} from "../protocol/mod.ts";
import { unitOfCheck } from "./check_units.ts";
import type { EarlyWarnings } from "./early_warnings.ts";
import { factsInForce } from "./facts_view.ts";
import { capitalLimits, type LimitUseOptions, usedOf } from "./limit_use.ts";
import type { NamedScope } from "./limits.ts";
import type { RejectHistory } from "./reject_history.ts";
import { FIRM, instrumentScope } from "./scopes.ts";

const MOST_ALERTS = 100;
/** Where less used is nearer to the limit. */
const UPSIDE_DOWN: readonly string[] = ["duplicate_window_ms"];

export interface ControlsOverviewOptions extends LimitUseOptions {
  /** As the node started: what cannot be changed while it runs. */
  readonly config: Config;
  readonly inForce: () => Config;
  readonly gate: OrderGate;
  readonly control: ControlPage;
  /** The gate's tree, parents first. */
  readonly scopes: readonly NamedScope[];
  readonly instruments: readonly Instrument[];
  readonly refusals: RefusalLog;
  readonly rejects: RejectHistory;
  readonly warnings: EarlyWarnings;
  readonly mode: () => SystemMode;
  readonly now: () => Micros;
}

export class ControlsOverview {
  readonly #options: ControlsOverviewOptions;
  readonly #names: ReadonlyMap<number, string>;
  #checks: readonly string[] | null = null;

  constructor(options: ControlsOverviewOptions) {
    this.#options = options;
    this.#names = new Map(options.scopes.map(({ node, name }) => [node, name]));
  }

  tree({ hash, limits }: LimitsView): ControlTree {
    const { inForce, scopes, instruments, gate, warnings } = this.#options;
    const rows: LimitUse[] = [
      ...limits.map((row) => used(row, true)),
      ...capitalLimits(inForce()).map((row) =>
        used({ ...row, used: usedOf(this.#options, row), peak: null, volume: null }, false)
      ),
    ];
    const of = (scope: string) => rows.filter((row) => row.scope === scope);
    const effective = new Map<number, ScopeStateName>();
    const nodes = scopes.map(({ node, parent, name }): ControlScope => {
      const state = this.#state(name);
      const above = effective.get(parent) ?? stateOfMode(this.#options.mode());
      effective.set(node, strictest([above, state ?? "ACTIVE"]));
      const { openOrders, gross, netLong, netShort } = gate.scopeUsage(node);
      return {
        name,
        kind: kindOf(name),
        parent: this.#names.get(parent) ?? null,
        state,
        effective: effective.get(node)!,
        totals: { openOrders, gross, netLong, netShort },
        limits: of(name),
      };
    });
    const [firm] = nodes;
    const traded = instruments.map(({ symbol }): ControlScope => {
      const name = instrumentScope(symbol);
      const state = this.#state(name);
      return {
        name,
        kind: "instrument",
        parent: FIRM,
        state,
        effective: strictest([firm.effective, state ?? "ACTIVE"]),
        totals: null,
        limits: of(name),
      };
    });
    return { hash, scopes: [...nodes, ...traded], warnings: warnings.latest };
  }

  /** Early warnings among what the firm was told of changes, newest first. */
  alerts(changes: readonly AlertView[]): readonly AlertView[] {
    const warned = this.#options.warnings.latest.map(({ at, text }) => ({ at, text }));
    return [...changes, ...warned].sort((a, b) => b.at - a.at).slice(0, MOST_ALERTS);
  }

  rejects(): RejectSeries {
    return this.#options.rejects.series();
  }

  /** Newest first. */
  refusals(limit: number): readonly Refusal[] {
    const { refusals, instruments } = this.#options;
    this.#checks ??= gateChecks();
    return refusals.newest(limit).map(({ strategy, instrument, check, scope, code, ...row }) => {
      const name = this.#checks![check] ?? "recording";
      return {
        ...row,
        code,
        ...textOf(code),
        organism: this.#organism(strategy),
        instrument: instrument === null ? null : instruments[instrument]?.symbol ?? `instrument ${instrument}`,
        check: name,
        unit: unitOfCheck(name),
        scope: this.#names.get(scope) ?? this.#organism(strategy),
      };
    });
  }

  facts(): FactsInForce {
    const { inForce, refusals, now } = this.#options;
    const latches = refusals.latches.map(({ scope, code, since, refusals }) => ({
      scope: this.#names.get(scope) ?? `node ${scope}`,
      ...textOf(code),
      since,
      refusals,
    }));
    return { ...factsInForce(inForce(), now()), latches };
  }

  #organism(strategy: number): string {
    return this.#options.config.organisms[strategy - 1]?.id ?? `strategy ${strategy}`;
  }

  #state(name: string): ScopeStateName | null {
    const { control } = this.#options;
    const slot = name === FIRM ? FIRM_SCOPE : control.find(name);
    return slot === null ? null : scopeStateName(control.scope(slot));
  }
}

function used(row: Omit<LimitUse, "share" | "level" | "changeable">, changeable: boolean): LimitUse {
  const share = UPSIDE_DOWN.includes(row.limit) ? null : shareOf(row.used, row.value);
  return { ...row, share, level: levelOf(share), changeable };
}

function kindOf(name: string): ControlScopeKind {
  return name === FIRM ? FIRM : name.slice(0, name.indexOf(":")) as ControlScopeKind;
}

function textOf(code: number): { readonly codeName: string; readonly sentence: string } {
  const [codeName, sentence] = CODE_TEXT[code] ?? [String(code), `code ${code}`];
  return { codeName, sentence };
}
