/**
 * A whole node whose organisms live behind seats and doors in the same system of actors, in virtual time: every letter is
 * written, checked and read as if it had gone over a broker, and nothing depends on the machine.
 */
import { composeNode } from "../../../actors/node/compose.ts";
import { instrumentsOf } from "../../../actors/node/instruments.ts";
import { organismSpecs } from "../../../actors/node/organisms.ts";
import { nameScopes, treeOf } from "../../../actors/node/scopes.ts";
import { seatsOf } from "../../../actors/node/roles/seats.ts";
import { ORGANISM, shardBranch } from "../../../actors/node/roles/shard_tree.ts";
import { openWorld } from "../../../actors/node/worlds/mod.ts";
import { DoorState, type FromSeat, type KilledHere } from "../../../actors/placement/door.ts";
import type { FromHolder, SeatState } from "../../../actors/placement/seat.ts";
import { readHolderWord, readSeatWord } from "../../../actors/placement/words.ts";
import type { ShardEvent, ToGateway, ToHolder } from "../../../actors/protocol/mod.ts";
import { loadConfig } from "../../../config/mod.ts";
import { ensureCore } from "../../../ffi/build.ts";
import { AuditLog, ControlPage, OrderGate, readAudit } from "../../../ffi/mod.ts";
import { type ActorRef, ActorSystem, MICROS_PER_SECOND } from "../../../runtime/mod.ts";
import { decodeFrame, encodeFrame, type Letter } from "../../../runtime/transport/mod.ts";

ensureCore();

export interface Loop {
  readonly node: ReturnType<typeof composeNode>;
  readonly gate: OrderGate;
  readonly control: ControlPage;
  /** Kinds of everything on record, with the kind of a note by its first key. */
  kinds(): string[];
  /** Root of the log. */
  root(): string;
  readonly system: ActorSystem;
  readonly seats: ReadonlyMap<string, SeatState>;
  readonly doors: ReadonlyMap<string, DoorState>;
  readonly events: (ShardEvent & { readonly shard: string })[];
  /** Why organisms began anew. */
  readonly anew: { readonly shard: string; readonly reason: string }[];
  readonly over: string[];
  /** What stands between the two; a test may drop letters, keep them or make its own. False: it is lost. */
  way: {
    up: (shard: string, letter: Letter, word: ToGateway) => boolean;
    down: (shard: string, letter: Letter, word: ToHolder) => boolean;
  };
  /** What the node believes of its leases. */
  readonly belief: { gateway: boolean; shards: boolean; killed: KilledHere | null };
  up(shard: string, letter: Letter): void;
  down(shard: string, letter: Letter): void;
  until(seconds: number): Promise<void>;
}

export interface LoopOptions {
  readonly seed?: number;
  readonly epoch?: number;
  /** As in the environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The organisms' configuration, where it is another. */
  readonly config?: string;
  /** Whether the organisms live on the node itself, without seats. */
  readonly local?: boolean;
}

export async function loop<T>(body: (it: Loop) => Promise<T>, options: LoopOptions = {}): Promise<T> {
  const { seed = 7, epoch = 3, environment = {}, config: hash = "same", local = false } = options;
  const { config } = loadConfig({
    directory: ".",
    environment: {
      CWTS_NODE_SPEED: "max",
      CWTS_NODE_SEED: String(seed),
      CWTS_CONSOLE_ENABLED: "false",
      ...environment,
    },
  });
  const instruments = instrumentsOf(config);
  const world = await openWorld(config);
  const directory = await Deno.makeTempDir({ prefix: "cwts-loop-" });
  using audit = AuditLog.open({ directory, durability: "memory" });
  using control = ControlPage.memory();
  nameScopes(control, treeOf(config, instruments), 1);
  using gate = OrderGate.create({ audit, control });
  const [events, anew, over]: [Loop["events"], Loop["anew"], string[]] = [[], [], []];
  const belief: Loop["belief"] = { gateway: true, shards: true, killed: null };
  const pass = (shard: string, letter: Letter) => decodeFrame(encodeFrame({ key: shard, letter })).letter;
  const find = <M>(path: string) => system.find(path) as ActorRef<M> | undefined;
  const up = (shard: string, letter: Letter) => {
    const through = pass(shard, letter);
    const word = readHolderWord(through);
    if (!it.way.up(shard, through, word)) return;
    const { node, epoch, sequence } = through.envelope;
    find<FromHolder>(`/node/organisms/${shard}`)?.tell({ kind: "FromHolder", node, epoch, sequence, ...word });
  };
  const down = (shard: string, letter: Letter) => {
    const through = pass(shard, letter);
    const word = readSeatWord(through);
    if (!it.way.down(shard, through, word)) return;
    const { epoch, sequence } = through.envelope;
    find<FromSeat>(`/node/elsewhere/${shard}/door`)?.tell({ kind: "FromSeat", epoch, sequence, ...word });
  };
  const seats = seatsOf(config, instruments, {
    node: "gate-1",
    epoch: () => 1,
    config: "same",
    silenceMs: 1_000,
    mayTrade: () => belief.gateway,
    send: down,
    note: (shard, event) => void events.push({ shard, ...event }),
  });
  const doors = new Map(config.organisms.map(({ id }) => [id, new DoorState()] as const));
  const branches = config.organisms.map(({ id }) =>
    shardBranch(config, instruments, {
      shard: id,
      state: doors.get(id)!,
      node: "organisms-1",
      epoch,
      gateway: 1,
      config: hash,
      held: () => belief.shards,
      killed: () => belief.killed,
      send: (letter) => up(id, letter),
      again(reason) {
        anew.push({ shard: id, reason });
        const branch = find<{ kind: string; id: string }>(`/node/elsewhere/${id}`);
        branch?.tell({ kind: "TerminateChild", id: ORGANISM });
        branch?.tell({ kind: "RestartChild", id: ORGANISM });
      },
      over: (reason) => void over.push(`${id}: ${reason}`),
      silenceMs: 1_000,
    })
  );
  const node = composeNode({
    config,
    instruments,
    organisms: local ? organismSpecs(config, instruments) : seats.specs,
    world,
    audit,
    control,
    gate,
    wall: { nanos: () => 1, timestamp: () => "", after: () => {} },
    err: () => {},
    system: (made) => new ActorSystem(made),
    tree: (spec) =>
      local ? spec : {
        ...spec,
        children: [...spec.children, { id: "elsewhere", strategy: "one_for_one", children: branches }],
      },
  });
  const system: ActorSystem = node.parts.system;
  const it: Loop = {
    ...{ node, gate, control, system, events, anew, over, belief, up, down, doors },
    seats: seats.states,
    root: () => audit.head().root,
    kinds() {
      audit.commit();
      return [...new Set([...readAudit(directory)].map(({ typeName }) => typeName))].sort();
    },
    way: { up: () => true, down: () => true },
    until: async (seconds) => void await system.run({ until: world.start + seconds * MICROS_PER_SECOND }),
  };
  node.start();
  const result = await body(it);
  await node.drain();
  await node.stop();
  await node.close();
  await Deno.remove(directory, { recursive: true });
  return result;
}
