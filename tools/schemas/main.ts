/**
 * `deno task schemas`: whether the messages between nodes still agree with those that were released; exit code 1 when not.
 * With `--release` they are the released ones from now on.
 */
import { BETWEEN_NODES } from "../../actors/protocol/between_nodes.ts";
import { catalogueOf, type ReleasedCatalogue } from "./canonical.ts";
import { breaks } from "./compatibility.ts";

export const RELEASED = new URL("../../actors/protocol/released_messages.json", import.meta.url);

export async function released(): Promise<ReleasedCatalogue> {
  return JSON.parse(await Deno.readTextFile(RELEASED));
}

if (import.meta.main) {
  const current = catalogueOf(BETWEEN_NODES);
  const before = await released();
  const broken = breaks(before, current);
  for (const sentence of broken) console.error(sentence);
  const fresh = Object.keys(current).filter((id) => before[id]?.version !== current[id].version);
  if (broken.length > 0) Deno.exitCode = 1;
  else if (Deno.args.includes("--release")) {
    await Deno.writeTextFile(RELEASED, `${JSON.stringify(current, null, 2)}\n`);
    console.log(`released: ${Object.keys(current).length} messages, ${fresh.length} of them new or newer`);
  } else console.log(`nothing is broken; ${fresh.length} messages are newer than what was released${list(fresh)}`);
}

function list(ids: readonly string[]): string {
  return ids.length === 0 ? "" : `: ${ids.join(", ")}`;
}
