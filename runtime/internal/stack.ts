/**
 * The stack of an error as a record keeps it: the actor's own calls, with paths from the root of the sources.
 *
 * Where the sources lie differs from machine to machine, and what called the runtime from run to run; neither may make two
 * records of one crash differ.
 */

/** Longest stack kept, lines. */
const MOST_LINES = 24;
const ROOT = new URL("../../", import.meta.url).href;
/** Below this the stack is the runtime's own. */
const CALLED_BY_RUNTIME = /\bruntime\/internal\/(?:turn|lifecycle|driver|kernel)\.ts:\d/;
/** A package in the cache of the machine, and any other place that is none of ours. */
const PACKAGE = /file:\/\/[^\s()]*?\/(?:npm\/[^/\s()]+|node_modules\/\.deno)\//g;
const ELSEWHERE = /file:\/\/[^\s()]*\//g;

/** Null when the error bears none. */
export function stackOf(error: Error): string | null {
  let stack: unknown;
  try {
    stack = error.stack;
  } catch {
    return null;
  }
  if (typeof stack !== "string") return null;
  const lines = stack.split("\n");
  const first = lines.findIndex((line) => /^\s+at /.test(line));
  if (first < 0) return relative(lines[0]);
  const runtime = lines.findIndex((line, i) => i > first && CALLED_BY_RUNTIME.test(line));
  const own = lines.slice(0, runtime < 0 ? lines.length : runtime);
  return own.slice(0, Math.max(MOST_LINES, first + 1)).map(relative).join("\n");
}

/** A text without the places of this machine. */
export function relative(text: string): string {
  return text.replaceAll(ROOT, "").replace(PACKAGE, "npm:").replace(ELSEWHERE, "…/");
}
