/** What goes wrong around the node, or is done to it: kills, re-arms, actors that hang, a silent market, a full disk. */
import { FIRM_SCOPE, INSTRUMENT_SCOPE_BASE, ScopeState } from "../../../ffi/layout.gen.ts";
import type { Act } from "../../../runtime/testkit/simulation.ts";
import type { Random } from "../../../runtime/mod.ts";
import type { Trading } from "./world.ts";

const CROWD = "/node/market/crowd";

export const ACTS: readonly Act<Trading>[] = [
  { kind: "scope", rate: 0.0009, act: store },
  { kind: "rearm", rate: 0.002, act: rearm },
  { kind: "hang", rate: 0.0006, act: hang },
  { kind: "go-on", rate: 0.006, act: goOn },
  { kind: "silence", rate: 0.0002, act: (world) => suspend(world, CROWD) },
  { kind: "disk", rate: 0.0004, act: fillDisk },
];

/** Stores a word as another process does, kills most of the time. */
function store(world: Trading, random: Random): string {
  const scopes = scopesOf(world);
  const scope = scopes[random.int(scopes.length)];
  const draw = random.int(10);
  const state = draw < 6 ? ScopeState.Killed : draw < 8 ? ScopeState.CancelOnly : ScopeState.ReduceOnly;
  return word(world, scope, state);
}

function rearm(world: Trading, random: Random): string | null {
  const shut = scopesOf(world).filter((scope) => world.page.scope(scope) !== ScopeState.Active);
  if (shut.length === 0) return null;
  const scope = shut[random.int(shut.length)];
  const what = word(world, scope, ScopeState.Active);
  if (scope === FIRM_SCOPE) world.node.parts.rearmMode();
  return what;
}

function word({ page, witness, system }: Trading, scope: number, state: number): string {
  const { gateSequence } = page.request(scope, state, "simulated", "simulation", 0);
  witness.words.push({ scope, state, sequence: gateSequence });
  if (state === ScopeState.Active) witness.counts.rearms++;
  else if (state === ScopeState.Killed) witness.counts.kills++;
  return `${page.name(scope)} becomes ${state} after decision ${gateSequence}, ${system.clock.now()}`;
}

/** A slow consumer, taken to its end: an actor takes no messages for a while. */
function hang(world: Trading, random: Random): string | null {
  const workers = world.system.actors().filter(({ type, state }) => type !== "supervisor" && state === "running");
  return workers.length === 0 ? null : suspend(world, workers[random.int(workers.length)].path);
}

function suspend({ system, suspended }: Trading, path: string): string | null {
  if (suspended.has(path) || system.find(path) === undefined) return null;
  system.debug.suspend(path, "simulation");
  suspended.add(path);
  return `${path} takes nothing`;
}

function goOn(world: Trading, random: Random): string | null {
  if (world.suspended.size === 0) return null;
  const paths = [...world.suspended];
  const path = paths[random.int(paths.length)];
  resume(world, path);
  return `${path} goes on`;
}

export function resume({ system, suspended }: Trading, path: string): void {
  suspended.delete(path);
  if (system.find(path) !== undefined) system.debug.resume(path, "simulation");
}

/** No further segment can be made: the next record that needs one fails. */
function fillDisk({ frail, log }: Trading): string | null {
  if (!frail || !exists(log)) return null;
  Deno.renameSync(log, `${log}.gone`);
  return "the log can begin no further segment";
}

/** So that what was written can be read. */
export function emptyDisk({ log }: Trading): void {
  if (!exists(log)) Deno.renameSync(`${log}.gone`, log);
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

export function scopesOf({ exchange: { strategies, instruments } }: Trading): readonly number[] {
  return [FIRM_SCOPE, ...strategies, ...instruments.map((id) => INSTRUMENT_SCOPE_BASE + id)];
}
