/** Nodes with something broken in them, one each: every invariant must be seen to find what it is there for. */
import { RemoteNode } from "../../../runtime/remote/mod.ts";
import { Watches } from "../../../runtime/remote/watches.ts";
import { Line } from "../../../runtime/testkit/network/line.ts";
import { Deduplicator } from "../../../runtime/transport/mod.ts";
import { LeaseHolder } from "../../../runtime/transport/lease.ts";
import type { RawEntry } from "../../../runtime/transport/log.ts";

export interface NodesFlaw {
  readonly name: string;
  /** The sentences that call it by its name. */
  readonly found: RegExp;
  /** Breaks something for one run, and returns how it is mended. */
  damage(): () => void;
}

// deno-lint-ignore no-explicit-any -- what is private is broken too
type Inner = any;

/** Another method, or getter, in the place of one of a class. */
function instead(
  of: { readonly prototype: Inner },
  name: string,
  make: (usual: Inner) => PropertyDescriptor,
): () => void {
  const usual = Object.getOwnPropertyDescriptor(of.prototype, name)!;
  Object.defineProperty(of.prototype, name, { ...usual, ...make(usual.value ?? usual.get) });
  return () => Object.defineProperty(of.prototype, name, usual);
}

const append = (change: (entries: readonly RawEntry[]) => readonly RawEntry[]) => () =>
  instead(Line, "append", (usual) => ({
    value(this: Inner, topic: string, entries: readonly RawEntry[]) {
      return usual.call(this, topic, topic.startsWith("node-") ? change(entries) : entries);
    },
  }));

export const NODES_FLAWS: readonly NodesFlaw[] = [
  {
    name: "what came before is not recognised",
    found: /was booked twice/,
    damage: () =>
      instead(Deduplicator, "see", (usual) => ({
        value(this: Inner, producer: Inner) {
          return usual.call(this, producer) === "fenced" ? "fenced" : "new";
        },
      })),
  },
  {
    name: "lives that are over are listened to",
    found: /booked for epoch \d+ of . after/,
    damage: () =>
      instead(Deduplicator, "see", (usual) => ({
        value(this: Inner, producer: Inner) {
          return usual.call(this, { ...producer, node: `${producer.node}@${producer.epoch}` });
        },
      })),
  },
  {
    name: "a lease is believed in for ever",
    found: /two processes hold the name/,
    damage: () => instead(LeaseHolder, "held", () => ({ get: () => true })),
  },
  {
    name: "nobody tells a process that its name was another's",
    found: /told . \d+ bookings: \d+ are booked/,
    damage: () => instead(RemoteNode, "ask", () => ({ value: () => Promise.resolve() })),
  },
  {
    name: "a monitor goes on after its end",
    found: /was told \d+ times|keeps \d+ monitors/,
    damage: () =>
      instead(Watches, "end", () => ({
        value(this: Inner, key: string, reason: unknown) {
          this.watches.get(key).down(reason);
        },
      })),
  },
  {
    name: "the loss of a node is told to nobody",
    found: /was never told of its end|keeps \d+ monitors/,
    damage: () => instead(Watches, "lost", () => ({ value: () => {} })),
  },
  {
    name: "letters overtake each other",
    found: /booked \d+ of life \d+ after \d+/,
    damage: append((entries) => entries.toReversed()),
  },
  {
    name: "the broker loses letters that it confirmed",
    found: /told . \d+ bookings: \d+ are booked/,
    damage: append((entries) => entries.filter(({ frame }) => frame.length % 7 !== 0)),
  },
];
