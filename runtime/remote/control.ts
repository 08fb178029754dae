/** What nodes tell each other about themselves and about what is between their actors. */
import { z } from "zod";
import { type ActorRef, type ExitReason } from "../actor.ts";
import { addressSchema } from "./address.ts";
import { defineMessage, type MessageDef } from "./message_def.ts";

const node = z.string().min(1).max(80);

/** A sign of life. All nodes hear those of all. */
const presenceSchema = z.strictObject({
  node,
  epoch: z.int().min(0),
  beat: z.int().min(1),
  /** What can be found on it. */
  names: z.array(z.string()),
  /** It goes, and this is the last one. */
  leaving: z.boolean(),
});
export type Presence = z.infer<typeof presenceSchema>;

/** How an actor ended, as far as it can be told to another node. */
const reasonSchema = z.strictObject({
  kind: z.enum(["normal", "shutdown", "killed", "error", "init-failed", "noproc"]),
  detail: z.string().optional(),
});
export type TravellingReason = z.infer<typeof reasonSchema>;

const controlSchema = z.discriminatedUnion("kind", [
  /** `key` names the monitor for ever. */
  z.strictObject({ kind: z.literal("Watch"), key: z.string(), to: addressSchema }),
  z.strictObject({ kind: z.literal("Watching"), key: z.string() }),
  z.strictObject({ kind: z.literal("Unwatch"), key: z.string() }),
  z.strictObject({ kind: z.literal("Down"), key: z.string(), reason: reasonSchema }),
  /** A question that will not be answered. */
  z.strictObject({
    kind: z.literal("AskFailed"),
    ask: z.int().min(1),
    epoch: z.int().min(0),
    failure: z.enum(["dead", "overloaded", "cycle"]),
    path: z.array(z.string()).optional(),
  }),
]);
export type Control = z.infer<typeof controlSchema>;

export const presenceDef: MessageDef<Presence> = defineMessage({
  id: "cwts.presence",
  version: 1,
  schema: presenceSchema,
});

export const controlDef: MessageDef<Control> = defineMessage({ id: "cwts.control", version: 1, schema: controlSchema });

/** The messages of nodes themselves, for catalogues. */
// deno-lint-ignore no-explicit-any -- messages of different kinds
export const NODE_MESSAGES: readonly MessageDef<any>[] = [presenceDef, controlDef];

export function toTravel(reason: ExitReason): TravellingReason {
  switch (reason.kind) {
    case "error":
    case "init-failed":
      return { kind: reason.kind, detail: `${reason.error.name}: ${reason.error.message}` };
    case "shutdown":
      return reason.detail === undefined ? { kind: "shutdown" } : { kind: "shutdown", detail: reason.detail };
    case "node-lost":
    case "unreachable":
      return { kind: "noproc" };
    default:
      return { kind: reason.kind };
  }
}

export function arrived({ kind, detail }: TravellingReason): ExitReason {
  if (kind === "error" || kind === "init-failed") return { kind, error: new Error(detail ?? "unknown") };
  if (kind === "shutdown") return detail === undefined ? { kind } : { kind, detail };
  return { kind };
}

/** What the door is told beside letters. */
export type DoorMessage =
  | { readonly kind: "Tick" }
  | { readonly kind: "Heard"; readonly presence: Presence }
  | { readonly kind: "Offer"; readonly name: string; readonly ref: ActorRef<never> }
  | { readonly kind: "Control"; readonly from: string; readonly epoch: number; readonly control: Control };
