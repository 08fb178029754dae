/** Nodes that are killed together: who this one is, the brokers by which they hear of each other, and what silence means. */
import { z } from "zod";
import { planOf } from "./broker_plan.ts";
import { UserError } from "./errors.ts";
import { broker, choice, identifier, key, text, whole } from "./kinds.ts";

const LONGEST_MS = 3_600_000;

export const clusterSchema = z.strictObject({
  name: key(identifier().default("main"), "", "name of the cluster: several on one broker hear nothing of each other"),
  node: key(identifier().optional(), "", "name of this node among the others: no two that are alive may bear the same"),
  brokers: key(
    z.array(broker(), { error: 'must be a list of brokers, such as ["redis://127.0.0.1:6379"]' }).default([]),
    "",
    "kills and signs of life go over all of these at once; none: this node is killed on its own machine only",
  ),
  durable: key(
    z.array(text("must be a broker of the list, or its kind"), {
      error: 'must be a list of brokers, such as ["kafka", "redis"]',
    }).optional(),
    "",
    "of several brokers, which carry orders and reports, first choice first; default: in the order of the list",
  ),
  fast: key(
    z.array(text("must be a broker of the list, or its kind"), {
      error: 'must be a list of brokers, such as ["redis", "nats"]',
    }).optional(),
    "",
    "of several brokers, which carry what is worth nothing when late; default: Redis first, then NATS, then Kafka",
  ),
  secretFile: key(
    text("must be the path of a file").optional(),
    "path",
    "32 bytes or more that all nodes share, readable by the node alone: who has them may kill, and nobody else",
  ),
  nodes: key(
    z.array(identifier(), { error: "must be a list of names of nodes" }).default([]),
    "",
    "nodes that must acknowledge a kill; others that are heard count as well",
  ),
  beatMs: key(whole(10, 60_000).default(500), "ms", "time between two signs of life"),
  silenceMs: key(
    whole(100, LONGEST_MS).default(5_000),
    "ms",
    "a node that has heard nothing on any broker for so long closes its gate: it would not hear a kill either",
  ),
  silenceState: key(
    choice("cancel-only", "killed").default("cancel-only"),
    "",
    "what the firm becomes on a node that hears nothing, until it is re-armed there",
  ),
  hear: key(
    choice("anything", "another").default("anything"),
    "",
    "what ends the silence: whatever comes back from a broker, this node's own signs too, or only another node",
  ),
  ackMs: key(
    whole(10, 60_000).default(2_000),
    "ms",
    "how long whoever kills waits for the others to say that they have",
  ),
});

type Refuse = (path: (string | number)[], message: string) => void;

export function checkCluster(cluster: z.infer<typeof clusterSchema>, refuse: Refuse): void {
  const { brokers, node, secretFile, beatMs, silenceMs, durable, fast } = cluster;
  if (brokers.length === 0) return;
  if (node === undefined) refuse(["cluster", "node"], "must name this node where brokers are given");
  if (secretFile === undefined) {
    refuse(["cluster", "secretFile"], "must name the file of the shared secret where brokers are given");
  }
  if (silenceMs < 3 * beatMs) {
    refuse(["cluster", "silenceMs"], `must be three times beat_ms or more, so that one lost sign of life kills nobody`);
  }
  if (new Set(brokers).size < brokers.length) return refuse(["cluster", "brokers"], "names a broker twice");
  try {
    planOf({ addresses: brokers, durable, fast });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    refuse(["cluster", "brokers"], `do not go with its classes: ${error.message}`);
  }
}
