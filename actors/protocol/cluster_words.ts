/** The status of a node as it stands on a topic. */
import { z } from "zod";
import { defineMessage, type MessageDef } from "../../runtime/remote/mod.ts";
import { NODE_ROLES, type NodeStatus } from "./cluster.ts";
import { SCOPE_STATES } from "./control.ts";

const whole = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const text = z.string().max(2_000);
const name = z.string().max(100);

const shard = z.strictObject({
  shard: name,
  holder: name,
  epoch: whole,
  halted: text.nullable(),
  sent: whole,
  taken: whole,
  refused: whole,
});
const first = {
  node: name,
  start: whole,
  role: z.enum(NODE_ROLES),
  state: z.enum(["running", "standby", "waiting", "fenced", "stopping"]),
  version: name,
  config: name,
  epoch: whole,
  shards: z.array(shard).max(1_000),
  bad: whole,
  detail: text,
  time: whole,
  speed: z.number().min(0),
  mode: z.enum(["FullPerformance", "SafeMode", "EmergencyShutdown", ""]),
  firm: z.enum([...SCOPE_STATES, ""]),
};

const ID = "cwts.node-status";
/** Of nodes that are not upgraded yet. */
const STATUS_1: MessageDef<NodeStatus> = defineMessage({
  id: ID,
  version: 1,
  schema: z.strictObject(first) as unknown as z.ZodType<NodeStatus>,
});

export const NODE_STATUS: MessageDef<NodeStatus> = defineMessage({
  id: ID,
  version: 2,
  schema: z.strictObject({
    ...first,
    offer: z.strictObject({ epoch: whole, hash: name, refused: text.nullable(), switched: z.boolean() }).optional(),
    alarms: z.array(text).max(100).optional(),
    kills: z.array(z.strictObject({
      id: z.string().max(128),
      scope: name,
      state: z.enum(SCOPE_STATES),
      from: name,
      reason: text,
    })).max(100).optional(),
    carriers: z.array(z.strictObject({ class: name, broker: name, first: z.boolean() })).max(10).optional(),
    clock: whole.optional(),
  }) as unknown as z.ZodType<NodeStatus>,
  previous: STATUS_1,
  upcast: (status) => status as NodeStatus,
});
