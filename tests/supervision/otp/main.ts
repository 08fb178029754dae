/**
 * `deno task differential [--trees n] [--from n]`: plays random trees on Erlang/OTP's supervisor and on ours; a play in
 * which they differ is shrunk and printed.
 * `deno task differential --seed n`: one play, with both accounts.
 *
 * Exit codes: 0 equal, 1 different, 2 wrong usage or no Erlang.
 */
import { parseArgs } from "node:util";
import { UserError } from "../../../config/mod.ts";
import { compare, describe, shrink } from "./compare.ts";
import { Erlang, hasErlang } from "./erlang.ts";

const DEFAULT_TREES = 2000;

function whole(text: string | undefined, name: string, fallback: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new UserError("USAGE", `--${name} takes a whole number above 0, not ${text}`);
}

async function main(args: readonly string[]): Promise<number> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ args: [...args], options: { trees: text, from: text, seed: text } });
  if (!hasErlang) throw new UserError("NO_ERLANG", "there is no Erlang here: install the Debian package erlang-base");
  const one = values.seed !== undefined;
  const begun = performance.now();
  const erlang = await Erlang.start();
  try {
    const { plays, events, untimely, kinds, differences } = await compare(erlang, {
      from: whole(one ? values.seed : values.from, one ? "seed" : "from", 1),
      plays: one ? 1 : whole(values.trees, "trees", DEFAULT_TREES),
      heard: (played) => Deno.stderr.isTerminal() && console.error(`${played} trees`),
    });
    for (const [kind, count] of [...kinds].sort(([a], [b]) => a < b ? -1 : 1)) console.log(`  ${kind}: ${count}`);
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    console.log(
      `${plays} trees, ${events} events, ${differences.length} different, ${untimely} not played in time, ${seconds} s`,
    );
    const [first] = differences;
    if (first !== undefined) {
      console.log(describe(await shrink(erlang, first)));
      console.log(`play it again: deno task differential --seed ${first.play.seed}`);
    }
    return differences.length === 0 ? 0 : 1;
  } finally {
    await erlang.close();
  }
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
