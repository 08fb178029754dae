/** The files of the data directory that keep what people decided: JSON of one shape, or one sentence that says what to do. */
import type { z } from "zod";
import { UserError } from "../../config/errors.ts";

export interface StateTextOptions {
  /** Of the error when the text is damaged. */
  readonly code: string;
  /** Name of the file in the data directory. */
  readonly name: string;
  /** What somebody can do who has no copy of it, and what that costs. */
  readonly otherwise: string;
}

/** What the file says. Throws UserError with `code`: the first place that is wrong, and the way out. */
export function parseStateText<S extends z.ZodType>(
  schema: S,
  text: string,
  { code, name, otherwise }: StateTextOptions,
): z.infer<S> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UserError(
    code,
    `the file ${name} of the data directory is damaged (${issue.path.join(".") || "it"}: ${issue.message}): ` +
      `put a copy of it back, or ${otherwise}`,
  );
}
