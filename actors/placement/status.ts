/** The status of nodes as letters, and a board of those that were heard. */
import { z } from "zod";
import { encode, type Stopwatch, type WireEnvelope } from "../../runtime/mod.ts";
import { Catalogue, defineMessage, type MessageDef } from "../../runtime/remote/mod.ts";
import type { Letter } from "../../runtime/transport/mod.ts";
import { NODE_ROLES, type NodeStatus, SCOPE_STATES } from "../protocol/mod.ts";

const whole = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const text = z.string().max(2_000);
const name = z.string().max(100);

export const NODE_STATUS: MessageDef<NodeStatus> = defineMessage({
  id: "cwts.node-status",
  version: 1,
  schema: z.strictObject({
    node: name,
    start: whole,
    role: z.enum(NODE_ROLES),
    state: z.enum(["running", "standby", "waiting", "fenced", "stopping"]),
    version: name,
    config: name,
    epoch: whole,
    shards: z.array(z.strictObject({
      shard: name,
      holder: name,
      epoch: whole,
      halted: text.nullable(),
      sent: whole,
      taken: whole,
      refused: whole,
    })).max(1_000),
    bad: whole,
    detail: text,
    time: whole,
    speed: z.number().min(0),
    mode: z.enum(["FullPerformance", "SafeMode", "EmergencyShutdown", ""]),
    firm: z.enum([...SCOPE_STATES, ""]),
  }) as unknown as z.ZodType<NodeStatus>,
});
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

/** Which nodes are there, by what was heard of them here: nobody's clock is compared with another's. */
export class NodeBoard {
  readonly #stopwatch: Stopwatch;
  readonly #nanos: number;
  readonly #heard = new Map<string, { readonly status: NodeStatus; readonly at: number }>();

  /** `beatMs`: how often a node speaks. */
  constructor(stopwatch: Stopwatch, beatMs: number) {
    this.#stopwatch = stopwatch;
    this.#nanos = beatMs * PATIENCE * 1e6;
  }

  hear(status: NodeStatus): void {
    const known = this.#heard.get(status.node);
    // What an earlier start of the node said late.
    if (known !== undefined && known.status.start > status.start) return;
    this.#heard.set(status.node, { status, at: this.#stopwatch.now() });
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
