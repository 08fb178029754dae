/** The scenarios as rows that a compliance officer can read, and as JSON for the pack of a review. */
import { columns } from "../../cli/io.ts";
import type { Case, Outcome, Scenario } from "./scenario.ts";

export type Result =
  & Case
  & (
    | { readonly status: "stopped"; readonly outcome: Outcome }
    | { readonly status: "failed"; readonly why: string }
    | { readonly status: "not done"; readonly why: string }
  );

/** Plays one scenario. */
export async function resultOf(scenario: Scenario): Promise<Result> {
  const { id, name, year, wrong, control } = scenario;
  const about = { id, name, year, wrong, control };
  if ("undone" in scenario) return { ...about, status: "not done", why: scenario.undone };
  try {
    return { ...about, status: "stopped", outcome: await scenario.run() };
  } catch (error) {
    return { ...about, status: "failed", why: (error as Error).message };
  }
}

const HEAD = ["", "case", "what went wrong", "stopped by", "at", "let through", "without it"];

/** One line for each scenario, one below it with what else is to be said, and one of totals. */
export function tableText(results: readonly Result[]): string[] {
  const rows = results.map((result) => {
    const about = [result.id, `${result.name} ${result.year}`, result.wrong];
    if (result.status !== "stopped") {
      return [...about, result.control, result.status.toUpperCase(), "", ""];
    }
    const { code, order, of, afterMs, through, without } = result.outcome;
    const at = `message ${whole(order)} of ${whole(of)}, ${seconds(afterMs)}`;
    return [...about, `${result.control}: ${code}`, at, dollars(through), dollars(without)];
  });
  const [head, ...lines] = columns([HEAD, ...rows]);
  const indent = " ".repeat(Math.max(...results.map(({ id }) => id.length)) + 2);
  const told = results.flatMap((result, i) => {
    const more = result.status === "stopped" ? result.outcome.remark : `needs: ${result.why}`;
    const sign = result.status === "failed" ? `failed: ${result.why}` : more;
    return sign === "" ? [lines[i]] : [lines[i], `${indent}${sign}`];
  });
  const count = (status: Result["status"]) => results.filter((result) => result.status === status).length;
  return [head, ...told, `${count("stopped")} stopped, ${count("failed")} failed, ${count("not done")} not done`];
}

const seconds = (millis: number): string => (millis === 0 ? "at once" : `after ${millis / 1_000} s`);
const whole = (value: number): string => value.toLocaleString("en-US");

/** In the unit that keeps three digits: "$2.00 m". */
export function dollars(amount: number): string {
  for (const [unit, size] of [["bn", 1e9], ["m", 1e6], ["k", 1e3]] as const) {
    if (amount >= size) return `$${(amount / size).toPrecision(3)} ${unit}`;
  }
  return `$${Math.round(amount)}`;
}
