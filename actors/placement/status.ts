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

interface Heard {
  readonly status: NodeStatus;
  readonly before: NodeStatus | null;
  readonly at: number;
}

/** Which nodes are there, by what was heard of them here: nobody's clock is compared with another's. */
export class NodeBoard {
  readonly #stopwatch: Stopwatch;
  readonly #nanos: number;
  readonly #heard = new Map<string, Heard>();

  /** `beatMs`: how often a node speaks. */
  constructor(stopwatch: Stopwatch, beatMs: number) {
    this.#stopwatch = stopwatch;
    this.#nanos = beatMs * PATIENCE * 1e6;
  }

  hear(status: NodeStatus): void {
    const known = this.#heard.get(status.node);
    // What an earlier start of the node said late.
    if (known !== undefined && known.status.start > status.start) return;
    const before = known?.status.start === status.start ? known.status : null;
    this.#heard.set(status.node, { status, before, at: this.#stopwatch.now() });
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
  get all(): readonly { readonly status: NodeStatus; readonly silent: number }[] {
    const now = this.#stopwatch.now();
    return [...this.#heard.values()].map(({ status, at }) => ({ status, silent: now - at }))
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
