/**
 * Three nodes that keep ledgers and write into each other's, over the remote layer that `runtime/remote` is: they tell, ask
 * and monitor by name. A ledger is a node's disk: what it has booked survives the node's death, and beside each booking it
 * keeps which letter that was.
 */
import { z } from "zod";
import { type ActorContext, type ActorDef, type ActorRef, MICROS_PER_MS, type Remote } from "../../../runtime/mod.ts";
import { defineMessage, type LostDeparture, type MessageDef, refTo, RemoteNode } from "../../../runtime/remote/mod.ts";
import type { Boot, Life, Network, Stage } from "../../../runtime/testkit/simulation.ts";
import { Deduplicator } from "../../../runtime/transport/mod.ts";
import { supervise, type SupervisorMessage, worker } from "../../../supervision/mod.ts";

export const NAMES = ["a", "b", "c"] as const;
const ACT_MS = 60;
const ASK_MS = 400;

/** A booking, told by a life of a node: `life` and `number` name it for ever. */
export interface Booking {
  readonly life: number;
  readonly number: number;
}

type LedgerMessage =
  | { readonly kind: "Book"; readonly life: number; readonly number: number }
  | { readonly kind: "Count"; readonly replyTo: Remote<number> };

const count = defineMessage({ id: "count", version: 1, schema: z.int() });
const ledgerMessages: MessageDef<LedgerMessage> = defineMessage({
  id: "ledger",
  version: 1,
  schema: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("Book"), life: z.int(), number: z.int() }),
    z.strictObject({ kind: z.literal("Count"), replyTo: refTo(count) }),
  ]),
});

/** What outlives every life of a node. */
export interface Disk {
  readonly seen: Deduplicator;
  readonly bookings: Booking[];
}

/** One monitor of an incarnation of a writer, and what it was told. */
export interface Watching {
  readonly life: number;
  readonly of: string;
  readonly downs: string[];
  /** Whether who watches is still there to be told. */
  lives: boolean;
}

/** What a life of a node has done, as itself knows. */
export interface Record {
  readonly life: Life;
  readonly remote: RemoteNode;
  readonly desk: ActorRef<SupervisorMessage>;
  /** Bookings told, by the ledger they are for. */
  readonly told: Map<string, number>;
  /** Bookings that will never leave, by its own account. */
  readonly lost: LostDeparture[];
  fenced: boolean;
  /** Questions, and how they ended. */
  readonly asked: { open: number; readonly ends: Map<string, number> };
}

export interface Nodes {
  readonly network: Network;
  readonly disks: ReadonlyMap<string, Disk>;
  readonly records: Record[];
  readonly watchings: Watching[];
  /** The first thing that broke while it ran. */
  broken: string | null;
  /** The writers tell and ask nothing any more. */
  quiet: boolean;
  tally: { [name: string]: number };
}

export function openNodes(stage: Stage): Nodes {
  const network = stage.network();
  const nodes: Nodes = {
    network,
    disks: new Map(NAMES.map((name) => [name, { seen: new Deduplicator(), bookings: [] }])),
    ...{ records: [], watchings: [], broken: null, quiet: false, tally: {} },
  };
  for (const name of NAMES) network.node(name, boot(nodes, stage, name));
  return nodes;
}

function boot(nodes: Nodes, stage: Stage, name: string): Boot {
  return async (life) => {
    const { network } = nodes;
    const system = network.open(life, { start: life.number * 3_600_000_000 });
    const broker = life.broker({ retryMs: 500 });
    const lost: LostDeparture[] = [];
    const remote = await RemoteNode.open({
      ...{ system, broker, node: name, wall: life.wall },
      ...{ beatMs: 100, silenceMs: 1_500, findMs: 1_000, leaseMs: 1_000 },
      intake: { pauseMs: 20, sessionMs: 800 },
      failed: (error) => void (nodes.broken ??= `${name} failed: ${String(error)}`),
      lost: (departure) => void lost.push(departure),
      fenced() {
        record.fenced = true;
        network.end(life);
      },
    });
    const desk = supervise(system, "desk", {
      id: "desk",
      strategy: "one_for_one",
      intensity: 10_000,
      periodMs: 1000,
      children: [
        worker("ledger", ledger(nodes, stage, name), undefined),
        worker("writer", writer(nodes, () => record), undefined),
      ],
    });
    const record: Record = {
      ...{ life, remote, desk, lost, fenced: false, told: new Map() },
      asked: { open: 0, ends: new Map() },
    };
    nodes.records.push(record);
    const ref = system.find("/desk/ledger") as ActorRef<LedgerMessage>;
    // Under two names, so that what was lost on the way to either is known apart.
    remote.offer(`book-${name}`, ref, ledgerMessages);
    remote.offer(`count-${name}`, ref, ledgerMessages);
    await remote.start();
    return async () => {
      await remote.close();
      await system.stop();
      await broker.close();
    };
  };
}

const HANDLER_RATE = 0.01;

function ledger({ disks }: Nodes, stage: Stage, name: string): ActorDef<LedgerMessage> {
  const { seen, bookings } = disks.get(name)!;
  return {
    type: "ledger",
    init: (context) => ({
      receive(message) {
        if (message.kind === "Count") return void message.replyTo.tell(bookings.length);
        if (stage.strikes(HANDLER_RATE, "handler", `the ledger of ${name} fails`)) throw new Error("a booking failed");
        if (seen.see(context.envelope!.origin!) === "new") {
          bookings.push({ life: message.life, number: message.number });
        }
        // The booking is kept; that it was handled is not known yet.
        if (stage.strikes(HANDLER_RATE, "handler", `the ledger of ${name} fails after it booked`)) {
          throw new Error("a booking was kept and failed");
        }
      },
    }),
  };
}

/** Writes into other nodes' ledgers, asks what they hold, and watches them. */
function writer(nodes: Nodes, own: () => Record): ActorDef<"act"> {
  return {
    type: "writer",
    init(context) {
      const watching = new Map<number, Watching>();
      context.timers.every("act", ACT_MS * MICROS_PER_MS, "act");
      let acts = 0;
      return {
        receive() {
          if (nodes.quiet) return;
          const record = own();
          const others = NAMES.filter((name) => name !== record.life.node);
          const to = others[context.random.int(others.length)];
          book(record, to);
          if (++acts % 4 === 0) count_(nodes, record, context, to);
          for (const of of others) {
            if ([...watching.values()].some((one) => one.of === of && one.downs.length === 0)) continue;
            const one: Watching = { life: record.life.number, of, downs: [], lives: true };
            watching.set(context.monitor(record.remote.find(`book-${of}`, ledgerMessages)), one);
            nodes.watchings.push(one);
          }
        },
        signal(signal) {
          if (signal.kind !== "down") return;
          const one = watching.get(signal.monitor);
          if (one === undefined) nodes.broken ??= `${own().life.node} was told of a monitor that it does not have`;
          else if (one.downs.push(signal.reason.kind) > 1) nodes.broken ??= twice(one);
        },
        stopped: () => watching.forEach((one) => one.lives = false),
      };
    },
  };
}

export const twice = ({ life, of, downs }: Watching): string =>
  `a monitor of life ${life} on ${of} was told ${downs.length} times: ${downs.join(", ")}`;

function book({ life, remote, told }: Record, to: string): void {
  const number = (told.get(to) ?? 0) + 1;
  const sent = remote.find(`book-${to}`, ledgerMessages).tell({ kind: "Book", life: life.number, number });
  if (sent === "enqueued") told.set(to, number);
}

function count_(nodes: Nodes, record: Record, context: ActorContext<"act">, to: string): void {
  const { asked, remote } = record;
  const before = nodes.disks.get(to)!.bookings.length;
  const begun = context.clock.now();
  asked.open++;
  const question = context.ask<LedgerMessage, number>(
    remote.find(`count-${to}`, ledgerMessages),
    (replyTo) => ({ kind: "Count", replyTo }),
    ASK_MS * MICROS_PER_MS,
  );
  void question.then((result) => {
    asked.open--;
    const end = result.ok ? "ok" : result.failure;
    asked.ends.set(end, (asked.ends.get(end) ?? 0) + 1);
    if (result.ok && result.value < before) {
      nodes.broken ??= `${to} had ${before} bookings, and answered later that they were ${result.value}`;
    }
    if (context.clock.now() - begun > ASK_MS * MICROS_PER_MS) {
      nodes.broken ??= `a question to ${to} ended (${end}) after its deadline`;
    }
  });
}
