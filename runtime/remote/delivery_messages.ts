/**
 * Reliable delivery (delivery.ts) between actors of different nodes: the consumer's demand bounds what is under way from end
 * to end, which the broker, that keeps everything, does not.
 *
 * A producer's epoch has to rise over lives of its node as well: `node.epoch * 2 ** 20 + context.incarnation`.
 */
import { z } from "zod";
import type { Delivery, DeliveryControl } from "../delivery.ts";
import { defineMessage, type MessageDef } from "./message_def.ts";
import { refTo } from "./ref_schema.ts";

const count = z.int().min(0);
const from = { producer: z.string(), epoch: count };

/** What a consumer answers; to be among the messages of a producer's actor. */
export const deliveryControlDef: MessageDef<DeliveryControl> = defineMessage({
  id: "cwts.delivery-control",
  version: 1,
  schema: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("Confirmed"), ...from, sequence: count, upTo: count }),
    z.strictObject({ kind: z.literal("Resend"), ...from, from: count }),
  ]),
});

/** What a consumer's actor takes when messages of `def` are delivered to it. */
export function deliveryOf<M>(def: MessageDef<M>): MessageDef<Delivery<M>> {
  return defineMessage<Delivery<M>>({
    id: `${def.id}.delivery`,
    version: def.version,
    schema: z.strictObject({
      kind: z.literal("Delivery"),
      ...from,
      sequence: count,
      message: def.schema,
      replyTo: refTo(deliveryControlDef),
    }) as unknown as z.ZodType<Delivery<M>>,
  });
}
