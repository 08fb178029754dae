/**
 * Kills a process that trades at a random moment, again and again, and holds what is recovered from its log to what it had
 * acknowledged and to a twin that nobody killed.
 *
 *     deno run -A tests/recovery/main.ts [--runs 1000] [--seed 1] [--durability batch]
 *
 * After each kill: the log verifies once its unfinished end is cut off; no record that was acknowledged is lost; gate and
 * books have the state hash that the twin has at that record, with snapshots and without. The next process goes on with the
 * same log, so recovered state is itself recovered from; after `LIVES` of them, or where a log ends inside a batch, a new one
 * is begun. With durability `memory`
 * nothing is promised, and only what is there must be right. Prints one line of totals; exit code 1 when anything was wrong.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { AuditLog, type DurabilityName, verifyAudit } from "../../ffi/mod.ts";
import { Desk } from "../../bench/recovery/load.ts";

/** Processes that go on with one log. */
const LIVES = 8;
/** Milliseconds from the first word of a process to its end, at most; a sync per record is slow. */
const LONGEST_LIFE: Readonly<Record<DurabilityName, number>> = { memory: 120, batch: 120, fsync: 900 };
const WRITER = new URL("writer.ts", import.meta.url);

export interface Totals {
  readonly runs: number;
  /** Records at the end of each log, added up. */
  readonly records: number;
  /** Batches that were acknowledged. */
  readonly acknowledged: number;
  /** Logs whose end was unfinished. */
  readonly torn: number;
  /** Logs that end inside a batch: a segment ended there, and what was in it is on disk though nobody was told. */
  readonly inside: number;
  /** Recoveries in which a snapshot stood for the beginning. */
  readonly snapshots: number;
  /** Snapshots that could not be used. */
  readonly refused: number;
}

export interface Campaign {
  readonly runs: number;
  readonly seed: number;
  readonly durability: DurabilityName;
  readonly onRun?: (run: number) => void;
}

interface Acknowledged {
  readonly batch: number;
  readonly records: number;
}

/** The same load in memory, asked for its state behind so many records. */
class Twin implements Disposable {
  readonly #audit = AuditLog.memory();
  readonly #desk: Desk;
  #batch = 0;

  constructor(seed: number) {
    this.#desk = Desk.begun(this.#audit, seed);
  }

  /** Null when no batch ends there. */
  stateAt(records: number): string | null {
    while (this.#audit.records < records) this.#desk.submit(this.#batch++);
    return this.#audit.records === records ? this.#desk.state() : null;
  }

  [Symbol.dispose](): void {
    this.#desk[Symbol.dispose]();
    this.#audit.close();
  }
}

/** A small generator, so that a run can be repeated as far as the machine allows. */
function draws(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Starts a writer and kills it; says what it had acknowledged last. */
async function liveAndDie(directory: string, seed: number, durability: string, life: number) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--quiet", WRITER.href, directory, String(seed), durability],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const words = child.stderr.getReader();
  const said = await words.read();
  const text = said.value === undefined ? "" : new TextDecoder().decode(said.value);
  if (text.trim() !== "ready") {
    const rest = await child.output().catch(() => null);
    throw new Error(`the writer did not begin: ${text}${rest === null ? "" : new TextDecoder().decode(rest.stderr)}`);
  }
  const output = new Response(child.stdout).text();
  await new Promise((done) => setTimeout(done, life));
  child.kill("SIGKILL");
  const lines = (await output).split("\n");
  await words.cancel();
  await child.status;
  // The last line may be cut, and without a newline is one that was not said.
  const last = lines.at(-2);
  if (last === undefined) return null;
  const [batch, records] = last.split(" ").map(Number);
  return { batch, records } satisfies Acknowledged;
}

/** Runs the campaign. Throws with what was wrong. */
export async function campaign({ runs, seed, durability, onRun }: Campaign): Promise<Totals> {
  const draw = draws(seed);
  const totals = { runs, records: 0, acknowledged: 0, torn: 0, inside: 0, snapshots: 0, refused: 0 };
  const root = Deno.makeTempDirSync({ prefix: "cwts-recovery-" });
  let [log, twin, directory] = [0, null as Twin | null, ""];
  try {
    let lives = 0;
    for (let run = 0; run < runs; run++) {
      if (lives === 0) {
        twin?.[Symbol.dispose]();
        if (directory !== "") Deno.removeSync(directory, { recursive: true });
        log = seed * 100_000 + run;
        twin = new Twin(log);
        directory = join(root, String(log));
        lives = LIVES;
      }
      const where = `run ${run}, log ${log}`;
      const acknowledged = await liveAndDie(directory, log, durability, draw() * LONGEST_LIFE[durability]);
      const found = look(directory, log, twin!, where);
      if (acknowledged !== null && durability !== "memory" && found.records < acknowledged.records) {
        throw new Error(`${where}: ${acknowledged.records} records were acknowledged, ${found.records} are there`);
      }
      totals.records += found.records;
      totals.acknowledged += acknowledged === null ? 0 : acknowledged.batch + 1;
      totals.torn += Number(found.torn);
      totals.snapshots += Number(found.from > 0);
      totals.refused += found.refused;
      totals.inside += Number(found.inside);
      // A batch of which a part is on record is not sent again, so nobody can go on with the load there.
      lives = found.inside ? 0 : lives - 1;
      onRun?.(run);
    }
  } finally {
    twin?.[Symbol.dispose]();
    Deno.removeSync(root, { recursive: true });
  }
  return totals;
}

/** Opens, verifies and recovers, both ways, and compares. */
function look(directory: string, seed: number, twin: Twin, where: string) {
  using audit = AuditLog.open({ directory, durability: "batch" });
  const verdict = verifyAudit(directory);
  if (!verdict.ok) throw new Error(`${where}: the log does not verify: ${JSON.stringify(verdict)}`);
  const both = [true, false].map((snapshots) => {
    const { desk, recovery } = Desk.recovered(audit, seed, { directory, snapshots });
    const state = desk.state();
    desk[Symbol.dispose]();
    return { recovery, state };
  });
  const [{ recovery, state }, { recovery: whole, state: plain }] = both;
  if (recovery.records !== verdict.records || whole.from !== 0) throw new Error(`${where}: not all of it was read`);
  if (state !== plain) throw new Error(`${where}: a snapshot at ${recovery.from} came to another state than the log`);
  const expected = twin.stateAt(recovery.records);
  if (expected !== null && expected !== state) {
    throw new Error(`${where}: ${recovery.records} records came to another state than they were written in`);
  }
  return {
    records: recovery.records,
    inside: expected === null,
    from: recovery.from,
    torn: audit.repairedAt !== null,
    refused: recovery.refused.length,
  };
}

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      runs: { type: "string", default: "1000" },
      seed: { type: "string", default: "1" },
      durability: { type: "string", default: "batch" },
    },
  });
  try {
    const totals = await campaign({
      runs: Number(values.runs),
      seed: Number(values.seed),
      durability: values.durability as DurabilityName,
      onRun: (run) => {
        if (run % 50 === 49) console.error(`${run + 1} runs`);
      },
    });
    console.log(JSON.stringify({ durability: values.durability, ...totals }));
  } catch (error) {
    console.error(`error: ${(error as Error).message}`);
    Deno.exit(1);
  }
}
