/**
 * The stack of an error as a record keeps it: the actor's own calls, with paths from the root of the sources.
 *
 * Where the sources lie differs from machine to machine, and what called the runtime from run to run; neither may make two
 * records of one crash differ.
 */
import { messageOf } from "./kernel.ts";

/** Longest stack kept, lines. */
const MOST_LINES = 24;
const ROOT = new URL("../../", import.meta.url).href;
/** Below this the stack is the runtime's own. */
const CALLED_BY_RUNTIME = /\bruntime\/internal\/(?:turn|lifecycle|driver|kernel)\.ts:\d/;
/** A package in the cache of the machine, and any other place that is none of ours. */
const PACKAGE = /file:\/\/[^\s()]*?\/(?:npm\/[^/\s()]+|node_modules\/\.deno)\//g;
const ELSEWHERE = /file:\/\/[^\s()]*\//g;
/** The engine says it of a constructor until it has compiled it into its caller. */
const CONSTRUCTOR = /^(\s+at )new /;

/**
 * The stack of an error, put into words when it is first asked for: the engine gathers the calls when an error is made, but
 * to name their places costs several times what the rest of a crash and its restart do, and few records of a storm are read.
 * The calls are those of the moment it was made, and its first line says what the error says now, whatever it says later.
 */
export function lateStack(error: Error, kept: (stack: string) => string): () => string | null {
  const said = messageOf(error);
  let waiting: Error | null = error;
  let stack: string | null = null;
  return () => {
    if (waiting === null) return stack;
    const says = messageOf(waiting);
    stack = stackOf(waiting);
    // What it held is let go.
    waiting = null;
    if (stack !== null && says !== said && stack.startsWith(says)) stack = said + stack.slice(says.length);
    return stack = stack === null ? null : kept(stack);
  };
}

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
  return own.slice(0, Math.max(MOST_LINES, first + 1)).map((line) => relative(line.replace(CONSTRUCTOR, "$1"))).join(
    "\n",
  );
}

/** A text without the places of this machine. */
export function relative(text: string): string {
  return text.replaceAll(ROOT, "").replace(PACKAGE, "npm:").replace(ELSEWHERE, "…/");
}
