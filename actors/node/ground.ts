/** What a node stands on: opened by whoever runs it, and closed by them after everything in it is gone. */
import type { Config } from "../../config/mod.ts";
import type { AuditLog, ControlPage, OrderGate } from "../../ffi/mod.ts";
import type { ActorSystem, SystemOptions } from "../../runtime/mod.ts";
import type { ChildSpec, SupervisorSpec } from "../../supervision/mod.ts";
import type { AttestationView, Instrument, SinkView } from "../protocol/mod.ts";
import type { CrashFile } from "./crash_file.ts";
import type { Deployment } from "./deployment.ts";
import type { LeftBehind } from "./last_run.ts";
import type { SpreadKill } from "./parts.ts";
import type { World } from "./worlds/mod.ts";

/** The node's looks at the real world. What they say decides nothing that a replay must reproduce. */
export interface Wall {
  /** Nanoseconds since the Unix epoch, for stamps on the control page. */
  readonly nanos: () => number;
  /** For people. */
  readonly timestamp: () => string;
  /** Runs a task after milliseconds, outside the actors. */
  readonly after: (millis: number, task: () => void) => void;
}

export interface Ground {
  readonly config: Config;
  readonly instruments: readonly Instrument[];
  /** One child per organism of the configuration, in its order. */
  readonly organisms: readonly ChildSpec[];
  readonly world: World;
  readonly audit: AuditLog;
  readonly control: ControlPage;
  readonly gate: OrderGate;
  readonly wall: Wall;
  /** What runs here, and how it compares with what was released; absent: nobody looked. */
  readonly deployment?: Deployment;
  /** What the run before left behind; absent or null: it ended in order, or there was none. */
  readonly left?: LeftBehind | null;
  /** Where crashes are kept beside the log; absent: nowhere. */
  readonly crashes?: { readonly file: CrashFile; readonly dataDir: string };
  /** Where changed limits outlive the node; absent: nowhere. */
  readonly limitsFile?: { read(): string | null; write(text: string): void };
  /** Where what waits to be re-armed outlives the node; absent: nowhere. */
  readonly rearmFile?: { read(): string | null; write(text: string): void; locked<T>(body: () => T): T };
  /** Where alerts outlive the node; absent: nowhere. */
  readonly alertsFile?: { read(): string | null; write(text: string): void };
  /** Where incidents are kept, signed; absent: nowhere but the log. */
  readonly incidents?: { write(incident: Readonly<Record<string, unknown>>): number };
  /** Makes a signed checkpoint of the log when one is due; called often. Throws when the log cannot go on. */
  readonly checkpoint?: () => void;
  /** Copies of the log elsewhere; absent: there are none. */
  readonly sinks?: () => readonly SinkView[];
  /** Others who vouch for the log; absent: nobody is asked. */
  readonly attestations?: () => readonly AttestationView[];
  /** One line for people about what went wrong. */
  readonly err: (line: string) => void;
  /** Takes a kill of the console to the other nodes; absent: there are none. */
  readonly spreadKill?: SpreadKill;
  /** Whether this node is the one that may trade, as far as it can know; absent: it is alone. The venue asks it, too. */
  readonly mayTrade?: () => boolean;
  /** Called a few times a second of the stopwatch. */
  readonly onRefresh?: () => void;
  /** Makes the system of actors: a simulation puts an adversary into it. */
  readonly system: (options: SystemOptions) => ActorSystem;
  /** Last word on the tree, for a simulation that lets handlers fail. */
  readonly tree?: (spec: SupervisorSpec) => SupervisorSpec;
}

/** What is asked of the ground about copies of the log and those who vouch for it. */
export const elsewhere = ({ sinks, attestations }: Ground) => ({
  sinks: sinks ?? (() => []),
  attestations: attestations ?? (() => []),
});
