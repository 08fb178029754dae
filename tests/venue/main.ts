/**
 * Kills nodes, the exchange, or both at random moments while orders rest and fill, again and again on one data directory.
 *
 *     deno run -A tests/venue/main.ts [--kills 100] [--seed 1]
 *
 * After each kill the next node recovers its log, asks the exchange and must find that everything is explained. At the end
 * the executions on record in all logs are those of the exchange, each once and in order, and positions are equal. Prints one
 * line of totals; exit code 1 when anything was wrong.
 */
import assert from "node:assert/strict";
import { parseArgs } from "node:util";
import { FIRM_SCOPE, ScopeState } from "../../ffi/layout.gen.ts";
import { ControlPage } from "../../ffi/mod.ts";
import { RECONCILIATION_FILE, type ReconciliationReport } from "../../actors/node/paper/reconcile.ts";
import { logsSay, pause, type Place, place, startNode, startVenue, venueSays } from "./processes.ts";

export interface Campaign {
  readonly kills: number;
  readonly seed: number;
  readonly onKill?: (kill: number) => void;
}

export interface Totals {
  readonly kills: number;
  /** Of them, of the exchange. */
  readonly venueKills: number;
  /** Times it stood still for seconds. */
  readonly partitions: number;
  readonly executions: number;
  /** Executions that a node had not heard of before it died. */
  readonly missed: number;
  readonly neverArrived: number;
  readonly withdrawn: number;
  /** Starts that were refused because the exchange was gone. */
  readonly refused: number;
}

/** Longest life of a node, milliseconds from its start. */
const LONGEST_LIFE = 5_000;
const SHORTEST_LIFE = 500;

function draws(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Reports of all runs so far; a run that was reconciled twice has the later one. */
function reports({ data }: Place): ReconciliationReport[] {
  return [...Deno.readDirSync(`${data}/runs`)].flatMap(({ name }) => {
    try {
      return [JSON.parse(Deno.readTextFileSync(`${data}/runs/${name}/${RECONCILIATION_FILE}`))];
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  });
}

/** Runs the campaign. Throws with what was wrong. */
export async function campaign({ kills, seed, onKill }: Campaign): Promise<Totals> {
  const draw = draws(seed);
  const root = await Deno.makeTempDir({ prefix: "cwts-venue-" });
  const here = await place(root);
  let [venueKills, partitions, refused] = [0, 0, 0];
  let venue = await startVenue(here);
  try {
    for (let kill = 0; kill < kills; kill++) {
      const node = startNode(here);
      await pause(SHORTEST_LIFE + draw() * (LONGEST_LIFE - SHORTEST_LIFE));
      const what = draw();
      // The node, or the exchange and a moment later the node, or the exchange alone and the node lives to see it back.
      if (what < 0.2) {
        venueKills++;
        await venue.end("SIGKILL");
        await pause(draw() * 500);
        if (what < 0.1) {
          venue = await startVenue(here);
          await pause(draw() * 2_000);
        }
      }
      // Or the exchange stands still, and comes back to a node that has given it up.
      if (what > 0.9) {
        partitions++;
        venue.signal("SIGSTOP");
        await pause(1_000 + draw() * 3_000);
        venue.signal("SIGCONT");
        await pause(draw() * 1_000);
      }
      const { err, code } = await node.end("SIGKILL");
      if (/the exchange|venue/.test(err) && code === 1) refused++;
      assert.doesNotMatch(err, /difference:|cannot be:/, `kill ${kill}: ${err}`);
      if (what >= 0.1 && what < 0.2) venue = await startVenue(here);
      // Orders rest on and fill.
      await pause(draw() * 500);
      onKill?.(kill);
    }
    const last = await startNode(here, ["--duration", "1s"]).said();
    assert.equal(last.code, 0, last.err);
    assert.doesNotMatch(last.err, /difference:/, last.err);
    using page = ControlPage.open(here.data);
    assert.equal(page.scope(FIRM_SCOPE), ScopeState.Active, "nobody was needed");
    const says = await venueSays(here);
    const logs = logsSay(here);
    assert.deepEqual(logs.executions, says.executions, "each execution once and in order");
    assert.deepEqual(logs.positions, says.positions);
    assert.equal(says.openOrders, 0);
    const all = reports(here);
    const sum = (of: (report: ReconciliationReport) => number) => all.reduce((total, report) => total + of(report), 0);
    return {
      ...{ kills, venueKills, partitions, refused, executions: says.executions.length },
      missed: sum(({ executions }) => executions),
      withdrawn: sum(({ withdrawn }) => withdrawn),
      neverArrived: sum(({ differences }) => differences.filter(({ kind }) => kind === "never-arrived").length),
    };
  } finally {
    await venue.end("SIGKILL");
    await Deno.remove(root, { recursive: true });
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: { kills: { type: "string", default: "100" }, seed: { type: "string", default: "1" } },
  });
  try {
    const totals = await campaign({
      kills: Number(values.kills),
      seed: Number(values.seed),
      onKill: (kill) => {
        if (kill % 10 === 9) console.error(`${kill + 1} kills`);
      },
    });
    console.log(JSON.stringify(totals));
  } catch (error) {
    console.error(`error: ${(error as Error).message}`);
    Deno.exit(1);
  }
}
