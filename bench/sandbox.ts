/**
 * What a behaviour in a process of its own costs.
 *
 *     deno task bench sandbox [--json]
 *
 * - `spawn`: from the supervisor's start of the actor to the guest's first answer, milliseconds; `process-alone` is what a
 *   Deno process with an empty program and no more takes here, the least that a spawn can be.
 * - `round-trip`: one message to the guest and its answer back at an actor of the host, microseconds.
 * - `kill`: from the kill to the moment when the operating system no longer knows the process, milliseconds.
 *
 * `median`, `min` and `max` are over samples within one run here: a spawn is one sample.
 */
import { fileURLToPath } from "node:url";
import { prepareImage, type SandboxArgs, sandboxed, type SandboxImage } from "../runtime/sandbox/mod.ts";
import { type ActorDef, type ActorRef, ActorSystem } from "../runtime/mod.ts";
import { supervise, worker } from "../supervision/mod.ts";
import { quantile, Report, spread } from "./harness.ts";

const SPAWNS = 40;
const ROUND_TRIPS = 5_000;
/** Before the measured ones, for both sides' compilers. */
const WARM_UP = 500;
/** A kill that takes longer has failed. */
const PATIENCE_MS = 5_000;

export interface Amounts {
  readonly spawns: number;
  readonly roundTrips: number;
}

const anything = { safeParse: (value: unknown) => ({ success: true as const, data: value as never }) };
const guest = sandboxed<number>({ type: "guest" });

/** A system with one guest; its answers call `onAnswer`. */
class Rig {
  private readonly system = new ActorSystem({ seed: 1, start: 0, speed: "max", patienceMs: 20_000 });
  private readonly guest: ActorRef<number>;
  onAnswer: (answer: number) => void = () => {};

  constructor(image: SandboxImage) {
    const out: ActorDef<number> = { type: "out", init: () => ({ receive: (answer) => this.onAnswer(answer) }) };
    const to = this.system.start("out", out, undefined) as ActorRef<never>;
    const args: SandboxArgs = { image, ports: { out: { to, schema: anything } } };
    supervise(this.system, "top", {
      id: "top",
      strategy: "one_for_one",
      children: [worker("guest", guest, args, { restart: "temporary" })],
    });
    this.guest = this.system.find("/top/guest") as ActorRef<number>;
  }

  /** Wall milliseconds until the guest has answered. Throws when it did not. */
  async roundTrip(n: number): Promise<number> {
    let answered = -1;
    const begun = performance.now();
    this.onAnswer = (answer) => {
      if (answer === n) answered = performance.now();
    };
    this.guest.tell(n);
    await this.system.run({ until: this.system.clock.now() });
    if (answered < 0) throw new Error("the guest did not answer; the figure would be a lie");
    return answered - begun;
  }

  /** Wall milliseconds from the kill until the process is gone. */
  async kill(): Promise<number> {
    const { pid } = this.system.inspect("/top/guest") as { readonly pid: number };
    const begun = performance.now();
    this.system.kill(this.guest);
    await this.system.run({ until: this.system.clock.now() });
    while (isThere(pid)) {
      if (performance.now() - begun > PATIENCE_MS) throw new Error(`process ${pid} outlives its kill`);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    return performance.now() - begun;
  }
}

/** A signal that does nothing to a process that runs tells whether there is one. */
function isThere(pid: number): boolean {
  try {
    Deno.kill(pid, "SIGCONT");
    return true;
  } catch {
    return false;
  }
}

async function processAlone(): Promise<number> {
  const begun = performance.now();
  const args = ["run", "--quiet", "--no-config", "--no-lock", "-"];
  const child = new Deno.Command(Deno.execPath(), { args, stdin: "piped", stdout: "null", stderr: "null" }).spawn();
  await child.stdin.close();
  await child.status;
  return performance.now() - begun;
}

function add(report: Report, name: string, engine: string, unit: string, samples: readonly number[]): void {
  const sorted = [...samples].sort((a, b) => a - b);
  const { runs, median, min, max } = spread(samples);
  const figure = (value: number) => Math.round(value * 100) / 100;
  report.add({
    case: name,
    engine,
    unit,
    runs,
    median: figure(median),
    min: figure(min),
    max: figure(max),
    p50: figure(quantile(sorted, 0.5)),
    p99: figure(quantile(sorted, 0.99)),
  });
}

/** Samples of each kind: milliseconds, a round trip in microseconds. */
export async function sandboxSamples({ spawns, roundTrips }: Amounts) {
  await using image = await prepareImage({ module: fileURLToPath(new URL("./sandbox/echo.ts", import.meta.url)) });
  const spawn: number[] = [], alone: number[] = [], kill: number[] = [], trip: number[] = [];
  for (let i = 0; i < spawns; i++) {
    alone.push(await processAlone());
    const begun = performance.now();
    const rig = new Rig(image);
    await rig.roundTrip(0);
    spawn.push(performance.now() - begun);
    if (i === spawns - 1) {
      for (let n = 1; n <= WARM_UP; n++) await rig.roundTrip(n);
      for (let n = 1; n <= roundTrips; n++) trip.push(await rig.roundTrip(n) * 1000);
    }
    kill.push(await rig.kill());
  }
  return { spawn, alone, trip, kill };
}

export async function run(json: boolean): Promise<void> {
  const report = new Report("sandbox", json);
  const { spawn, alone, trip, kill } = await sandboxSamples({ spawns: SPAWNS, roundTrips: ROUND_TRIPS });
  add(report, "spawn", "cwts", "ms", spawn);
  add(report, "spawn", "process-alone", "ms", alone);
  add(report, "round-trip", "cwts", "us", trip);
  add(report, "kill", "cwts", "ms", kill);
  report.end();
}

if (import.meta.main) await run(Deno.args.includes("--json"));
