/** Reads the results of `cargo test` and `deno test`. */

export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

// deno-lint-ignore no-control-regex -- the escape character is what is to be removed
const COLOUR = /\x1b\[[0-9;]*m/g;

/**
 * Sum over all test programs of a cargo run; null when there was no result line. A test that is ignored because another
 * one starts it as a process of its own ("run by the test below") has run, and counts as neither passed nor skipped.
 */
export function parseCargoTotals(output: string): Totals | null {
  const plain = output.replace(COLOUR, "");
  const lines = [...plain.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed; \d+ ignored;/gm)];
  if (lines.length === 0) return null;
  const sum = (field: number) => lines.reduce((total, line) => total + Number(line[field]), 0);
  return { passed: sum(1), failed: sum(2), skipped: parseCargoSkips(plain).length };
}

/** "name: reason" of every Rust test that was left out. */
export function parseCargoSkips(output: string): string[] {
  return [...output.replace(COLOUR, "").matchAll(/^test (\S+)(?: - should panic)? \.\.\. ignored(?:, (.*))?$/gm)]
    .filter(([, , reason]) => !reason?.includes("run by the test below"))
    .map(([, name, reason]) => `${name}: ${reason ?? "no reason given"}`);
}

/** The last result line of a deno run; null when there was none. */
export function parseDenoTotals(output: string): Totals | null {
  const plain = output.replace(COLOUR, "");
  const line = [...plain.matchAll(/^(?:ok|FAILED) \| (\d+) passed(?: \(\d+ steps?\))? \| (\d+) failed([^\n]*)$/gm)].at(
    -1,
  );
  if (line === undefined) return null;
  const ignored = /\| (\d+) ignored/.exec(line[3]);
  return { passed: Number(line[1]), failed: Number(line[2]), skipped: Number(ignored?.[1] ?? 0) };
}

/** Names of the skipped tests in a JUnit report. */
export function parseJunitSkips(xml: string): string[] {
  const names: string[] = [];
  for (const match of xml.matchAll(/<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g)) {
    if (!match[2]?.includes("<skipped")) continue;
    const name = /\bname="([^"]*)"/.exec(match[1])?.[1] ?? "unnamed";
    names.push(
      name.replaceAll("&quot;", '"').replaceAll("&apos;", "'").replaceAll("&#39;", "'").replaceAll("&lt;", "<")
        .replaceAll("&gt;", ">").replaceAll("&amp;", "&"),
    );
  }
  return names;
}

/** What `.ci/run` installs. */
const INSTALLED = ["chromium", "Erlang", "redis-server", "nats-server", "java", "openssl", "libfaketime"];

/**
 * Skips that a CI machine has no excuse for: it installs a browser, Erlang and the brokers, it has the recordings where they
 * were laid beside the repository, and a skip without a "[needs …]" reason is never excused.
 */
export function unexcused(skips: readonly string[], hasRecordings: boolean): string[] {
  return skips.filter((name) => {
    const need = /\[needs ([^\]]+)\]/.exec(name)?.[1];
    if (need === undefined || need.split(", ").every((one) => INSTALLED.includes(one))) return true;
    if (need === "shared data") return hasRecordings;
    return false;
  });
}
