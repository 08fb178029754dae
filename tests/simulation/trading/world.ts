/** A node on a ground of its own: a real log, a real control page, the simulated market, and virtual time. */
import { AuditLog, ControlPage, MatchingEngine, OrderGate } from "../../../ffi/mod.ts";
import type { Config } from "../../../config/mod.ts";
import { type ComposedNode, composeNode } from "../../../actors/node/compose.ts";
import type { Ground } from "../../../actors/node/ground.ts";
import { instrumentsOf } from "../../../actors/node/instruments.ts";
import { organismSpecs, STRATEGY_OF } from "../../../actors/node/organisms.ts";
import { nameScopes, treeOf } from "../../../actors/node/scopes.ts";
import { simulatedWorld } from "../../../actors/node/worlds/simulated.ts";
import { organismHost, prepareHost } from "../../../actors/organisms/host.ts";
import type { ActorSystem } from "../../../runtime/mod.ts";
import type { Stage } from "../../../runtime/testkit/simulation.ts";
import { type ChildSpec, worker } from "../../../supervision/mod.ts";
import { MAX_POSITION, RESTLESS, tradingConfig } from "./config.ts";
import { ExchangeView } from "./exchange.ts";
import { withFailures } from "./failures.ts";
import { restless } from "./restless.ts";
import { Spoken } from "./spoken.ts";
import { Witness } from "./witness.ts";

/** Small, so that a log begins many segments in a run, and so has many moments at which a disk can be full. */
const SEGMENT_BYTES = 32 * 1024;
const SHARED_MEMORY = "/dev/shm";

export interface Trading {
  readonly config: Config;
  readonly system: ActorSystem;
  readonly node: ComposedNode;
  readonly audit: AuditLog;
  readonly gate: OrderGate;
  /** The page as another process has it: a mapping of its own. */
  readonly page: ControlPage;
  readonly exchange: ExchangeView;
  readonly witness: Witness;
  readonly spoken: Spoken;
  /** Directory of the log. */
  readonly log: string;
  /** Whether the disk may fill up in this run. */
  readonly frail: boolean;
  /** Actors that are suspended now. */
  readonly suspended: Set<string>;
  /** Supervisors that gave up, with what they did then. */
  readonly gaveUp: Map<string, string>;
  /** What the node told people about what went wrong. */
  readonly told: string[];
  /** Set when the faults stopped: the time, and the decisions up to then. */
  calmFrom: number;
  /** Records on the log when the organisms were told to go: what is reported later finds nobody. */
  drainFrom: number;
  close(): Promise<void>;
}

export function openTrading(stage: Stage, damage: (ground: Ground) => Ground): Trading {
  const { random } = stage;
  const config = tradingConfig(random.fork("config"));
  const instruments = instrumentsOf(config);
  const strategies = config.organisms.map((_, i) => STRATEGY_OF(i));
  const directory = Deno.makeTempDirSync({ prefix: "cwts-trading-", dir: sharedMemory() });
  const log = `${directory}/log`;
  const audit = AuditLog.open({ directory: log, durability: "batch", segmentBytes: SEGMENT_BYTES });
  const control = ControlPage.open(directory);
  control.attach(Deno.pid);
  const stopwatch = { now: () => (system.clock.now() - start) * 1000 };
  nameScopes(control, treeOf(config, instruments), 0);
  const gate = OrderGate.create({ audit, control });

  let engine!: MatchingEngine;
  const spoken = new Spoken();
  const world = spoken.at(simulatedWorld(config, (ids) => engine = MatchingEngine.create(ids)));
  const { start } = world;
  const witness = new Witness(audit, config.organisms.map(({ id }) => id));
  const told: string[] = [];
  let system!: ActorSystem;
  const node = composeNode(damage({
    config,
    instruments,
    organisms: organismSpecs(config, instruments).map((spec, i) => restlessOr(spec, STRATEGY_OF(i), instruments)),
    world,
    audit,
    control,
    gate,
    wall: { nanos: () => (system.clock.now() - start) * 1000, timestamp: () => "", after: () => {} },
    err: (line) => told.push(line),
    system: (options) => system = stage.open({ ...options, stopwatch }),
    tree: (spec) => withFailures(spec, stage, witness),
  }));
  const gaveUp = new Map<string, string>();
  system.events.subscribe((event) => {
    if (event.kind === "gave-up") gaveUp.set(event.path, event.onGiveUp);
    witness.notices(event);
  });
  node.start();
  return {
    config,
    system,
    node,
    audit,
    gate: node.parts.gate,
    page: ControlPage.openExisting(directory),
    exchange: new ExchangeView(engine, strategies, instruments.map(({ id }) => id)),
    witness,
    spoken,
    log,
    frail: random.next() < 0.1,
    suspended: new Set(),
    gaveUp,
    told,
    calmFrom: Infinity,
    drainFrom: Infinity,
    async close() {
      await node.close();
      gate.close();
      control.close();
      this.page.close();
      audit.close();
      Deno.removeSync(directory, { recursive: true });
    },
  };
}

export const LIMIT = MAX_POSITION;

function restlessOr(spec: ChildSpec, strategy: number, instruments: ReturnType<typeof instrumentsOf>): ChildSpec {
  if (!RESTLESS.includes(spec.id)) return spec;
  return worker(spec.id, organismHost, prepareHost({ id: spec.id, strategy, definition: restless, instruments }));
}

function sharedMemory(): string | undefined {
  try {
    return Deno.statSync(SHARED_MEMORY).isDirectory ? SHARED_MEMORY : undefined;
  } catch {
    return undefined;
  }
}
