/** A node among others, where its configuration names brokers: its guard, on the node's own page, log, mode and clock. */
import { RecordType, ScopeState } from "../../ffi/layout.gen.ts";
import type { AuditLog, ControlPage } from "../../ffi/mod.ts";
import { brokerCredentials, type Config } from "../../config/mod.ts";
import { processMark, type RouteChange } from "../../runtime/transport/mod.ts";
import { ClusterGuard, type GuardOptions, type LocalPage, readSecrets, type Secrets, waysTo } from "../cluster/mod.ts";
import { concern } from "../protocol/mod.ts";
import { Journal } from "./journal.ts";
import type { NodeParts, SpreadKill } from "./parts.ts";
import { FIRM } from "./scopes.ts";
import { StateFile } from "./state_file.ts";
import { afterWall, wallMillis, wallNanos } from "./wall.ts";

const FILE = "cluster.json";
const NANOS_PER_MILLI = 1e6;
export const SILENCE_STATES = { "cancel-only": ScopeState.CancelOnly, "killed": ScopeState.Killed } as const;

export interface ClusterPlace {
  readonly config: Config;
  readonly directory: string;
  readonly control: ControlPage;
  readonly audit: AuditLog;
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
}

/** Makes the secret known before anything is on disk. Throws CLUSTER_SECRET; null where no brokers are configured. */
export function clusterSecret({ cluster: { brokers, secretFile } }: Config): Secrets | null {
  return brokers.length === 0 ? null : readSecrets(secretFile!);
}

/** The gate obeys the others from now on. Brokers that do not answer yet are tried until they do. */
export function joinCluster({ config, directory, control, audit, out, err }: ClusterPlace, secret: Secrets, {
  system,
  mode,
  noticeControl,
}: Pick<NodeParts, "system" | "mode" | "noticeControl">): ClusterGuard {
  const { name: cluster, node, brokers, nodes, beatMs, silenceMs, silenceState, hear, ackMs } = config.cluster;
  const journal = new Journal(audit, system.clock);
  const random = system.random.fork("cluster");
  const chance = () => random.next();
  return new ClusterGuard({
    ...{
      cluster,
      node: node!,
      process: processMark,
      secret,
      nodes,
      beatMs,
      silenceMs,
      hear,
      ackMs,
      out,
      err,
      wallMillis,
    },
    routes: waysTo(brokers, node!, { who: brokerCredentials(), chance }),
    silenceState: SILENCE_STATES[silenceState],
    page: pageOf(control, () => system.inject(noticeControl)),
    now: () => system.stopwatch.now() / NANOS_PER_MILLI,
    after: afterWall,
    obeyed: new StateFile(directory, FILE),
    record: recordOf(journal, err),
    concern: concernOf({ system, mode }),
  });
}

/** A control page that a kill closes; `stored`: it has. */
export const pageOf = (control: ControlPage, stored: () => void): LocalPage => ({
  tighten(scope, state, reason, actor) {
    const slot = scope === FIRM ? 0 : control.find(scope);
    if (slot === null) return null;
    const { gateSequence } = control.tighten(slot, state, reason, actor, wallNanos());
    stored();
    return { state: control.scope(slot), gateSequence };
  },
});

export const recordOf = (journal: Journal, err: (line: string) => void): GuardOptions["record"] => (event) => {
  try {
    journal.note(RecordType.OperatorAction, event);
  } catch (error) {
    // A log that cannot record has shut the gate by itself; nobody goes deaf over it.
    err(`what the cluster said cannot be recorded: ${(error as Error).message}`);
  }
};

const KINDS = { silence: "cluster-silence", broker: "broker-down" } as const;

export const concernOf = ({ system, mode }: Pick<NodeParts, "system" | "mode">): GuardOptions["concern"] =>
(
  what,
  subject,
  active,
  detail,
) => {
  const time = system.clock.now();
  mode.report(concern({ kind: KINDS[what], subject, active, detail, time }), time);
};

/** The console's kill, for all nodes. */
export const spreadBy = (guard: () => ClusterGuard | null): SpreadKill => async (scope, state, reason, who) => {
  const outcome = await guard()?.spread(scope, state, reason, who);
  if (outcome === undefined) return undefined;
  return {
    acknowledged: outcome.acknowledged.map(({ node }) => node).sort(),
    silent: [...outcome.silent].sort(),
    failed: outcome.failed.map(({ broker, why }) => `${broker}: ${why}`),
  };
};

/** For a `ClassedBroker` of this node: while a topic goes over another broker than its first, the mode shows it. */
export function showFallback({ system, mode }: Pick<NodeParts, "system" | "mode">): (change: RouteChange) => void {
  return ({ topic, from, to, preferred, again }) => {
    if (from === null && preferred) return;
    const time = system.clock.now();
    const detail = `${topic} goes over ${to}${
      from === null ? "" : ` instead of ${from}`
    }; ${again} letters were sent again`;
    mode.report(concern({ kind: "broker-fallback", subject: topic, active: !preferred, detail, time }), time);
  };
}
