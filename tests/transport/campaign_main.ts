/**
 * `deno run -A tests/transport/campaign_main.ts [--brokers redis,nats,kafka] [--messages n] [--kills n] [--seed n]`: the campaign
 * of a night, and a line for each broker.
 *
 * Exit codes: 0 every effect exactly once and in order, 1 not, 2 wrong usage.
 */
import { parseArgs } from "node:util";
import { UserError } from "../../config/mod.ts";
import { missing } from "../services/needs.ts";
import type { ServerKind } from "./adapters.ts";
import { campaign } from "./campaign.ts";

const ALL: readonly ServerKind[] = ["redis", "nats", "kafka"];

function whole(text: string | undefined, name: string, fallback: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new UserError("USAGE", `--${name} takes a whole number above 0, not ${text}`);
}

async function main(args: readonly string[]): Promise<number> {
  const text = { type: "string" } as const;
  const options = { brokers: text, messages: text, kills: text, seed: text };
  const { values } = parseArgs({ args: [...args], options });
  const kinds = (values.brokers?.split(",") ?? ALL) as ServerKind[];
  const strange = kinds.find((kind) => !ALL.includes(kind));
  if (strange !== undefined) throw new UserError("USAGE", `--brokers takes some of ${ALL.join(", ")}, not ${strange}`);
  const messages = whole(values.messages, "messages", 1_000_000);
  const kills = whole(values.kills, "kills", 100);
  const seed = whole(values.seed, "seed", 1);
  let failed = false;
  for (const kind of kinds) {
    const absent = missing(kind);
    if (absent.length > 0) throw new UserError("NO_SERVER", `there is no ${absent.join(", ")} here: install it`);
    const heard = (line: string) => Deno.stderr.isTerminal() && console.error(`${kind}: ${line}`);
    const withinMs = 600_000 + messages * 2;
    const { effects, distinct, disordered, crashes, duplicates, rss, kills: who, seconds } = await campaign(
      { kind, messages, kills, seed, everyMs: 1_500, withinMs, heard },
    );
    const right = effects === messages && distinct === messages && disordered === 0 && crashes === 0;
    failed ||= !right;
    const killed = Object.entries(who).map(([name, count]) => `${name} ${count}`).join(", ");
    console.log(
      `${kind}: ${messages} letters, ${effects} effects, ${distinct} different, ${disordered} out of order, ` +
        `${duplicates} repeated and recognised; killed ${killed}; ${crashes} ended by themselves; consumers up to ${
          Math.round(rss / 2 ** 20)
        } MiB; ` +
        `${seconds.toFixed(0)} s: ${right ? "exactly once" : "NOT exactly once"}`,
    );
  }
  return failed ? 1 : 0;
}

if (import.meta.main) {
  try {
    Deno.exitCode = await main(Deno.args);
  } catch (error) {
    if (!(error instanceof UserError || error instanceof TypeError)) throw error;
    console.error(`error: ${error.message}`);
    Deno.exitCode = 2;
  }
}
