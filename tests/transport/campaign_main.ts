/**
 * `deno run -A tests/transport/campaign_main.ts [--brokers redis,nats,kafka] [--messages n] [--blows n] [--seed n]`: the campaign
 * at length, and a line for each broker.
 *
 * Exit codes: 0 every effect exactly once, in order and with flat memory, 1 not, 2 wrong usage.
 */
import { parseArgs } from "node:util";
import { UserError } from "../../config/mod.ts";
import { missing } from "../services/needs.ts";
import type { ServerKind } from "./adapters.ts";
import { campaign, type CampaignResult, type MemoryCourse } from "./campaign.ts";

/** Between two blows, milliseconds, on average. */
const EVERY_MS = 1_500;

const ALL: readonly ServerKind[] = ["redis", "nats", "kafka"];

function whole(text: string | undefined, name: string, fallback: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new UserError("USAGE", `--${name} takes a whole number above 0, not ${text}`);
}

/** What a consumer may have grown by from the second quarter to the last: what is alive, and what the system counts. */
const GROWN_HEAP = 2 * 2 ** 20;
const GROWN_RSS = 16 * 2 ** 20;

const isFlat = ({ heap, rss }: MemoryCourse): boolean =>
  heap[3] - heap[1] <= GROWN_HEAP && rss[3] - rss[1] <= GROWN_RSS;

function sentence(kind: string, messages: number, found: CampaignResult, once: boolean, flat: boolean): string {
  const { effects, distinct, disordered, duplicates, crashes, underLoad, memory: { rss, heap, samples }, seconds } =
    found;
  const blows = Object.entries(found.blows).map(([name, count]) => `${name} ${count}`).join(", ");
  const course = (bytes: readonly number[]) => bytes.map((one) => (one / 2 ** 20).toFixed(1)).join(", ");
  return [
    `${kind}: ${messages} letters, ${effects} effects, ${distinct} different, ${disordered} out of order, ` +
    `${duplicates} repeated and recognised: ${once ? "exactly once" : "NOT exactly once"}`,
    `  ${blows} (${underLoad} under load); ${crashes} ended by themselves; ${seconds.toFixed(0)} s`,
    `  memory of the consumer that lived through it, quarter by quarter: ${course(rss)} MiB resident, ${
      course(heap)
    } MiB ` +
    `alive in its heap, ${samples} looks: ${flat ? "flat" : "NOT flat"}`,
  ].join("\n");
}

async function main(args: readonly string[]): Promise<number> {
  const text = { type: "string" } as const;
  const options = { brokers: text, messages: text, blows: text, seed: text };
  const { values } = parseArgs({ args: [...args], options });
  const kinds = (values.brokers?.split(",") ?? ALL) as ServerKind[];
  const strange = kinds.find((kind) => !ALL.includes(kind));
  if (strange !== undefined) throw new UserError("USAGE", `--brokers takes some of ${ALL.join(", ")}, not ${strange}`);
  const messages = whole(values.messages, "messages", 1_000_000);
  const blows = whole(values.blows, "blows", 100);
  const seed = whole(values.seed, "seed", 1);
  let failed = false;
  for (const kind of kinds) {
    const absent = missing(kind);
    if (absent.length > 0) throw new UserError("NO_SERVER", `there is no ${absent.join(", ")} here: install it`);
    const heard = (line: string) => console.error(`${kind}: ${line}`);
    const withinMs = 1_200_000 + messages * 2;
    const found = await campaign({ kind, messages, blows, seed, everyMs: EVERY_MS, withinMs, heard });
    const once = found.effects === messages && found.distinct === messages && found.disordered === 0;
    const flat = isFlat(found.memory);
    failed ||= !(once && found.crashes === 0 && flat);
    console.log(sentence(kind, messages, found, once, flat));
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
