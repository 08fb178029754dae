/**
 * Supervision trees and scripts of what happens to them, as plain data that both OTP and we can play, and a seeded source
 * of them.
 */
import { createRandom, type Random } from "../../../runtime/mod.ts";

export type Restart = "permanent" | "transient" | "temporary";
export type Auto = "never" | "any_significant" | "all_significant";
/** What a worker does when it is told to stop: as told, nothing, or it ends in a way of its own. */
export type OnStop = "obey" | "ignore" | "normal" | "detail" | "error";
export type Reason = "normal" | "shutdown" | "detail" | "error" | "killed";

export interface WorkerTree {
  readonly kind: "worker";
  readonly id: string;
  readonly restart: Restart;
  readonly significant: boolean;
  /** Milliseconds. */
  readonly shutdown: number | "brutal_kill";
  readonly onStop: OnStop;
}

interface AnySupervisor {
  readonly id: string;
  readonly restart: Restart;
  readonly significant: boolean;
  readonly intensity: number;
  /** Seconds, as OTP counts. */
  readonly period: number;
  readonly auto: Auto;
}

export interface StaticTree extends AnySupervisor {
  readonly kind: "supervisor";
  readonly strategy: "one_for_one" | "one_for_all" | "rest_for_one";
  readonly children: readonly AnyTree[];
}

export interface DynamicTree extends AnySupervisor {
  readonly kind: "dynamic";
  readonly template: WorkerTree;
}

export type SupervisorTree = StaticTree | DynamicTree;
export type AnyTree = WorkerTree | SupervisorTree;

/** A step addresses actors by id; if one of them is not there both players skip it. */
export type Step =
  /** The next `times` starts of a worker fail, or return "ignore". */
  | { readonly kind: "fail" | "ignore"; readonly id: string; readonly times: number }
  /** Workers of one supervisor end by themselves, one after the other, before their supervisor sees the first end. */
  | { readonly kind: "die"; readonly supervisor: string; readonly ends: readonly (readonly [id: string, Reason])[] }
  | { readonly kind: "start"; readonly supervisor: string; readonly child: AnyTree }
  | { readonly kind: "terminate" | "restart" | "delete"; readonly supervisor: string; readonly id: string }
  | { readonly kind: "start-dynamic" | "terminate-dynamic"; readonly supervisor: string; readonly id: string }
  /** Milliseconds. */
  | { readonly kind: "sleep"; readonly ms: number };

export interface Play {
  readonly seed: number;
  readonly top: SupervisorTree;
  /** A worker whose first start fails. */
  readonly broken: string | null;
  /** At the end the tree is stopped. */
  readonly steps: readonly Step[];
}

/** So long that the time of the wall decides nothing. */
const LONG_PERIOD_S = 3600;
/** Of plays in which it does: OTP counts in whole seconds, and five of them are five times the window. */
const SHORT_PERIOD_S = 1;
const SLEEP_MS = 5000;
/** Restarts between two sleeps must lie within one window on both sides. */
const STEPS_PER_WINDOW = 3;
/** A worker that ignores its stop is killed after this; one that does not has far longer than it needs. */
const STUBBORN_MS = 5;
const PATIENT_MS = 60_000;
const DEEPEST = 3;

/** One play in this many is about time. */
export const TIMED_EVERY = 40;

class Source {
  private readonly random: Random;
  private readonly period: number;
  private next = 0;
  /** Ids by the supervisor they belong to. */
  readonly workers = new Map<string, string[]>();
  readonly statics: string[] = [];
  readonly dynamics: string[] = [];
  readonly autos = new Map<string, Auto>();

  constructor(readonly seed: number) {
    this.random = createRandom(seed).fork("differential");
    this.period = this.timed ? SHORT_PERIOD_S : LONG_PERIOD_S;
  }

  get timed(): boolean {
    return this.seed % TIMED_EVERY === 0;
  }

  play(): Play {
    const top = this.supervisor(1, "never");
    const steps: Step[] = [];
    const count = this.timed ? 2 * STEPS_PER_WINDOW + 1 : 3 + this.random.int(14);
    const broken = this.chance(0.05) ? this.anyWorker() : null;
    for (let i = 0; i < count; i++) {
      if (this.timed && i === STEPS_PER_WINDOW) steps.push({ kind: "sleep", ms: SLEEP_MS });
      else steps.push(...this.step());
    }
    return { seed: this.seed, top, broken, steps };
  }

  private chance(probability: number): boolean {
    return this.random.next() < probability;
  }

  private pick<T>(...choices: readonly T[]): T {
    return choices[this.random.int(choices.length)];
  }

  private common(prefix: string, auto: Auto) {
    const restart = this.pick<Restart>("permanent", "permanent", "transient", "transient", "temporary");
    const significant = restart !== "permanent" && auto !== "never" && this.chance(0.7);
    return { id: `${prefix}${++this.next}`, restart, significant };
  }

  private worker(supervisor: string, auto: Auto, prefix = "w"): WorkerTree {
    const common = this.common(prefix, auto);
    const onStop = this.chance(0.65) ? "obey" : this.pick<OnStop>("ignore", "normal", "detail", "error");
    const timed = onStop === "ignore" ? STUBBORN_MS : PATIENT_MS;
    if (prefix === "w") this.workers.get(supervisor)!.push(common.id);
    return { kind: "worker", ...common, onStop, shutdown: this.chance(0.2) ? "brutal_kill" : timed };
  }

  private supervisor(depth: number, above: Auto): SupervisorTree {
    const kind = this.chance(depth === 1 ? 0.08 : 0.25) ? "dynamic" : "supervisor";
    const common = this.common(kind === "dynamic" ? "d" : "s", above);
    const auto = this.pick<Auto>("never", "never", "any_significant", "all_significant");
    // The top lasts longer than what is below it, or most scripts would end early.
    const intensity = depth === 1 && this.chance(0.8) ? 3 + this.random.int(3) : this.random.int(6);
    const flags = { ...common, intensity, period: this.period, auto };
    this.workers.set(common.id, []);
    this.autos.set(common.id, auto);
    if (kind === "dynamic") {
      this.dynamics.push(common.id);
      return { kind, ...flags, template: this.worker(common.id, auto, "t") };
    }
    this.statics.push(common.id);
    const strategy = this.pick("one_for_one" as const, "one_for_all" as const, "rest_for_one" as const);
    const children = Array.from(
      { length: 1 + this.random.int(4) },
      () => depth < DEEPEST && this.chance(0.35) ? this.supervisor(depth + 1, auto) : this.worker(common.id, auto),
    );
    return { kind, ...flags, strategy, children };
  }

  private anyWorker(): string {
    const all = [...this.workers.values()].flat();
    return all.length === 0 ? "w0" : this.pick(...all);
  }

  private reason(): Reason {
    return this.pick<Reason>("normal", "shutdown", "detail", "error", "error", "error", "killed");
  }

  /** Ends of up to `most` workers of one supervisor. */
  private die(most: number): Extract<Step, { kind: "die" }> {
    const inhabited = [...this.workers].filter(([, ids]) => ids.length > 0);
    if (inhabited.length === 0) return { kind: "die", supervisor: "s0", ends: [["w0", "error"]] };
    const [supervisor, ids] = this.pick(...inhabited);
    const start = this.random.int(ids.length);
    const step = this.pick(1, ids.length - 1 || 1);
    const chosen = new Set<string>();
    for (let i = 0; i < Math.min(most, ids.length); i++) chosen.add(ids[(start + i * step) % ids.length]);
    return { kind: "die", supervisor, ends: [...chosen].map((id) => [id, this.reason()] as const) };
  }

  /** The same, of workers of which one then fails to start some times. */
  private dieAndFail(): Step[] {
    const die = this.die(1 + this.random.int(3));
    const id = this.chance(0.7) ? this.pick(...die.ends)[0] : this.anyWorker();
    return [{ kind: "fail", id, times: 1 + this.random.int(4) }, die];
  }

  private command(): Step {
    const supervisor = this.statics.length === 0 ? "s0" : this.pick(...this.statics);
    const own = this.workers.get(supervisor) ?? [];
    const ids = [...own, ...own, ...own, ...this.statics, ...this.dynamics];
    return {
      kind: this.pick("terminate", "terminate", "restart", "restart", "delete"),
      supervisor,
      id: this.pick(...ids),
    };
  }

  private start(): Step {
    const supervisor = this.statics.length === 0 ? "s0" : this.pick(...this.statics);
    const auto = this.autos.get(supervisor) ?? "never";
    if (this.statics.length === 0) return { kind: "terminate", supervisor, id: "w0" };
    if (this.chance(0.2)) return { kind: "start", supervisor, child: this.supervisor(DEEPEST, auto) };
    const child = this.worker(supervisor, auto);
    const known = this.workers.get(supervisor)!;
    return { kind: "start", supervisor, child: this.chance(0.25) ? { ...child, id: this.pick(...known) } : child };
  }

  private dynamic(): Step[] {
    if (this.dynamics.length === 0) return [this.die(1)];
    const supervisor = this.pick(...this.dynamics);
    const ids = this.workers.get(supervisor)!;
    if (ids.length > 0 && this.chance(0.2)) {
      return [{ kind: "terminate-dynamic", supervisor, id: this.pick(...ids) }];
    }
    return Array.from({ length: 1 + this.random.int(3) }).flatMap((): Step[] => {
      const id = `c${++this.next}`;
      ids.push(id);
      const first: Step[] = this.chance(0.15) ? [{ kind: this.pick("fail", "ignore"), id, times: 1 }] : [];
      return [...first, { kind: "start-dynamic", supervisor, id }];
    });
  }

  private step(): Step[] {
    const choice = this.random.next();
    if (choice < 0.36) return [this.die(1)];
    if (choice < 0.46) return [this.die(2 + this.random.int(2))];
    if (choice < 0.6) return this.dieAndFail();
    if (choice < 0.64) {
      const statics = this.statics.flatMap((id) => this.workers.get(id)!);
      // OTP 25 keeps a dynamic child that is ignored when it is restarted as one without a process, and fails at its stop.
      return statics.length === 0 ? [] : [{ kind: "ignore", id: this.pick(...statics), times: 1 }, this.die(1)];
    }
    if (choice < 0.76) return [this.command()];
    if (choice < 0.84) return [this.start()];
    return this.dynamic();
  }
}

/** The play of a seed; the same for ever. */
export function randomPlay(seed: number): Play {
  return new Source(seed).play();
}
