/**
 * Kills from another process at random moments, judged by the numbers of the decisions: no order of a killed scope is
 * accepted between the decision the kill was answered with and the one its re-arm was.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FIRM_SCOPE, INSTRUMENT_SCOPE_BASE, ScopeState } from "../../ffi/layout.gen.ts";
import { ControlPage } from "../../ffi/mod.ts";
import { createRandom } from "../../runtime/mod.ts";
import { STOP_SCOPE } from "./gate_process.ts";
import { INSTRUMENTS, STRATEGIES } from "./shop.ts";

export interface Campaign {
  readonly kills: number;
  readonly decisions: number;
  readonly accepted: number;
  /** Decisions about killed scopes while they were killed. */
  readonly judged: number;
  /** Of those, accepted: must be 0. */
  readonly late: number;
  /** Nanoseconds from before a kill was asked for to its word being stored, and to the gate having decided after it. */
  readonly shut: readonly number[];
  readonly seen: readonly number[];
}

interface Kill {
  readonly scope: number;
  readonly from: number;
  readonly to: number;
}

const SCOPES = [FIRM_SCOPE, ...STRATEGIES, ...INSTRUMENTS.map((id) => INSTRUMENT_SCOPE_BASE + id)];

export async function randomKills(kills: number, seed: number): Promise<Campaign> {
  const directory = await Deno.makeTempDir({ prefix: "cwts-kills-" });
  const answer = join(directory, "answer");
  try {
    using page = ControlPage.open(directory);
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-q",
        "-A",
        "--no-check",
        fileURLToPath(new URL("gate_process.ts", import.meta.url)),
        directory,
        answer,
      ],
      stdout: "inherit",
      stderr: "inherit",
    }).spawn();
    const shut: number[] = [];
    const seen: number[] = [];
    const done: Kill[] = [];
    try {
      await until(() => page.header().gateSequence > 10_000, 30_000);
      const random = createRandom(seed);
      while (done.length < kills) {
        const scope = SCOPES[random.int(SCOPES.length)];
        wait(random.next() * 0.5);
        const before = performance.now();
        const { gateSequence: from } = page.tighten(scope, ScopeState.Killed, "campaign", "campaign", 1);
        shut.push((performance.now() - before) * 1e6);
        const end = before + 5_000;
        while (page.header().gateSequence <= from && performance.now() < end);
        seen.push((performance.now() - before) * 1e6);
        wait(random.next() * 0.5);
        const { gateSequence: to } = page.request(scope, ScopeState.Active, "campaign", "campaign", 1);
        done.push({ scope, from, to });
      }
    } finally {
      page.request(STOP_SCOPE, ScopeState.Killed, "the end", "campaign", 1);
      await child.status;
    }
    return judge(await Deno.readFile(answer), done, shut, seen);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function judge(codes: Uint8Array, kills: readonly Kill[], shut: readonly number[], seen: readonly number[]): Campaign {
  let judged = 0, late = 0;
  for (const { scope, from, to } of kills) {
    // Decisions `from` and `to` were being made while the word changed: they may have gone either way.
    for (let n = from + 1; n < Math.min(to, codes.length); n++) {
      const strategy = STRATEGIES[(n - 1) % 4];
      const instrument = INSTRUMENTS[((n - 1) >> 2) % 4];
      if (scope !== FIRM_SCOPE && scope !== strategy && scope !== INSTRUMENT_SCOPE_BASE + instrument) continue;
      judged++;
      late += codes[n];
    }
  }
  const accepted = codes.reduce((sum, code) => sum + code, 0);
  return { kills: kills.length, decisions: codes.length - 1, accepted, judged, late, shut, seen };
}

/** Spins: a timer would wake at moments of its own choosing. Milliseconds. */
function wait(millis: number): void {
  for (const end = performance.now() + millis; performance.now() < end;);
}

async function until(condition: () => boolean, millis: number): Promise<void> {
  for (const end = performance.now() + millis; !condition();) {
    if (performance.now() > end) throw new Error(`nothing happened for ${millis} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
