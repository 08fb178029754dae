/**
 * The floors of the house as data: which room may import which.
 *
 *     main.ts, cli → actors/node → families → actors/protocol → supervision → runtime
 *     config and ffi stand on the ground and import nothing above them
 */
import { type Edge, roomOf } from "./import_graph.ts";

/** Anyone may stand on the ground. */
const GROUND = ["config", "ffi"];
const FAMILY = [...GROUND, "runtime", "supervision", "actors/protocol"];

/** What each room may import beside itself. Rooms that are not listed (tests, bench, tools) may import everything. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  config: [],
  ffi: ["config"],
  runtime: [],
  supervision: ["runtime"],
  "actors/protocol": [...GROUND, "runtime", "supervision"],
};
const FREE = ["tests", "bench", "tools"];
/** Other rooms look in through these files only. */
const FACES: Readonly<Record<string, readonly string[]>> = {
  runtime: [
    "runtime/mod.ts",
    "runtime/persistence/mod.ts",
    "runtime/testkit/mod.ts",
    "runtime/remote/mod.ts",
    "runtime/transport/mod.ts",
    // Each brings its client's package along, and is imported where that is wanted.
    "runtime/transport/redis.ts",
    "runtime/transport/nats.ts",
    "runtime/transport/kafka.ts",
    "runtime/transport/open.ts",
  ],
  supervision: ["supervision/mod.ts"],
};

function allowed(from: string, to: string): boolean {
  if (from === to || FREE.includes(from)) return true;
  const listed = MAY_IMPORT[from];
  if (listed !== undefined) return listed.includes(to);
  if (from === "actors/node") return to.startsWith("actors/") || FAMILY.includes(to);
  if (from.startsWith("actors/")) return FAMILY.includes(to);
  // main.ts and cli.
  return !FREE.includes(to) || to === "bench";
}

/** Sentences about edges that break a floor. */
export function brokenFloors(edges: readonly Edge[]): string[] {
  const broken: string[] = [];
  for (const { from, to } of edges) {
    const [here, there] = [roomOf(from), roomOf(to)];
    if (to === "deno.json") continue;
    if (!allowed(here, there)) broken.push(`${from} imports ${to}: ${here} may not import ${there}`);
    else if (here !== there && !FREE.includes(here) && FACES[there] && !FACES[there].includes(to)) {
      broken.push(`${from} imports ${to}: other rooms import ${FACES[there][0]} only`);
    }
  }
  return broken;
}
