/** Holds the two accounts of one play against each other, and makes a play that differs as small as it can be. */
import { Erlang, type Heard } from "./erlang.ts";
import { playOurs } from "./ours.ts";
import { type AnyTree, type Play, randomPlay, type Step, type SupervisorTree, TIMED_EVERY } from "./trees.ts";

export interface Difference {
  readonly play: Play;
  /** Index of the first line that differs. */
  readonly at: number;
  readonly ours: readonly string[];
  readonly otp: readonly string[];
}

/** Within this time of the wall what happens between two sleeps counts as one moment for OTP, whose window is a second. */
const WINDOW_MS = 900;

/** Children of a dynamic supervisor are stopped at once: the order in which they, and reports on them, come means nothing. */
function canonical(lines: readonly string[], dynamics: ReadonlyMap<string, string>): string[] {
  const result: string[] = [];
  const kin = (line: string | undefined): string | null => {
    if (line === undefined) return null;
    const [what, context, supervisor] = line.split(" ");
    if (what.startsWith("-")) return dynamics.get(what.slice(1)) ?? null;
    return what === "r" && context === "shutdown-error" && line.includes(" x") ? `r ${supervisor}` : null;
  };
  for (let i = 0; i < lines.length;) {
    const group = kin(lines[i]);
    let end = i + 1;
    if (group !== null) { while (kin(lines[end]) === group) end++; }
    result.push(...lines.slice(i, end).sort());
    i = end;
  }
  return result;
}

/** Supervisor of each worker that a script starts under a dynamic one. */
function dynamicWorkers({ steps }: Play): Map<string, string> {
  const of = new Map<string, string>();
  for (const step of steps) if (step.kind === "start-dynamic") of.set(step.id, step.supervisor);
  return of;
}

/**
 * Index of the first difference, or null. The one intended difference that a script cannot switch off: what had been
 * started under a supervisor whose start then fails is undone at once, where OTP asks and waits, so that how it ends, and
 * whether that is reported, may differ; when and in which order may not.
 */
export function firstDifference(ours: readonly string[], otp: readonly string[]): number | null {
  let o = 0;
  for (let i = 0; i < ours.length; i++, o++) {
    if (ours[i] === otp[o]) continue;
    const undone = /^-(\S+) undone$/.exec(ours[i])?.[1];
    if (undone === undefined || otp[o]?.split(" ")[0] !== `-${undone}`) return i;
    if (otp[o + 1]?.startsWith("r shutdown-error ") && otp[o + 1].split(" ")[3] === undone) o++;
  }
  return o === otp.length ? null : ours.length;
}

/** Plays on our side; tests give one that errs. */
export type Ours = (play: Play) => Promise<string[]>;

async function compareOne(play: Play, heard: Heard, player: Ours): Promise<Difference | null> {
  const dynamics = dynamicWorkers(play);
  const ours = canonical(await player(play), dynamics);
  const otp = canonical(heard.lines, dynamics);
  const at = firstDifference(ours, otp);
  return at === null ? null : { play, at, ours, otp };
}

export interface Outcome {
  readonly plays: number;
  readonly events: number;
  /** Plays about time that the machine was too slow for, three times in a row. */
  readonly untimely: number;
  /** How often each kind of event came. */
  readonly kinds: ReadonlyMap<string, number>;
  readonly differences: readonly Difference[];
}

/** Plays on one virtual machine together. */
const BATCH = 500;

/** Plays these, which bear different seeds, on both sides. */
export async function compareAll(erlang: Erlang, plays: readonly Play[], player: Ours = playOurs): Promise<Outcome> {
  const differences: Difference[] = [];
  const kinds = new Map<string, number>();
  let [events, untimely] = [0, 0];
  const answers = await erlang.play(plays);
  for (const play of plays) {
    const answer = await timely(erlang, play, answers.get(play.seed)!);
    if (answer === null) {
      untimely++;
      continue;
    }
    const difference = await compareOne(play, answer, player);
    if (difference !== null) differences.push(difference);
    events += answer.lines.length;
    for (const line of answer.lines) add(kinds, kindOf(line), 1);
  }
  return { plays: plays.length, events, untimely, kinds, differences };
}

/** Plays the seeds from `from` on, on both sides. Stops after the batch in which a difference shows. */
export async function compare(
  erlang: Erlang,
  { from = 1, plays, heard, player = playOurs }: {
    readonly from?: number;
    readonly plays: number;
    readonly player?: Ours;
    readonly heard?: (played: number) => void;
  },
): Promise<Outcome> {
  const kinds = new Map<string, number>();
  let [played, events, untimely] = [0, 0, 0];
  let differences: readonly Difference[] = [];
  while (played < plays && differences.length === 0) {
    const count = Math.min(BATCH, plays - played);
    const batch = Array.from({ length: count }, (_, i) => randomPlay(from + played + i));
    const outcome = await compareAll(erlang, batch, player);
    differences = outcome.differences;
    events += outcome.events;
    untimely += outcome.untimely;
    for (const [kind, times] of outcome.kinds) add(kinds, kind, times);
    played += count;
    heard?.(played);
  }
  return { plays: played, events, untimely, kinds, differences };
}

function kindOf(line: string): string {
  const [first, second] = line.split(" ");
  if (first === "r" || first === "reply") return `${first} ${second}`;
  return "+-!?".includes(first[0]) ? first[0] : first;
}

function add(counts: Map<string, number>, kind: string, times: number): void {
  counts.set(kind, (counts.get(kind) ?? 0) + times);
}

/** The answer, or a later one to the same play, that was given in time; null when there is none. */
async function timely(erlang: Erlang, play: Play, answer: Heard): Promise<Heard | null> {
  if (play.seed % TIMED_EVERY !== 0) return answer;
  for (let attempt = 0; attempt < 3; attempt++) {
    if (answer.slowestMs < WINDOW_MS) return answer;
    answer = (await erlang.play([play])).get(play.seed)!;
  }
  return null;
}

/** The smallest play found by leaving out steps and children of one that differs. */
export async function shrink(
  erlang: Erlang,
  difference: Difference,
  player: Ours = playOurs,
): Promise<Difference> {
  let least = difference;
  for (;;) {
    const smaller = [...simpler(least.play)].map((play, i) => ({ ...play, seed: i + 1 }));
    const answers = await erlang.play(smaller);
    let found: Difference | null = null;
    for (const play of smaller) {
      found = await compareOne({ ...play, seed: difference.play.seed }, answers.get(play.seed)!, player);
      if (found !== null) break;
    }
    if (found === null) return least;
    least = found;
  }
}

function* simpler(play: Play): Generator<Play> {
  const { steps, top } = play;
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i];
    yield { ...play, steps: steps.toSpliced(i, 1) };
    if (step.kind !== "die" || step.ends.length < 2) continue;
    for (let j = 0; j < step.ends.length; j++) {
      const fewer: Step = { ...step, ends: step.ends.toSpliced(j, 1) };
      yield { ...play, steps: steps.with(i, fewer) };
    }
  }
  for (const smaller of simplerTree(top)) yield { ...play, top: smaller as SupervisorTree };
  if (play.broken !== null) yield { ...play, broken: null };
}

function* simplerTree(tree: AnyTree): Generator<AnyTree> {
  if (tree.kind !== "supervisor") return;
  const { children } = tree;
  for (let i = 0; i < children.length; i++) {
    if (children.length > 1) yield { ...tree, children: children.toSpliced(i, 1) };
    for (const child of simplerTree(children[i])) yield { ...tree, children: children.with(i, child) };
  }
}

/** Both accounts side by side, from a little before the first difference. */
export function describe({ play, at, ours, otp }: Difference): string {
  const before = ours.slice(0, at).map((line) => `   ${line}`);
  const rest = (lines: readonly string[]) => lines.slice(at, at + 12).map((line) => `      ${line}`).join("\n");
  return [
    `seed ${play.seed}: ours and OTP's differ`,
    `tree: ${JSON.stringify(play.top)}`,
    ...(play.broken === null ? [] : [`the first start of ${play.broken} fails`]),
    ...play.steps.map((step, i) => `step ${i + 1}: ${JSON.stringify(step)}`),
    "both:",
    ...before,
    `   then ours:\n${rest(ours)}`,
    `   then OTP's:\n${rest(otp)}`,
  ].join("\n");
}
