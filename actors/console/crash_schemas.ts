/** The REST shapes of crashes; `schemas.ts` holds them against the node's own types. */
import { z } from "@hono/zod-openapi";

const micros = z.int().describe("microseconds since the Unix epoch, node clock");

export const CrashDecision = z.object({
  kind: z.enum(["pending", "restarted", "failed-again", "gave-up", "left", "disabled"]),
  time: micros.nullable().describe("null while pending"),
  detail: z.string(),
}).openapi("CrashDecision");

export const CrashSummary = z.object({
  id: z.int().describe("counts the crashes of a run from 1"),
  time: micros,
  path: z.string(),
  type: z.string(),
  incarnation: z.int().describe("0 for the first life"),
  reason: z.string(),
  message: z.string().nullable().describe("kind of the message being handled; null between messages"),
  restartsLeft: z.number().nullable().describe("before this one; null without a supervisor"),
  decision: CrashDecision.describe("what the supervisor did"),
}).openapi("CrashSummary");

export const TracedMessage = z.object({
  id: z.number(),
  message: z.string().describe("its kind"),
  cause: z.number().describe("the message whose handling sent it; 0: from outside"),
  root: z.number(),
  sender: z.string().nullable(),
  receiver: z.string(),
  waiting: z.boolean().describe("still in the mailbox"),
  origin: z.object({
    node: z.string(),
    epoch: z.number(),
    sender: z.string().nullable(),
    sequence: z.number(),
    id: z.number(),
    cause: z.number(),
    root: z.number(),
    deadline: z.union([z.number(), z.literal("none")]).describe("none: it is no question"),
    schema: z.object({ id: z.string(), version: z.number() }).nullable(),
  }).optional().describe("what it was called on the node that it came from"),
}).openapi("TracedMessage");

export const CrashRecord = z.object({
  id: z.int(),
  time: micros,
  path: z.string(),
  type: z.string(),
  incarnation: z.int(),
  reason: z.string(),
  causes: z.array(z.string()).describe("of the error, outermost first"),
  stack: z.string().nullable(),
  nativeCall: z.string().nullable().describe("export of the native core that failed"),
  message: TracedMessage.nullable(),
  content: z.unknown().describe("what the actor shows of that message"),
  why: z.array(TracedMessage).describe("why that message was sent, itself first"),
  latest: z.array(TracedMessage).describe("the latest it took, oldest first"),
  mailbox: z.object({
    waiting: z.int(),
    stashed: z.int(),
    kinds: z.record(z.string(), z.int()).describe("waiting messages by kind"),
  }),
  timers: z.array(z.object({ key: z.string(), due: micros })),
  awaited: z.array(z.string()),
  watchers: z.array(z.string()),
  children: z.array(z.string()),
  names: z.array(z.string()),
  supervision: z.unknown().describe("child specification and restart budget"),
  state: z.unknown(),
  stateBefore: z.unknown().describe("before the message; null unless the actor keeps it"),
  facts: z.record(z.string(), z.string()),
  replay: z.object({
    seed: z.number(),
    start: micros,
    message: z.number(),
    position: z.record(z.string(), z.number()).describe("where input and logs stood"),
  }),
}).openapi("CrashRecord");

export const Crash = CrashSummary.extend({
  record: CrashRecord,
  auditIndex: z.number().nullable().describe("of the record in the audit log"),
  wall: z.string().nullable(),
}).openapi("Crash");
