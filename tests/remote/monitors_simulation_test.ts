/**
 * Monitors over nodes under a seeded adversary: lines that are cut in one direction or both, letters that are late and come
 * twice, processes that die at any moment and begin anew, actors that end. Every monitor whose watcher lives is told exactly
 * once. The parts are those of a node; time, the lines and the deaths are the simulation's.
 */
import assert from "node:assert/strict";
import { createRandom, type ExitReason, type Random } from "../../runtime/mod.ts";
import type { Control, Presence } from "../../runtime/remote/control.ts";
import { type Change, Nodes } from "../../runtime/remote/nodes.ts";
import { lifeOf, Watched } from "../../runtime/remote/watched.ts";
import { Watches } from "../../runtime/remote/watches.ts";

const SEEDS = Number(Deno.env.get("CWTS_SEEDS") ?? 300);
const NAMES = ["a", "b", "c"];
const [BEAT, SILENCE, FIND] = [10, 100, 60];
const [STORM, CALM] = [3_000, 1_500];

interface Told {
  readonly what: string;
  readonly downs: string[];
  /** Whether who watches is still there to be told. */
  watcher: Life;
}

interface Life {
  readonly epoch: number;
  readonly nodes: Nodes;
  readonly watches: Watches;
  readonly watched: Watched<string>;
  /** Actors by their names: the monitors that stand on each; null once it has ended. */
  readonly actors: Map<string, Set<number>>;
  readonly tasks: (() => void)[];
  beats: number;
}

interface Letter {
  readonly from: string;
  readonly epoch: number;
  readonly control: Control;
  readonly due: number;
}

class World {
  now = 0;
  readonly lives = new Map<string, Life | null>(NAMES.map((name) => [name, null]));
  /** What the broker keeps for each node, and how far that one has committed. */
  private readonly topics = new Map<string, Letter[]>(NAMES.map((name) => [name, []]));
  /** What a node has not got rid of; gone with it. */
  private readonly outboxes = new Map<string, { readonly to: string; readonly control: Control }[]>();
  private readonly signs: { readonly to: string; readonly presence: Presence; readonly due: number }[] = [];
  private readonly epochs = new Map<string, number>();
  private monitors = 0;
  readonly cutOut = new Set<string>();
  readonly cutIn = new Set<string>();
  readonly told: Told[] = [];
  stormy = true;

  constructor(readonly random: Random) {}

  begin(node: string): void {
    const epoch = (this.epochs.get(node) ?? 0) + 1;
    this.epochs.set(node, epoch);
    const nodes = new Nodes(SILENCE);
    const tasks: (() => void)[] = [];
    const actors = new Map([["x", new Set<number>()], [`of-${node}`, new Set<number>()]]);
    const outbox: { to: string; control: Control }[] = [];
    this.outboxes.set(node, outbox);
    const send = (to: string, control: Control) => void outbox.push({ to, control });
    const inject = (task: () => void) => void tasks.push(task);
    const watched: Watched<string> = new Watched<string>({
      monitor: (name) => {
        const monitor = ++this.monitors;
        if (!actors.has(name)) tasks.push(() => watched.ended(monitor, { kind: "noproc" }));
        else actors.get(name)!.add(monitor);
        return monitor;
      },
      past: (other, than) => (nodes.get(other)?.epoch ?? 0) > than,
      demonitor: (monitor) => actors.forEach((all) => all.delete(monitor)),
      send,
    });
    const now = () => this.now;
    const watches = new Watches({ life: lifeOf(node, epoch), nodes, now, find: FIND, silence: SILENCE, send, inject });
    this.lives.set(node, { epoch, nodes, watches, watched, actors, tasks, beats: 0 });
  }

  die(node: string): void {
    this.lives.set(node, null);
    this.outboxes.delete(node);
  }

  watch(node: string, name: string): void {
    const life = this.lives.get(node);
    if (!life) return;
    const told: Told = { what: `${node}@${life.epoch} → ${name} at ${this.now}`, downs: [], watcher: life };
    this.told.push(told);
    const down = (reason: ExitReason) => void told.downs.push(reason.kind);
    life.watches.add({ name }, down);
  }

  end(node: string, name: string): void {
    const life = this.lives.get(node);
    const monitors = life?.actors.get(name);
    if (!life || monitors === undefined) return;
    life.actors.delete(name);
    for (const monitor of monitors) life.watched.ended(monitor, { kind: "normal" });
  }

  step(): void {
    this.now++;
    for (const [node, life] of this.lives) if (life !== null) this.turn(node, life);
  }

  private late(): number {
    return this.now + (this.stormy ? this.random.int(41) : 1);
  }

  private turn(node: string, life: Life): void {
    for (const task of life.tasks.splice(0)) task();
    if (!this.cutOut.has(node)) {
      for (const { to, control } of this.outboxes.get(node)!.splice(0)) {
        const topic = this.topics.get(to)!;
        // A batch whose confirmation was lost is sent again, as a whole or not at all.
        const times = this.stormy && this.random.int(10) === 0 ? 2 : 1;
        const due = Math.max(this.late(), topic.at(-1)?.due ?? 0);
        for (let n = 0; n < times; n++) topic.push({ from: node, epoch: life.epoch, control, due });
      }
    }
    if (this.now % BEAT === 0) {
      life.beats++;
      const presence = { node, epoch: life.epoch, beat: life.beats, names: [...life.actors.keys()], leaving: false };
      // A sign that cannot be given now is not given later.
      if (!this.cutOut.has(node)) { for (const to of NAMES) this.signs.push({ to, presence, due: this.late() }); }
      for (const change of life.nodes.passed(this.now)) this.changed(life, change);
      life.watches.passed();
    }
    if (this.cutIn.has(node)) return;
    for (let i = this.signs.length - 1; i >= 0; i--) {
      const { to, presence, due } = this.signs[i];
      if (to !== node || due > this.now) continue;
      this.signs.splice(i, 1);
      this.changed(life, life.nodes.heard(presence, this.now));
      life.watches.found();
    }
    const topic = this.topics.get(node)!;
    while (topic.length > 0 && topic[0].due <= this.now) {
      const { from, epoch, control } = topic[0];
      this.control(life, from, epoch, control);
      // Dies now and then with a letter in its hands that is not committed.
      if (this.stormy && this.random.int(401) === 0) return this.die(node);
      topic.shift();
    }
  }

  private changed(life: Life, { lost, found }: Change): void {
    if (lost !== undefined) {
      life.watches.lost(lost.node, lost.epoch);
      if (lost.over) life.watched.over(lost.node, lost.epoch);
    }
    if (found === undefined) return;
    life.watched.over(found, life.nodes.get(found)!.epoch - 1);
    life.watches.found();
  }

  private control(life: Life, from: string, epoch: number, control: Control): void {
    if (control.kind === "Watch") {
      // An older node does not understand it, and puts it into quarantine.
      if (this.stormy && this.random.int(40) === 0) return;
      const { name } = control.to as { readonly name: string };
      life.watched.watch(from, epoch, control.key, life.actors.has(name) ? name : undefined);
    } else if (control.kind === "Unwatch") life.watched.unwatch(control.key);
    else if (control.kind !== "AskFailed") life.watches.receive(control);
  }
}

function storm(world: World): void {
  const { random } = world;
  const pick = <T>(all: readonly T[]): T => all[random.int(all.length)];
  const node = pick(NAMES);
  switch (random.int(61)) {
    case 0:
      return world.lives.get(node) === null ? world.begin(node) : world.die(node);
    case 1:
      return world.lives.get(node) === null ? world.begin(node) : undefined;
    case 2:
      return void world.cutOut.add(node);
    case 3:
      return void world.cutIn.add(node);
    case 4:
    case 5:
      return void (world.cutOut.delete(node), world.cutIn.delete(node));
    case 6:
      return world.end(node, pick(["x", `of-${node}`]));
    case 7:
    case 8:
      return world.watch(node, pick(["x", "of-a", "of-b", "of-c", "nobody"]));
  }
}

/** All is quiet: what stands on one side stands on the other, and nothing beside it. */
function leftOver(world: World): readonly string[] {
  const lives = [...world.lives.values()].filter((life) => life !== null);
  const sum = (count: (life: Life) => number) => lives.reduce((total, life) => total + count(life), 0);
  const [watching, watched] = [sum(({ watches }) => watches.size), sum(({ watched }) => watched.size)];
  const monitors = sum(({ actors }) => [...actors.values()].reduce((total, all) => total + all.size, 0));
  const equal = watching === watched && watched === monitors;
  return equal ? [] : [`${watching} watch, ${watched} are watched, by ${monitors} monitors`];
}

function play(seed: number): { readonly faults: readonly string[]; readonly kinds: ReadonlyMap<string, number> } {
  const world = new World(createRandom(seed));
  for (const node of NAMES) world.begin(node);
  for (let step = 0; step < STORM; step++) {
    storm(world);
    world.step();
  }
  const kept: string[] = [];
  world.stormy = false;
  world.cutIn.clear();
  world.cutOut.clear();
  for (const node of NAMES) if (world.lives.get(node) === null) world.begin(node);
  for (let step = 0; step < CALM; step++) {
    // When all is quiet every actor ends, and whoever still watches has to hear of it.
    if (step === CALM / 2) {
      kept.push(...leftOver(world));
      for (const node of NAMES) ["x", `of-${node}`].forEach((name) => world.end(node, name));
    }
    world.step();
  }
  const alive = new Set(world.lives.values());
  const faults = world.told.filter(({ downs, watcher }) =>
    downs.length > 1 || (downs.length === 0 && alive.has(watcher))
  )
    .map(({ what, downs }) => `${what}: ${downs.join(" and ") || "nothing"}`);
  const kinds = new Map<string, number>();
  for (const { downs } of world.told) for (const kind of downs) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  faults.push(...kept);
  for (const life of alive) {
    if (life !== null && (life.watches.size > 0 || life.watched.size > 0)) faults.push(`${life.epoch} keeps monitors`);
  }
  return { faults, kinds };
}

Deno.test(`every monitor is told once in ${SEEDS} storms of cut lines, deaths and late letters`, () => {
  const kinds = new Map<string, number>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const played = play(seed);
    assert.deepEqual(played.faults, [], `seed ${seed}`);
    for (const [kind, count] of played.kinds) kinds.set(kind, (kinds.get(kind) ?? 0) + count);
  }
  // A simulation in which something never happens shows nothing of it.
  for (const kind of ["normal", "noproc", "node-lost", "unreachable"]) {
    assert.ok((kinds.get(kind) ?? 0) > SEEDS / 10, JSON.stringify([...kinds]));
  }
});
