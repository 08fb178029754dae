/**
 * A campaign: numbered letters from a producer through a broker to three consumers, while all five are killed, frozen, cut off
 * and started again at random. At the end every letter has had its effect exactly once, the effects of each key are in order,
 * and a consumer that lived through all of it has not grown.
 */
import { createRandom, type Random } from "../../runtime/mod.ts";
import { pause, type Service } from "../services/service.ts";
import type { ServerKind } from "./adapters.ts";
import { CAMPAIGN_SESSION_MS, openEffects } from "./campaign_node.ts";
import { type Member, Scene } from "./campaign_scene.ts";

export interface CampaignOptions {
  readonly kind: ServerKind;
  readonly messages: number;
  /** How often something befalls somebody. */
  readonly blows: number;
  readonly seed: number;
  /** Between two blows, milliseconds, on average; default 400. */
  readonly everyMs?: number;
  readonly withinMs: number;
  readonly heard?: (line: string) => void;
}

export interface CampaignResult {
  /** How often each thing befell somebody. */
  readonly blows: Readonly<Record<Blow, number>>;
  /** Of the blows, those that fell while letters were still without their effect. */
  readonly underLoad: number;
  readonly effects: number;
  readonly distinct: number;
  /** Pairs of effects of one key that are not in order. */
  readonly disordered: number;
  /** Nodes that ended without having been killed. */
  readonly crashes: number;
  /** Letters that came again and were recognised. */
  readonly duplicates: number;
  /** Of the consumer that lived through all of it. */
  readonly memory: MemoryCourse;
  readonly seconds: number;
}

/** Medians over the quarters of its letters, bytes; the first quarter warms up. `heap`: what is alive in it. */
export interface MemoryCourse {
  readonly samples: number;
  readonly rss: readonly number[];
  readonly heap: readonly number[];
}

/** Longer than a session: who is away for so long is taken for dead, and comes back all the same. */
const AWAY_MS = CAMPAIGN_SESSION_MS * 2;
/** What a blow and the pause before it take together, milliseconds, about: the letters are to last for all of them. */
const BLOW_MS = 2_000;

const STARTS = 3;

interface Stage {
  readonly scene: Scene;
  readonly random: Random;
}

const producer = ({ scene }: Stage): Member => scene.members[0];
/** The last consumer is never killed. */
const mortal = ({ scene, random }: Stage): Member => scene.members[1 + random.int(2)];
const anybody = ({ scene, random }: Stage): Member => scene.members[random.int(scene.members.length)];

async function restart(member: Member): Promise<void> {
  await member.kill();
  member.start();
}

async function frozen(one: { signal(signal: "SIGSTOP" | "SIGCONT"): void }): Promise<void> {
  one.signal("SIGSTOP");
  await pause(AWAY_MS);
  one.signal("SIGCONT");
}

/** As whoever watches over a server would: one that gives up on its way up is started once more. */
async function startedAgain(service: Service): Promise<void> {
  for (let tries = 1;; tries++) {
    try {
      return await service.resume();
    } catch (error) {
      if (tries === STARTS) throw error;
    }
  }
}

/** The ways in which a letter and its confirmation can be lost are three: there, back, and both. */
async function partitioned({ network }: Member, direction: "up" | "down" | "both", cut: boolean): Promise<void> {
  network.set(direction, { blackHole: true });
  await pause(AWAY_MS);
  if (cut) network.cut();
  network.heal();
}

const BLOWS = {
  "producer killed": (stage) => restart(producer(stage)),
  "consumer killed": (stage) => restart(mortal(stage)),
  "node frozen": (stage) => frozen(anybody(stage)),
  "server killed": async ({ scene: { service } }) => {
    await service.kill();
    await startedAgain(service);
  },
  "server frozen": ({ scene }) => frozen(scene.service),
  "node partitioned": (stage) => partitioned(anybody(stage), "both", stage.random.next() < 0.5),
  "partitioned one way": (stage) => partitioned(anybody(stage), stage.random.next() < 0.5 ? "up" : "down", true),
  "server partitioned": async ({ scene, random }) => {
    const cut = random.next() < 0.5;
    await Promise.all(scene.members.map((member) => partitioned(member, "both", cut)));
  },
  // deno-lint-ignore require-await -- the others take time
  "connections reset": async (stage) => anybody(stage).network.cut(),
} as const satisfies Record<string, (stage: Stage) => Promise<void>>;

export type Blow = keyof typeof BLOWS;

/** Each blow about as often as every other, in an order of chance. */
function* dealt(random: Random): Generator<Blow, never> {
  for (;;) {
    const deck = Object.keys(BLOWS) as Blow[];
    while (deck.length > 0) yield deck.splice(random.int(deck.length), 1)[0];
  }
}

const PARTS = [
  { role: "producer", node: "producer" },
  { role: "consumer", node: "left" },
  { role: "consumer", node: "right" },
  { role: "consumer", node: "steady" },
] as const;

export async function campaign(options: CampaignOptions): Promise<CampaignResult> {
  const { kind, messages, blows, seed, everyMs = 400, withinMs, heard = () => {} } = options;
  const random = createRandom(seed);
  const rate = Math.max(200, messages / (blows * (everyMs + BLOW_MS) / 1000));
  await using scene = await Scene.set(kind, PARTS, { messages, rate });
  const begun = performance.now();
  const database = openEffects(scene.service.directory);
  // Rolled back with its transaction, so that it is their number.
  const effects = database.prepare("SELECT coalesce(max(place), 0) AS n FROM effects");
  const happened = () => (effects.get() as { n: number }).n;
  const counts = Object.fromEntries(Object.keys(BLOWS).map((blow) => [blow, 0])) as Record<Blow, number>;
  const deck = dealt(random);
  let underLoad = 0;
  try {
    for (const member of scene.members) member.start();
    // The first blow waits until something is going on.
    while (happened() === 0 && performance.now() - begun < withinMs) await pause(50);
    for (let n = 1; n <= blows; n++) {
      await pause(everyMs * (0.5 + random.next()));
      if (happened() < messages) underLoad++;
      const blow = deck.next().value;
      counts[blow]++;
      await BLOWS[blow]({ scene, random });
      heard(
        `${n} of ${blows}, ${blow}; ${happened()} effects after ${Math.round((performance.now() - begun) / 1000)} s`,
      );
    }
    while (happened() < messages && performance.now() - begun < withinMs) await pause(100);
    // Whoever might still do something twice has the time to.
    await pause(CAMPAIGN_SESSION_MS);
    const crashes = scene.members.reduce((sum, one) => sum + one.crashes, 0);
    return { ...judge(database), crashes, blows: counts, underLoad, seconds: (performance.now() - begun) / 1000 };
  } finally {
    database.close();
  }
}

function judge(database: ReturnType<typeof openEffects>) {
  const one = (sql: string): number =>
    Number((database.prepare(sql).get() as { value: number } | undefined)?.value ?? 0);
  return {
    effects: one("SELECT count(*) AS value FROM effects"),
    distinct: one("SELECT count(DISTINCT n) AS value FROM effects"),
    disordered: one(
      `SELECT count(*) AS value FROM
        (SELECT n, lag(n) OVER (PARTITION BY key ORDER BY place) AS before FROM effects) WHERE before >= n`,
    ),
    duplicates: one("SELECT value FROM counts WHERE name = 'duplicate'"),
    memory: courseOf(database),
  };
}

function courseOf(database: ReturnType<typeof openEffects>): MemoryCourse {
  const samples = database.prepare("SELECT done, rss, heap FROM memory WHERE node = 'steady' ORDER BY rowid").all() as {
    done: number;
    rss: number;
    heap: number;
  }[];
  const last = samples.at(-1)?.done ?? 0;
  const quarter = (n: number) => samples.filter(({ done }) => done > last * (n - 1) / 4 && done <= last * n / 4);
  const course = (pick: (sample: typeof samples[number]) => number) =>
    [1, 2, 3, 4].map((n) => median(quarter(n).map(pick)));
  return { samples: samples.length, rss: course(({ rss }) => rss), heap: course(({ heap }) => heap) };
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
