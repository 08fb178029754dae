/**
 * The words of a node that hosts organisms: it has no gate, so a word here stops what it sends. A kill shuts it at once, by
 * itself and before the gateway has heard of it. It opens when the gateway, having obeyed the same kill, says that the scope is
 * open there, which two persons have made it; nothing else opens it, and there is nothing here to re-arm. What it was shut for
 * because it heard nobody ends when it hears again.
 */
import type { Config } from "../../../config/mod.ts";
import { FIRM_SCOPE, ScopeState } from "../../../ffi/layout.gen.ts";
import { ControlPage } from "../../../ffi/mod.ts";
import type { Beat, LocalPage, LocalWord } from "../../cluster/mod.ts";
import { SCOPE_STATES, type ScopeStateName } from "../../protocol/mod.ts";
import type { Instrument } from "../../protocol/mod.ts";
import { STRATEGY_OF } from "../organisms.ts";
import { FIRM, nameScopes, treeOf } from "../scopes.ts";

/** Why a scope is shut here. */
interface Shut {
  /** Of the call; null: this node heard nobody. */
  readonly id: string | null;
  readonly scope: string;
  readonly state: number;
  readonly reason: string;
  /** The gateway has obeyed it, too, and its word counts from then on. */
  obeyed: boolean;
}

export class MirrorPage implements LocalPage {
  readonly #page = ControlPage.memory();
  #places: ReadonlyMap<string, number> = new Map();
  #shut: Shut[] = [];

  constructor(config: Config, instruments: readonly Instrument[]) {
    this.rename(config, instruments);
  }

  /** Of another configuration: what is shut stays shut, by its name. */
  rename(config: Config, instruments: readonly Instrument[]): void {
    nameScopes(this.#page, treeOf(config, instruments), 1);
    this.#places = new Map(config.organisms.map(({ id }, i) => [id, STRATEGY_OF(i)]));
  }

  /** Word of the firm. */
  get firm(): ScopeStateName {
    return SCOPE_STATES[this.#page.scope(FIRM_SCOPE)];
  }

  tighten(scope: string, state: number, reason: string, actor: string, id?: string): LocalWord | null {
    const slot = this.#slot(scope);
    if (slot === null) return null;
    this.#page.tighten(slot, state, reason, actor, 1);
    this.#shut.push({ id: id ?? null, scope, state, reason, obeyed: false });
    return { state: this.#page.scope(slot), gateSequence: 0 };
  }

  /** Why an order of an organism must not leave this node; null: it may. What only reduces is the gate's to judge. */
  refuses(organism: string, instrument: number): { readonly killed: boolean; readonly reason: string } | null {
    const state = this.#page.effective(this.#places.get(organism)!, instrument);
    if (state < ScopeState.CancelOnly) return null;
    return { killed: state === ScopeState.Killed, reason: this.#shut.at(-1)?.reason ?? "" };
  }

  /** A sign of life: of the gateway it says which scopes are shut there. Returns the scopes that have opened here. */
  hear({ answers, strict }: Pick<Beat, "answers" | "strict">): readonly string[] {
    if (strict === undefined || this.#shut.length === 0) return [];
    const done = new Set(answers.map(({ id }) => id));
    for (const one of this.#shut) if (one.id !== null && done.has(one.id)) one.obeyed = true;
    const there = new Map(strict.map(({ scope, state }) => [scope, state as number]));
    return this.#drop((one) => one.obeyed && (there.get(one.scope) ?? 0) < one.state);
  }

  /** This node hears the others again. */
  hearsAgain(): readonly string[] {
    return this.#drop(({ id }) => id === null);
  }

  close(): void {
    this.#page.close();
  }

  #drop(over: (one: Shut) => boolean): readonly string[] {
    const gone = this.#shut.filter(over);
    if (gone.length === 0) return [];
    this.#shut = this.#shut.filter((one) => !gone.includes(one));
    const scopes = [...new Set(gone.map(({ scope }) => scope))];
    for (const scope of scopes) {
      const left = this.#shut.filter((one) => one.scope === scope).map(({ state }) => state);
      const slot = this.#slot(scope);
      if (slot !== null) this.#page.request(slot, Math.max(0, ...left), "the gateway has opened it", "gateway", 1);
    }
    return scopes;
  }

  #slot(scope: string): number | null {
    return scope === FIRM ? FIRM_SCOPE : this.#page.find(scope);
  }
}
