/**
 * What nodes say to each other about stopping, on any broker: calls to make a scope stricter, and signs of life that carry
 * what became of the latest calls. Nothing is believed before it fits its schema and is signed with the cluster's secret.
 *
 * There is no word for opening: what a call may ask for ends at the strictest state and begins above ACTIVE.
 */
import { z } from "zod";
import type { Letter } from "../../runtime/transport/mod.ts";
import { readSigned, type Secrets, signedText } from "./secrets.ts";

/** Topics, the same on every broker: one for calls and one for signs of life, of each cluster. */
export const callsOf = (cluster: string): string => `${cluster}-calls`;
export const beatsOf = (cluster: string): string => `${cluster}-beats`;

const name = z.string().min(1).max(64);
const whole = z.int().min(0);
const text = z.string().max(1_000);
/** REDUCE_ONLY, CANCEL_ONLY, KILLED. */
const stricter = z.literal([1, 2, 3]);

const call = z.strictObject({
  kind: z.literal("kill"),
  /** Of this call alone; whoever hears it again has obeyed. */
  id: z.string().min(1).max(128),
  /** The node, or the command, that it comes from. */
  from: name,
  /** Who stands behind it, as on the record of a kill of one node. */
  author: text,
  scope: name,
  state: stricter,
  reason: text,
  /** Milliseconds since the Unix epoch, by the sender's clock: for people. */
  wall: whole,
});

const answer = z.strictObject({
  id: z.string().min(1).max(128),
  /** "done": the scope is at least as strict now. "absent": this node has no such scope. */
  outcome: z.enum(["done", "absent"]),
  /** What the scope is now, and the decision of the gate after which nothing passed any more. */
  state: z.int().min(0).max(3),
  gateSequence: whole,
});

const beat = z.strictObject({
  kind: z.literal("beat"),
  node: name,
  /** Of one process: signs of two that bear one name are told apart. */
  process: z.string().min(1).max(64),
  n: whole,
  answers: z.array(answer).max(64),
  /** Of the gateway of several nodes: every scope that is not ACTIVE there. Who has no gate opens when the gateway does. */
  strict: z.array(z.strictObject({ scope: name, state: stricter })).max(1_000).optional(),
});

export type KillCall = z.infer<typeof call>;
export type KillAnswer = z.infer<typeof answer>;
export type Beat = z.infer<typeof beat>;
type Word = KillCall | Beat;

const word = z.discriminatedUnion("kind", [call, beat]);

export interface Unread {
  readonly kind: "strange" | "unreadable";
}

/** A letter that says it, signed. `n` numbers what this sender says. */
export function letterOf(said: Word, secrets: Secrets, node: string, n: number): Letter {
  const envelope = {
    ...{ node, epoch: 0, sender: "cluster", sequence: n, id: n, cause: 0, root: n, deadline: Infinity },
    schema: { id: "cwts.cluster", version: 1 },
  };
  return { envelope, body: signedText(JSON.stringify(said), secrets) };
}

/** "strange": nobody with the secret has said it. "unreadable": somebody has, and it is none of our words. */
export function read({ body }: Pick<Letter, "body">, secrets: Secrets): Word | Unread {
  const said = readSigned(body, secrets);
  if (said === null) return { kind: "strange" };
  try {
    return word.parse(JSON.parse(said));
  } catch {
    return { kind: "unreadable" };
  }
}
