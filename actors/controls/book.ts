/** What survives the node about its limits: what differs from the configuration, what waits, and what goes back when. */
import { z } from "zod";
import { ROLES } from "../protocol/roles.ts";
import { parseStateText } from "../protocol/state_text.ts";

const Ref = z.strictObject({ scope: z.string(), limit: z.string(), instrument: z.string().nullable() });
const Value = z.union([z.number(), z.string(), z.null()]);
const millis = z.number().min(0);
const figure = z.number().nullable();

const BookSchema = z.strictObject({
  version: z.literal(1),
  /** Latest wall time seen when the file was written. */
  seen: millis,
  next: z.int().min(1),
  /** In force although the configuration says otherwise; `base` is what that said. */
  changed: z.array(z.strictObject({ ref: Ref, value: Value, base: Value })),
  pending: z.array(z.strictObject({
    id: z.int(),
    ref: Ref,
    from: Value,
    to: Value,
    reason: z.string(),
    person: z.string(),
    role: z.enum(ROLES),
    usage: z.strictObject({ used: figure, peak: figure, volume: figure }),
    at: millis,
    expires: millis.nullable(),
  })),
  temporary: z.array(z.strictObject({ id: z.int(), ref: Ref, value: Value, back: Value, until: millis })),
});

export type LimitsBook = z.infer<typeof BookSchema>;

/** Null when there is none. Throws LIMITS_FILE. */
export function parseLimitsBook(text: string | null): LimitsBook | null {
  if (text === null) return null;
  return parseStateText(BookSchema, text, {
    code: "LIMITS_FILE",
    name: "limits.json",
    otherwise: "move it away to start with the limits of the configuration",
  });
}
