/** What a log begins with: enough to read everything behind it without the configuration. */
import { type Config, configHash, VERSION } from "../../config/mod.ts";
import type { ControlPage } from "../../ffi/mod.ts";
import type { Instrument, ScopeName, ScopeStateName } from "../protocol/mod.ts";
import { killedScopes, strictScopes } from "./scopes.ts";

export interface StartRecord {
  readonly version: string;
  /** Hash of the configuration. */
  readonly config: string;
  readonly seed: number;
  readonly feed: string;
  /** Strategy n is organism n − 1. */
  readonly organisms: readonly { readonly id: string; readonly species: string }[];
  /** Symbols, by instrument id. */
  readonly instruments: readonly string[];
  /** Tick, lot, value and fees of each, by instrument id. Absent on logs of earlier versions. */
  readonly terms?: readonly Instrument[];
  /** Scopes that are killed at the start. */
  readonly killed: readonly string[];
  /** Scopes that are not ACTIVE at the start. Absent on logs of earlier versions. */
  readonly states?: readonly { readonly scope: ScopeName; readonly state: ScopeStateName }[];
}

export interface Started {
  readonly config: Config;
  readonly instruments: readonly Instrument[];
  readonly control: ControlPage;
  readonly feed: string;
}

export function startOf({ config, instruments, control, feed }: Started): StartRecord {
  return {
    version: VERSION,
    config: configHash(config),
    seed: config.node.seed,
    feed,
    organisms: config.organisms.map(({ id, species }) => ({ id, species })),
    instruments: instruments.map(({ symbol }) => symbol),
    terms: instruments,
    killed: killedScopes(control),
    states: strictScopes(control),
  };
}
