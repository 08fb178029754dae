/**
 * Finds limits that mean nothing: those that others make unreachable, and, where usage is known, those so far above it
 * that they would stop nothing in time.
 */
import type { LimitRow } from "../protocol/limits.ts";
import { nameOf } from "./decide.ts";

export interface LintRule {
  /** A limit may be so many times the most that was used. */
  readonly factor: number;
  /** A position may be this fraction of what the market traded. */
  readonly volumeShare: number;
}

export interface LintFinding {
  readonly code: "NEVER_REACHED" | "FAR_ABOVE_USAGE" | "ABOVE_VOLUME" | "NO_LIMIT";
  readonly limit: string;
  readonly detail: string;
}

const POSITIONS = ["max_position", "max_quantity"];

/** `rows`: every limit; without usage only what the limits say about each other is judged. */
export function lintLimits(rows: readonly LimitRow[], { factor, volumeShare }: LintRule): readonly LintFinding[] {
  const findings: LintFinding[] = [];
  const valueOf = (scope: string, limit: string) => {
    const row = rows.find((one) => one.scope === scope && one.limit === limit && one.instrument === null);
    return row === undefined ? null : Number(row.value);
  };
  for (const row of rows) {
    const { used, peak, volume, limit, scope } = row;
    const value = Number(row.value);
    const find = (code: LintFinding["code"], detail: string) => findings.push({ code, limit: nameOf(row), detail });
    if (scope.startsWith("organism:") && limit === "max_quantity") {
      const position = valueOf(scope, "max_position");
      if (position !== null && value > position) {
        find("NEVER_REACHED", `an order of ${value} would break max_position of ${position} first: lower it to that`);
      }
    }
    if (limit === "duplicate_window_ms" && value === 0) {
      find("NO_LIMIT", "0 switches the check for duplicates off: give it a time");
    }
    const most = Math.max(used ?? 0, peak ?? 0);
    if (limit.startsWith("max_") && most > 0 && value > most * factor) {
      find(
        "FAR_ABOVE_USAGE",
        `is ${value}, and ${most} was the most in use: ${ratio(value / most)} × is above ${factor} ×`,
      );
    }
    if (POSITIONS.includes(limit) && volume !== null && volume > 0 && value > volume * volumeShare) {
      const share = (value / volume * 100).toPrecision(3);
      find(
        "ABOVE_VOLUME",
        `is ${value}, ${share} % of the ${volume} lots the market traded; ${volumeShare * 100} % is the most`,
      );
    }
  }
  return findings;
}

const ratio = (times: number): string => (times >= 100 ? String(Math.round(times)) : times.toPrecision(2));
