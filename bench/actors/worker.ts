/**
 * One engine in a process of its own, so that no engine pays for another's heap or compiled code.
 *
 *     deno run -A --v8-flags=--expose-gc bench/actors/worker.ts ENGINE
 *
 * Says its version, then answers each line `CASE PARAMETER…` with one line of JSON until its input ends.
 */
import { CASES } from "./cases.ts";
import type { ActorEngine } from "./port.ts";
import { inOrder } from "./wire.ts";

/** Each module is loaded only where it is measured: a package that is missing is missing for one engine. */
const ENGINES: Readonly<Record<string, () => Promise<ActorEngine>>> = {
  "cwts": async () => (await import("./engines/cwts.ts")).cwts,
  "cwts-floor": async () => (await import("./engines/floor.ts")).floor,
  "cwts-bare": async () => (await import("./engines/bare.ts")).bare,
  "nact": async () => (await import("./engines/nact.ts")).nact,
  "xstate": async () => (await import("./engines/xstate.ts")).xstate,
  "comedy": async () => (await import("./engines/comedy.ts")).comedy,
  "effect": async () => (await import("./engines/effect.ts")).effect,
};

export function inProcess(name: string): Promise<ActorEngine> {
  return ENGINES[name]();
}

async function answer(engine: ActorEngine, line: string): Promise<unknown> {
  const [name, ...values] = line.split(" ");
  const one = CASES.find((other) => other.name === name)!;
  const why = engine.leavesOut?.[name];
  if (why !== undefined) return { leavesOut: why };
  const program = engine.own?.[name] ?? one.program;
  if (program === null) return { leavesOut: "this case looks at what only some engines have" };
  const { value, more } = await program(engine, inOrder(one.parameters, values.map(Number)));
  return { value, ...more };
}

async function serve(name: string): Promise<void> {
  const engine = await inProcess(name);
  console.log(JSON.stringify({ version: engine.version }));
  let rest = "";
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      const reply = await answer(engine, line).catch((error) => ({ failed: String(error) }));
      console.log(JSON.stringify(reply));
    }
  }
}

if (import.meta.main) await serve(Deno.args[0]);
