/**
 * Recording a run and playing it again, exactly.
 *
 * A run is a function of its seed, of how its tree is built, and of what enters from outside. All of that enters through one
 * seam, which a recorder writes down: messages, questions and orders from `inject`, from `deliver` and from between two runs;
 * what `context.outside` and `context.observe` brought from the outer world; and when each of them came, counted in turns and
 * timers. A replay builds the tree again and gives it the same at the same turns, as fast as it can, asking nobody outside.
 *
 *     const recorder = record(new FileRecording("run.jsonl"));
 *     const system = new ActorSystem({ seed: 1, start, speed: 1, seam: recorder });
 *     build(system);
 *     await system.run();
 *     endRecording(system, recorder);
 *     …
 *     const again = await replay(readRecording("run.jsonl"), build);
 *
 * What was done before the first `run` is building. Not recorded, and noticed when it mattered, is what goes past the seam:
 * promises of the outer world that a handler awaits directly, refs told from outside without `inject` while the system runs,
 * the machine's clock.
 */
import { ActorSystem, type SystemOptions } from "../system.ts";
import { RECORDING_VERSION, type RecordingEntry, type RecordingLog, type RunEntry } from "./log.ts";
import { Recorder } from "./recorder.ts";
import { ReplayDiverged, Replayer } from "./replayer.ts";
import { stateHash } from "./state_hash.ts";

export * from "./log.ts";
export { ReplayDiverged, stateHash };
export type { Recorder };

/** The seam of one system that is to be recorded. */
export function record(log: RecordingLog): Recorder {
  return new Recorder(log);
}

/** Ends the recording, when the system is not running; returns the hash that a replay has to come to. */
export function endRecording(system: ActorSystem, recorder: Recorder): string {
  const state = stateHash(system);
  recorder.end(state);
  return state;
}

export interface Replay {
  readonly system: ActorSystem;
  /** Hash of the state that it came to: what was recorded, if the recording was ended. */
  readonly state: string;
  /** False when the recording was cut off, so that only the way is known to be the same. */
  readonly whole: boolean;
}

/**
 * Plays a recording again. `build` starts what was started before the first run, and listens to the system if it likes.
 * Throws ReplayDiverged when something was otherwise than in the run.
 */
export async function replay(
  entries: readonly RecordingEntry[],
  build: (system: ActorSystem) => void,
  options: Partial<SystemOptions> = {},
): Promise<Replay> {
  const run = entries[0] as RunEntry | undefined;
  if (run?.kind !== "run") throw new TypeError("This is no recording: it does not begin with what the run began with.");
  if (run.version !== RECORDING_VERSION) {
    throw new TypeError(`The recording is of version ${run.version}; this program plays version ${RECORDING_VERSION}.`);
  }
  const { seed, start, epoch, facts } = run;
  const stuckMs = run.stuckMs ?? undefined;
  const seam = new Replayer(entries);
  const system = new ActorSystem({
    ...options,
    seed,
    start,
    epoch,
    stuckMs,
    facts,
    speed: "max",
    poll: undefined,
    seam,
  });
  build(system);
  await system.run();
  const state = stateHash(system);
  const { end } = seam;
  if (end !== null && end.state !== state) {
    throw new ReplayDiverged(`The replay took the same turns and came to another state: ${state}, not ${end.state}.`);
  }
  return { system, state, whole: end !== null };
}
