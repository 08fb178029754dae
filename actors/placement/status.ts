/** The status of nodes as letters, and a board of those that were heard. */
import { encode, type Stopwatch, type WireEnvelope } from "../../runtime/mod.ts";
import { Catalogue } from "../../runtime/remote/mod.ts";
import type { Letter } from "../../runtime/transport/mod.ts";
import { NODE_STATUS, type NodeStatus } from "../protocol/mod.ts";

const CATALOGUE = new Catalogue([NODE_STATUS]);

/** Null for anything that is no status. */
export function readStatus(letter: Letter): NodeStatus | null {
  const reading = CATALOGUE.read(letter);
  return reading.ok ? reading.message as NodeStatus : null;
}

/** `sequence`: counts what this start of the node has said. */
export function statusLetter(status: NodeStatus, sequence: number): Letter {
  const envelope: WireEnvelope = {
    node: status.node,
    epoch: status.start,
    sender: "status",
    sequence,
    id: sequence,
    cause: 0,
    root: sequence,
    deadline: Infinity,
    schema: { id: NODE_STATUS.id, version: NODE_STATUS.version },
  };
  return { envelope, body: encode(status) };
}

/** Beats that may be missing before a node counts as gone. */
const PATIENCE = 6;

/** Clocks that are further apart are told, milliseconds: far more than a letter is under way, less than confuses a reader of records. */
const APART_MS = 30_000;

/**
 * What a person should know of a node whose clock is `aheadMs` before another's; null: they agree well enough. Order and leases
 * need no equal clocks; whoever puts records of two nodes side by side does.
 */
export function clockSentence(node: string, aheadMs: number, other: string): string | null {
  if (Math.abs(aheadMs) < APART_MS) return null;
  const minutes = Math.abs(aheadMs) / 60_000;
  const apart = minutes < 2 ? `${Math.round(minutes * 60)} s` : `${Math.round(minutes)} min`;
  return `the clock of ${node} is ${apart} ${aheadMs > 0 ? "ahead of" : "behind"} ${other}: ` +
    "nothing is decided by it, but times on record do not fit together; let NTP set both";
}

interface Heard {
  readonly status: NodeStatus;
  /** By how much its clock was ahead, milliseconds; a letter that was long under way makes it smaller. */
  readonly aheadMs: number;
  readonly before: NodeStatus | null;
  readonly at: number;
  readonly sequence: number;
}

/** Which nodes are there, by what was heard of them here: nobody's clock decides about another. */
export class NodeBoard {
  readonly #stopwatch: Stopwatch;
  readonly #nanos: number;
  readonly #heard = new Map<string, Heard>();

  /** `beatMs`: how often a node speaks. */
  constructor(stopwatch: Stopwatch, beatMs: number) {
    this.#stopwatch = stopwatch;
    this.#nanos = beatMs * PATIENCE * 1e6;
  }

  /** `clock`: this machine's, milliseconds since the Unix epoch. `sequence`: counts what this start of the node has said. */
  hear(status: NodeStatus, clock?: number, sequence?: number): void {
    const known = this.#heard.get(status.node);
    // What an earlier start of the node said late.
    if (known !== undefined && known.status.start > status.start) return;
    // What it has said before: somebody plays it again.
    const last = known?.status.start === status.start ? known.sequence : 0;
    if (sequence !== undefined && sequence <= last) return;
    const before = known?.status.start === status.start ? known.status : null;
    const aheadMs = clock === undefined || status.clock === undefined ? 0 : status.clock - clock;
    this.#heard.set(status.node, { status, before, aheadMs, sequence: sequence ?? last, at: this.#stopwatch.now() });
  }

  /** What a node said before it said what it said last; null: nothing, or it has begun anew. */
  before(node: string): NodeStatus | null {
    return this.#heard.get(node)?.before ?? null;
  }

  /** Those that were heard lately and do not end, in the order of their names. */
  get live(): readonly NodeStatus[] {
    const now = this.#stopwatch.now();
    return [...this.#heard.values()]
      .filter(({ status, at }) => status.state !== "stopping" && now - at <= this.#nanos)
      .map(({ status }) => status)
      .sort((a, b) => (a.node < b.node ? -1 : 1));
  }

  /** Nodes that were heard once, with nanoseconds since. */
  get all(): readonly { readonly status: NodeStatus; readonly silent: number; readonly aheadMs: number }[] {
    const now = this.#stopwatch.now();
    return [...this.#heard.values()].map(({ status, aheadMs, at }) => ({ status, aheadMs, silent: now - at }))
      .sort((a, b) => (a.status.node < b.status.node ? -1 : 1));
  }

  /** The gateway that has the highest epoch, heard lately or not; null: none was heard. */
  get gateway(): { readonly status: NodeStatus; readonly live: boolean } | null {
    let best: NodeStatus | null = null;
    for (const { status } of this.#heard.values()) {
      if (status.role === "gateway" && status.epoch > (best?.epoch ?? 0)) best = status;
    }
    return best === null ? null : { status: best, live: this.live.some(({ node }) => node === best.node) };
  }
}
