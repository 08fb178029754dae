/**
 * A node among others: its actors can be found by name and be told and asked from elsewhere, and refs to those of other nodes
 * are had here.
 *
 *     const node = await RemoteNode.open({ system, broker, node: "gateway-1" });
 *     node.offer("gate", gate, gateMessages);
 *     const desk = node.find("desk", deskMessages); // Remote<DeskMessage>
 *
 * **Names.** A name is found where it is offered; nobody asks where that is. One node offers it; of two the first by name.
 *
 * **Tell.** What is told is kept by the broker until the receiver's handler is done with it: at least once, in the order of
 * the sender, and never before what was told to the same actor earlier. A node that is away gets it when it is back.
 *
 * **Ask.** The asker waits until its deadline by its own clock. The one who is asked is given what was left of that when the
 * question was sent, from when it comes in by its own clock: no two clocks are compared, so the time on the way counts on one
 * side only, and a question may be handled for a while though nobody waits. Failures: "dead" (nobody bears the name there,
 * or it has ended), "overloaded", "cycle", "timeout", and "unreachable": nobody was found, the node is gone, or the question
 * had not left this node at its deadline, because the broker could not be reached.
 *
 * **Life.** Nodes give signs of life; one that is silent for `silenceMs` is lost. A node holds the lease of its name, which
 * gives its life a number above all before: a second process of that name does not start, and a first one that was frozen
 * and comes back says nothing any more.
 */
import type { ActorContext, ActorDef, ActorRef, ExitReason, Remote, TellResult } from "../actor.ts";
import type { ActorSystem } from "../system.ts";
import { machineWall, type Wall } from "../internal/wall.ts";
import { cellOf } from "../internal/cell.ts";
import { waitingFor } from "../internal/ask.ts";
import type { Asked } from "../internal/far.ts";
import { MICROS_PER_MS } from "../time.ts";
import { type Broker, BrokerError, DEFAULT_LEASE_MS, DEFAULT_SESSION_MS, type Lease } from "../transport/mod.ts";
import { type Address, addressText } from "./address.ts";
import { Border } from "./border.ts";
import { Catalogue } from "./catalogue.ts";
import { type Control, controlDef, type DoorMessage, NODE_MESSAGES, type Presence } from "./control.ts";
import { Exports, isCell, isQuestion } from "./exports.ts";
import { Intake, type IntakeCounters, type IntakeOptions } from "./intake.ts";
import type { MessageDef } from "./message_def.ts";
import { type Change, Nodes } from "./nodes.ts";
import { ASK, type Departure, inboxOf, Post, type PostCounters, TO, WAITING } from "./post.ts";
import { Reception, TO_DOOR } from "./reception.ts";
import type { RefHost } from "./ref_schema.ts";
import { type RefWay, RemoteRef } from "./remote_ref.ts";
import { Signs } from "./signs.ts";
import { lifeOf, Watched } from "./watched.ts";
import { Watches } from "./watches.ts";

/** Between two signs of life, milliseconds, where nobody says otherwise. */
export const DEFAULT_BEAT_MS = 1_000;
/** Silence after which a node is lost, milliseconds, where nobody says otherwise: as long as a subscriber's session. */
export const DEFAULT_SILENCE_MS = 10_000;
/** How long a name is looked for, milliseconds, where nobody says otherwise. */
export const DEFAULT_FIND_MS = 3_000;
/** Letters that may wait to leave, where nobody says otherwise; more wait in the mailbox of the door, and then are refused. */
export const DEFAULT_OUTBOX = 10_000;
/** Chains of causes whose trace is remembered. */
const TRACES = 4_096;

export class RemoteError extends Error {
  override readonly name = "RemoteError";

  constructor(readonly code: "NODE_TAKEN" | "NODE_NAME", message: string) {
    super(message);
  }
}

/** A letter that will never be sent, and why. */
export interface LostDeparture {
  readonly to: string;
  readonly why: "unreachable" | "refused" | "stale";
  readonly detail: string;
}

export interface RemoteNodeOptions {
  readonly system: ActorSystem;
  readonly broker: Broker;
  /** Name of this node. */
  readonly node: string;
  /** Messages that are read here beside those of what is offered and found. */
  // deno-lint-ignore no-explicit-any -- messages of all kinds
  readonly messages?: readonly MessageDef<any>[];
  readonly beatMs?: number;
  readonly silenceMs?: number;
  readonly findMs?: number;
  readonly outbox?: number;
  readonly leaseMs?: number;
  /** What it waits by where no actor's clock does; default: the machine's. */
  readonly wall?: Wall;
  readonly intake?: Pick<IntakeOptions, "attempts" | "pauseMs" | "window" | "sessionMs">;
  /** Somebody else bears the name of this node by now: this one says and hears nothing any more. */
  fenced?(): void;
  /** What cannot be gone on after. */
  failed?(error: unknown): void;
  lost?(departure: LostDeparture): void;
}

export interface RemoteCounters {
  readonly post: PostCounters;
  /** 0, or there is a fault in the accounts. */
  readonly unexplained: number;
  /** Null before the first letter can come. */
  readonly intake: IntakeCounters | null;
  readonly lateAnswers: number;
  readonly lateDowns: number;
  readonly watching: number;
  /** Of those monitors the ones that nobody has confirmed yet. */
  readonly unconfirmed: number;
}

interface Leaving {
  readonly kind: "Leave";
  readonly to: Address;
  readonly schema: { readonly id: string; readonly version: number };
  readonly body: string;
  readonly asked: Asked | null;
}

export class RemoteNode implements RefHost, RefWay {
  readonly name: string;
  readonly epoch: number;
  private readonly border: Border;
  private readonly exports = new Exports();
  private readonly nodes: Nodes;
  private readonly post: Post;
  private readonly watches: Watches;
  private readonly reception: Reception;
  private readonly traces = new Map<number, string>();
  private readonly watched: Watched<ActorRef<never>>;
  private readonly offeredMonitors = new Map<number, ActorRef<never>>();
  private readonly out: ActorRef<Leaving>;
  private readonly door: ActorRef<DoorMessage>;
  private readonly unsubscribe: () => void;
  private context!: ActorContext<DoorMessage>;
  private intake: Intake | null = null;
  private signs: Signs | null = null;
  private beats = 0;
  private state: "open" | "fenced" | "closed" = "open";

  private constructor(private readonly options: RemoteNodeOptions, private readonly lease: Lease) {
    const { system, node, broker, silenceMs = DEFAULT_SILENCE_MS, findMs = DEFAULT_FIND_MS, wall = machineWall } =
      options;
    [this.name, this.epoch] = [node, lease.epoch];
    const catalogue = new Catalogue([...NODE_MESSAGES, ...options.messages ?? []]);
    this.border = new Border({ node, epoch: lease.epoch, catalogue, refs: this });
    const now = () => system.clock.now();
    const inject = (task: () => void) => system.inject(task);
    const find = findMs * MICROS_PER_MS;
    const silence = silenceMs * MICROS_PER_MS;
    const nodes = this.nodes = new Nodes(silence);
    this.post = new Post({
      ...{ broker, nodes, now, find, inject, wall },
      renumbered: (letter) => this.border.renumbered(letter),
      may: () => lease.held && this.state === "open",
      lost: ({ to }, why, detail) => options.lost?.({ to: addressText(to), why, detail }),
    });
    this.watches = new Watches({
      ...{ nodes, now, find, silence, inject },
      life: lifeOf(node, lease.epoch),
      send: (to, control) => this.control(to, control),
    });
    this.watched = new Watched({
      monitor: (ref) => this.context.monitor(ref),
      demonitor: (monitor) => this.context.demonitor(monitor),
      send: (to, control) => this.control(to, control),
      past: (other, epoch) => (nodes.get(other)?.epoch ?? 0) > epoch,
    });
    this.out = system.start(`remote-out-${node}`, this.outgoing(), undefined);
    this.door = system.start(`remote-${node}`, this.incoming(), undefined);
    const own = [this.out.path, this.door.path];
    this.unsubscribe = system.events.subscribe((event) => {
      if (event.kind !== "crashed" || !own.includes(event.path)) return;
      options.failed?.(new Error(`${event.path}, through which node ${node} speaks, has failed: ${event.reason}`));
    });
    this.reception = new Reception({
      ...{ system, wall, node, exports: this.exports, door: this.door, epoch: lease.epoch },
      answer: (to, control) => system.inject(() => this.control(to, control)),
      traced: (root, trace) => this.remember(root, trace),
    });
  }

  /** Waits for the lease of its name, up to as long as a dead predecessor keeps it. The system has to be driven by then. */
  static async open(options: RemoteNodeOptions): Promise<RemoteNode> {
    const { broker, node, leaseMs = DEFAULT_LEASE_MS } = options;
    if (!/^[A-Za-z0-9_-]{1,80}$/.test(node)) {
      throw new RemoteError("NODE_NAME", `a node is named by 1 to 80 letters, digits, "-" and "_", not "${node}".`);
    }
    const lease = await broker.lease(inboxOf(node), { ttlMs: leaseMs, waitMs: 3 * leaseMs });
    if (lease === null) {
      throw new RemoteError("NODE_TAKEN", `a node "${node}" is alive: give this one another name, or end that one.`);
    }
    const opened = new RemoteNode(options, lease);
    await opened.begin();
    return opened;
  }

  /** Lets the actor be found by name. Until it is offered here, what is told to the name on this node is a dead letter. */
  offer<M>(name: string, ref: ActorRef<M>, def: MessageDef<M>): void {
    this.border.catalogue.add(def);
    this.exports.offer(name, { ref: ref as ActorRef<never>, def });
    this.door.tell({ kind: "Offer", name, ref: ref as ActorRef<never> });
  }

  /** Whoever is found under the name, wherever that is. */
  find<M>(name: string, def: MessageDef<M>): Remote<M> {
    this.border.catalogue.add(def);
    return new RemoteRef(this, { name }, def as MessageDef<unknown>);
  }

  /** Whoever bears the name on that node. */
  at<M>(node: string, name: string, def: MessageDef<M>): Remote<M> {
    this.border.catalogue.add(def);
    return new RemoteRef(this, { name, node }, def as MessageDef<unknown>);
  }

  /** Takes letters from now on; to be called when what is to be found here has been offered. */
  async start(): Promise<void> {
    const { system: _, broker, failed, wall, intake = {} } = this.options;
    const { border, name, reception } = this;
    this.intake = await Intake.open({
      ...intake,
      broker,
      wall,
      border,
      group: "node",
      topic: inboxOf(name),
      handle: reception.handle,
      lane: reception.lane,
      failed,
    });
  }

  /** Names of the nodes that are alive, as far as is known here. */
  get alive(): readonly string[] {
    return this.nodes.all.filter(({ lost }) => !lost).map(({ node }) => node).sort();
  }

  get counters(): RemoteCounters {
    const post = this.post.counters;
    const { departed, published, expired, unreachable, refused, stale, waiting } = post;
    return {
      post,
      unexplained: departed - (published + expired + unreachable + refused + stale + waiting),
      intake: this.intake?.counters ?? null,
      lateAnswers: this.reception.late,
      lateDowns: this.watches.late,
      watching: this.watches.size,
      unconfirmed: this.watches.unconfirmed,
    };
  }

  /** Says farewell, sends what waits if the broker answers, and gives the name back. The system has to be driven still. */
  async close(): Promise<void> {
    if (this.state === "closed") return;
    const fenced = this.state === "fenced";
    this.reception.close();
    await this.intake?.close();
    if (!fenced) {
      await this.post.close();
      await this.signs?.give(this.presence(true));
    }
    this.state = "closed";
    await this.post.close();
    await this.signs?.close();
    const { system } = this.options;
    await system.stop(this.door);
    await system.stop(this.out);
    this.unsubscribe();
    await this.lease.release();
  }

  // How refs of this node travel.

  addressOf(ref: Remote<never>, def: MessageDef<unknown>): Address {
    if (ref instanceof RemoteRef) return ref.address;
    if (!isCell(ref) && !isQuestion(ref) && !("id" in ref)) throw new Error(`${ref.path} is no ref of this node.`);
    this.border.catalogue.add(def);
    return { node: this.name, epoch: this.epoch, ...this.exports.number(ref, def) };
  }

  refAt(address: Address, def: MessageDef<unknown>): Remote<never> {
    this.border.catalogue.add(def);
    if (address.node === this.name && (!("epoch" in address) || address.epoch === this.epoch)) {
      const found = this.exports.find(address);
      if (found !== undefined) return found.ref;
    }
    return new RemoteRef(this, address, def);
  }

  tell(to: Address, def: MessageDef<unknown>, message: unknown): TellResult {
    const body = this.border.bodyOf(def, message);
    return this.state === "open" ? this.out.tell({ kind: "Leave", to, schema: def, body, asked: null }) : "dead";
  }

  put(to: Address, def: MessageDef<unknown>, question: unknown, asked: Asked): void {
    const body = this.border.bodyOf(def, question);
    if (this.state !== "open") return asked.fail("unreachable");
    asked.whenLate = "unreachable";
    asked.message = { kind: "Leave", to, schema: def, body, asked } satisfies Leaving;
    cellOf(this.out as ActorRef<never>).tellEnvelope(asked, false);
  }

  watch(to: Address, down: (reason: ExitReason) => void): () => void {
    return this.watches.add(to, down);
  }

  private async begin(): Promise<void> {
    const { broker, system, failed = () => {}, intake: { sessionMs = DEFAULT_SESSION_MS } = {} } = this.options;
    const heard = (presence: Presence) => system.inject(() => void this.door.tell({ kind: "Heard", presence }));
    this.signs = await Signs.open(broker, this.border, sessionMs, heard, failed);
    this.beat();
  }

  /** Gives every message on its way out its number, in the order in which they were told. */
  private outgoing(): ActorDef<Leaving> {
    const { outbox = DEFAULT_OUTBOX } = this.options;
    return {
      type: "remote-out",
      init: (context) => ({
        receive: ({ to, schema, body, asked }) => {
          const cause = context.envelope;
          const asker = asked?.asker.cell ?? null;
          const waiting = asker === null ? [] : waitingFor(asker, ({ path }) => `${this.name}${path}`);
          const question: Record<string, string> = asked === null
            ? {}
            : { [ASK]: String(asked.id), [WAITING]: JSON.stringify(waiting) };
          const letter = this.border.letter(schema, body, {
            cause,
            trace: cause === null ? undefined : this.traces.get(cause.root),
            headers: { [TO]: JSON.stringify(to), ...question },
            deadline: asked?.deadline ?? Infinity,
          });
          this.post.send({ to, key: keyOf(to), letter, asked });
          if (this.post.waiting < outbox) return;
          return context.outside(() => this.post.below(outbox));
        },
      }),
    };
  }

  /** Hears what other nodes say, and sees to it that what is awaited in vain comes to an end. */
  private incoming(): ActorDef<DoorMessage> {
    const { beatMs = DEFAULT_BEAT_MS } = this.options;
    return {
      type: "remote-door",
      mailbox: { capacity: 100_000 },
      init: (context) => {
        this.context = context;
        context.timers.every("tick", beatMs * MICROS_PER_MS, { kind: "Tick" });
        return {
          receive: (message) => this.hear(message),
          signal: (signal) => {
            if (signal.kind === "down") this.ended(signal.monitor, signal.reason);
          },
        };
      },
    };
  }

  private hear(message: DoorMessage): void {
    switch (message.kind) {
      case "Tick":
        this.beat();
        if (!this.lease.held) void this.ask();
        this.exports.tidy();
        for (const change of this.nodes.passed(this.options.system.clock.now())) this.changed(change);
        this.post.passed();
        this.watches.passed();
        return;
      case "Heard":
        return this.heard(message.presence);
      case "Offer":
        this.offeredMonitors.set(this.context.monitor(message.ref), message.ref);
        return this.beat();
      case "Control":
        return this.controlled(message.from, message.epoch, message.control);
    }
  }

  private heard(presence: Presence): void {
    if (presence.node === this.name && presence.epoch > this.epoch) return this.fence();
    const before = this.nodes.get(presence.node);
    const change = this.nodes.heard(presence, this.options.system.clock.now());
    this.changed(change);
    // Names may have come, also on a node that is known.
    if (before?.names.size !== presence.names.length || presence.names.some((name) => !before.names.has(name))) {
      this.post.found();
      this.watches.found();
    }
  }

  private changed({ lost, found }: Change): void {
    if (lost !== undefined) {
      this.watches.lost(lost.node, lost.epoch);
      if (this.nodes.get(lost.node)?.lost === true) this.post.lost(lost.node);
      // One that is only silent may hear us all the while, and count on what it has asked for.
      if (lost.over) this.watched.over(lost.node, lost.epoch);
    }
    if (found === undefined) return;
    this.watched.over(found, this.nodes.get(found)!.epoch - 1);
    // Whoever is new knows nobody yet.
    if (found !== this.name) this.beat();
    this.post.found();
    this.watches.found();
  }

  private controlled(from: string, epoch: number, control: Control): void {
    switch (control.kind) {
      case "Watch":
        return this.watched.watch(from, epoch, control.key, this.refHere(control.to));
      case "Unwatch":
        return this.watched.unwatch(control.key);
      case "AskFailed": {
        const asked = this.exports.find({ node: this.name, epoch: control.epoch, ask: control.ask });
        if (control.epoch === this.epoch) {
          (asked?.ref as unknown as Asked | undefined)?.fail(control.failure, control.path);
        }
        return;
      }
      default:
        return this.watches.receive(control);
    }
  }

  private refHere(to: Address): ActorRef<never> | undefined {
    return "epoch" in to && to.epoch !== this.epoch ? undefined : this.exports.find(to)?.ref;
  }

  /** An actor that is offered here or watched from elsewhere has ended. */
  private ended(monitor: number, reason: ExitReason): void {
    const offered = this.offeredMonitors.get(monitor);
    if (offered !== undefined) {
      this.offeredMonitors.delete(monitor);
      if (this.exports.withdraw(offered)) this.beat();
    }
    this.watched.ended(monitor, reason);
  }

  private control(node: string, control: Control): void {
    const letter = this.border.write(controlDef, control, { headers: { [TO]: TO_DOOR } });
    const departure: Departure = { to: { name: TO_DOOR, node }, key: `${TO_DOOR}-${this.name}`, letter, asked: null };
    this.post.send(departure);
  }

  private beat(): void {
    if (this.state === "open" && this.signs !== null) void this.signs.give(this.presence(false));
  }

  private presence(leaving: boolean): Presence {
    return { node: this.name, epoch: this.epoch, beat: ++this.beats, names: [...this.exports.offered], leaving };
  }

  private fence(): void {
    if (this.state !== "open") return;
    this.state = "fenced";
    void this.intake?.close();
    this.options.fenced?.();
  }

  /**
   * Without its lease it sends nothing. Where that is another's, or was, it never will again: nobody else may be left to say
   * so, because whoever took the name may be dead by now.
   */
  private async ask(): Promise<void> {
    try {
      await this.lease.check();
    } catch (error) {
      if (error instanceof BrokerError && error.code === "LEASE_LOST") this.options.system.inject(() => this.fence());
    }
  }

  private remember(root: number, trace: string): void {
    if (trace === "") return;
    this.traces.set(root, trace);
    if (this.traces.size > TRACES) this.traces.delete(this.traces.keys().next().value!);
  }
}

/** What is told to one actor keeps its order by whatever ref it was told. */
function keyOf(to: Address): string {
  return "name" in to ? `name ${to.name}` : "ask" in to ? `ask ${to.ask}` : `actor ${to.actor}`;
}
