/**
 * Nodes over a network that loses, doubles, delays and tears, while they are cut off, stand still, die, leave, and are begun a
 * second time: what `runtime/remote` and `runtime/transport` promise about tells, asks, monitors, names and leases.
 */
import { MICROS_PER_MS } from "../../../runtime/mod.ts";
import { DEAD_LETTERS, QUARANTINE } from "../../../runtime/remote/mod.ts";
import { readHeld } from "../../../runtime/remote/held.ts";
import type { Network, Scenario } from "../../../runtime/testkit/simulation.ts";
import { decodeFrame } from "../../../runtime/transport/mod.ts";
import type { NodesFlaw } from "./flaws.ts";
import { NAMES, type Nodes, openNodes, type Record, twice } from "./world.ts";

/** For what is looked for, awaited or silent to come to its end. */
const ENDS_MS = 6_000;

export function nodesScenario(flaw: NodesFlaw | null = null): Scenario<Nodes, Network> {
  let mend = () => {};
  return {
    name: "nodes",
    rates: { slow: 0.003, crash: 0.001 },
    network: {
      lost: 0.004,
      twice: 0.004,
      torn: 0.02,
      late: 0.01,
      cut: 0.004,
      freeze: 0.003,
      die: 0.003,
      leave: 0.001,
      twin: 0.001,
      outage: 0.001,
    },
    until: 6_000 * MICROS_PER_MS,
    calm: 6_000 * MICROS_PER_MS,
    crashes: (path) => /\/desk\/(ledger|writer)$/.test(path),
    build(stage) {
      mend = flaw?.damage() ?? (() => {});
      return openNodes(stage);
    },
    always: (nodes) => nodes.broken ?? oneOfEachName(nodes),
    async finally(nodes, network) {
      const run = (ms: number) => network.run({ until: network.now + ms * MICROS_PER_MS });
      nodes.quiet = true;
      await run(ENDS_MS);
      for (const name of NAMES) {
        if (!network.alive.some((life) => life.node === name && life.close !== null)) {
          return `${name} is not there again`;
        }
      }
      // Every ledger ends for good: whoever watches one has to hear of it.
      for (const { desk } of living(nodes)) desk.tell({ kind: "TerminateChild", id: "ledger" });
      await run(ENDS_MS);
      nodes.tally = tallyOf(nodes);
      return nodes.broken ?? everyMonitorIsTold(nodes) ?? bookedOnce(nodes) ?? inOrder(nodes) ??
        nothingIsMissing(nodes) ??
        accounts(nodes) ?? questionsEnd(nodes);
    },
    hash: ({ disks, tally }, network) =>
      JSON.stringify([
        network.now,
        tally,
        [...disks.values()].map(({ bookings }) => bookings.map(({ life, number }) => life * 1e6 + number)).map(digest),
      ]),
    tally: ({ tally }) => tally,
    close: () => mend(),
  };
}

const digest = (numbers: readonly number[]): number => numbers.reduce((sum, n) => (sum * 31 + n) % 2_147_483_647, 7);

const living = ({ records }: Nodes): readonly Record[] => records.filter(({ life, fenced }) => !life.over && !fenced);

/** Of all processes of a name, one at a time takes itself for the holder of it. */
function oneOfEachName({ records }: Nodes): string | null {
  for (const name of NAMES) {
    const holders = records.filter(({ life, remote }) => life.node === name && !life.over && remote["lease"].held);
    if (holders.length > 1) {
      return `two processes hold the name ${name}: ${holders.map(({ life }) => life.number).join(" and ")}`;
    }
  }
  return null;
}

function everyMonitorIsTold(nodes: Nodes): string | null {
  const lives = new Set(living(nodes).map(({ life }) => life.number));
  for (const one of nodes.watchings) {
    if (one.downs.length > 1) return twice(one);
    if (one.downs.length === 0 && one.lives && lives.has(one.life)) {
      return `a monitor of life ${one.life} on ${one.of} was never told of its end`;
    }
  }
  return null;
}

function bookedOnce({ disks }: Nodes): string | null {
  for (const [name, { bookings }] of disks) {
    const seen = new Set<string>();
    for (const { life, number } of bookings) {
      if (seen.has(`${life}/${number}`)) return `booking ${number} of life ${life} was booked twice by ${name}`;
      seen.add(`${life}/${number}`);
    }
  }
  return null;
}

/** In the order of each writer; and nothing of a life once a later one of its node was heard. */
function inOrder({ disks, records }: Nodes): string | null {
  const lives = new Map(records.map(({ life, remote }) => [life.number, { node: life.node, epoch: remote.epoch }]));
  for (const [name, { bookings }] of disks) {
    const [last, epochs] = [new Map<number, number>(), new Map<string, number>()];
    for (const { life, number } of bookings) {
      if (number < (last.get(life) ?? 0)) return `${name} booked ${number} of life ${life} after ${last.get(life)}`;
      last.set(life, number);
      const { node, epoch } = lives.get(life)!;
      if (epoch < (epochs.get(node) ?? 0)) {
        return `${name} booked for epoch ${epoch} of ${node} after ${epochs.get(node)}`;
      }
      epochs.set(node, epoch);
    }
  }
  return null;
}

/** What a life told that is still there is booked, or by some account never to be. */
function nothingIsMissing(nodes: Nodes): string | null {
  const { disks } = nodes;
  const held = heldBookings(nodes);
  for (const { life, told, lost } of living(nodes)) {
    for (const [to, count] of told) {
      const booked = disks.get(to)!.bookings.filter((one) => one.life === life.number).length;
      const given = lost.filter((one) => one.to.endsWith(`/book-${to}`)).length;
      const aside = held.get(`${life.number}>${to}`) ?? 0;
      if (booked + given + aside < count) {
        return `life ${life.number} told ${to} ${count} bookings: ${booked} are booked, ${given} given up, ${aside} put aside`;
      }
    }
  }
  return null;
}

/** Letters that were put aside, by the life that wrote them and the ledger they were for. */
function heldBookings({ network }: Nodes): ReadonlyMap<string, number> {
  const held = new Map<string, number>();
  for (const topic of [DEAD_LETTERS, QUARANTINE]) {
    for (const { records } of network.server.memory.topics.get(topic) ?? []) {
      for (const { frame } of records) {
        const part = readHeld(decodeFrame(frame!).letter);
        if (part?.kind !== "part") continue;
        const { life } = JSON.parse(decodeFrame(part.held.frame).letter.body) as { readonly life?: number };
        const key = `${life}>${part.held.topic.slice("node-".length)}`;
        held.set(key, (held.get(key) ?? 0) + 1);
      }
    }
  }
  return held;
}

/** Of every node's own books, on the way out and on the way in. */
function accounts({ records }: Nodes): string | null {
  for (const { life, remote: { counters } } of records) {
    if (life.over) continue;
    const { unexplained, intake } = counters;
    if (unexplained !== 0) return `of what left life ${life.number} ${unexplained} letters are unexplained`;
    if (intake === null) continue;
    const { taken, lost: _, ...fates } = intake;
    const sum = Object.values(fates).reduce((total, n) => total + n, 0);
    if (sum !== taken) return `life ${life.number} took ${taken} letters and says of ${sum} what became of them`;
    if (intake.underWay > 0) return `life ${life.number} has ${intake.underWay} letters under way for ever`;
    if (counters.watching > 0) return `life ${life.number} keeps ${counters.watching} monitors of actors that are gone`;
  }
  return null;
}

function questionsEnd(nodes: Nodes): string | null {
  for (const { life, asked } of living(nodes)) {
    if (asked.open > 0 && nodes.watchings.every((one) => one.life !== life.number || one.lives)) {
      return `${asked.open} questions of life ${life.number} never ended`;
    }
  }
  return null;
}

function tallyOf({ disks, records, watchings, network }: Nodes): { [name: string]: number } {
  const tally: { [name: string]: number } = { lives: network.lives.length, bookings: 0, fenced: 0, lost: 0 };
  const add = (name: string, n: number) => tally[name] = (tally[name] ?? 0) + n;
  for (const { bookings } of disks.values()) add("bookings", bookings.length);
  for (const { fenced, lost, asked, remote: { counters: { intake } } } of records) {
    add("fenced", Number(fenced));
    add("lost", lost.length);
    add("duplicates", intake?.duplicates ?? 0);
    for (const [end, n] of asked.ends) add(`ask ${end}`, n);
  }
  for (const { downs } of watchings) for (const reason of downs) add(`down ${reason}`, 1);
  return tally;
}
