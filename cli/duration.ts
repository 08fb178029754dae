/** Spans of time as people type them. */
import { UserError } from "../config/errors.ts";

const SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3_600, d: 86_400 };

/** "30s", "500ms", "1.5h", "90" (seconds) → seconds. Throws UserError USAGE that names `flag`. */
export function parseDuration(text: string, flag: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text.trim());
  const seconds = match === null ? NaN : Number(match[1]) * SECONDS[match[2] ?? "s"];
  if (!(seconds > 0)) {
    throw new UserError("USAGE", `${flag} must be a time above zero such as 30s, 500ms, 5m or 2h, not "${text}"`);
  }
  return seconds;
}
