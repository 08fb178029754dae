/**
 * Runs one node from start to orderly stop.
 *
 * Order of things: data directory and log first (nothing may happen unrecorded), then gate, world and tree; at the end
 * new orders stop, resting ones are cancelled, the tree stops in reverse, the log is closed and verified.
 */
import { FIRM_SCOPE, ScopeState } from "../../ffi/layout.gen.ts";
import { AuditLog, ControlPage, OrderGate, RecordType, verifyAudit } from "../../ffi/mod.ts";
import { type Config, UserError } from "../../config/mod.ts";
import { ActorSystem, MICROS_PER_SECOND } from "../../runtime/mod.ts";
import type { AccessDesk } from "../access/mod.ts";
import { sealValue } from "../access/names/mod.ts";
import { loadAssets } from "../console/bundle.ts";
import { type ConsoleServer, startConsole } from "../console/server.ts";
import { ALERTS_FILE } from "../alerts/mod.ts";
import { REARM_FILE } from "../controls/mod.ts";
import type { ChildSpec } from "../../supervision/mod.ts";
import { type ConfigurationPort, type Instrument, MONEY_SCALE } from "../protocol/mod.ts";
import { nodeDesk } from "./access.ts";
import { Attestations, refuseWrongAttestations } from "./attestations.ts";
import { thisBuild } from "./build.ts";
import { AuditSinks, refuseWrongSinks } from "./audit_sinks.ts";
import { openCheckpoints } from "./checkpoint_file.ts";
import { clusterSecret, joinCluster, spreadBy } from "./cluster.ts";
import { composeNode } from "./compose.ts";
import type { ComposedNode } from "./composed_node.ts";
import type { ClusterGuard } from "../cluster/mod.ts";
import type { NodeParts } from "./parts.ts";
import { CrashFile, crashFile } from "./crash_file.ts";
import { type DataDirectory, openDataDirectory, RunFence } from "./data_dir.ts";
import { IncidentFile } from "./incident_file.ts";
import { deploymentOf } from "./deployment.ts";
import { hiccupBaseline } from "./hiccup.ts";
import { instrumentsOf } from "./instruments.ts";
import { Journal, noteDurably } from "./journal.ts";
import { type LeftBehind, leftBehind, leftLine, leftNothing } from "./last_run.ts";
import { openNames, SealedFile, sealingOf } from "./names.ts";
import { refuseUnreachable } from "./net_permission.ts";
import { NodeKeys } from "./node_keys.ts";
import { organismSpecs } from "./organisms.ts";
import { readManifest } from "./release.ts";
import { openPositions } from "./paper/opening.ts";
import { followsVenueRun, reconciliationLines } from "./paper/reconcile.ts";
import { RetentionBook } from "./retention/mod.ts";
import { killedScopes, nameScopes, refuseWithoutWords, treeOf } from "./scopes.ts";
import { RunSnapshots } from "./snapshots.ts";
import { latencySummary, postTradeSummary, type RunSummary } from "./summary.ts";
import { rejectedByName } from "./view.ts";
import { openWorld, type World } from "./worlds/mod.ts";
import { afterWall, operatorToken, wallNanos, wallTimestamp } from "./wall.ts";

export interface NodeIo {
  /** One line for people. */
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  /** Ends the run in order. */
  readonly signal: AbortSignal;
  /** Hears a few times a second of wall time how far the run is. */
  readonly progress?: (progress: RunProgress) => void;
}

export interface RunProgress {
  /** Market time since the start. */
  readonly marketSeconds: number;
  /** Market events received. */
  readonly events: number;
  /** New orders organisms asked for. */
  readonly orders: number;
}

const HICCUP_MILLIS = 100;

export interface RunOutcome {
  readonly summary: RunSummary;
  /** What made the market data end before its end; everything up to there ran and is on record. */
  readonly faults: readonly Error[];
}

/** What makes a node the gateway of others; `roles/gateway.ts`. */
export interface GatewayPart {
  /** What stands in the place of the organisms. */
  organisms(instruments: readonly Instrument[]): readonly ChildSpec[];
  /** Whether no other gateway can have begun, as far as this one can know. */
  readonly held: () => boolean;
  /** Why it is the gateway no more, for good; null: it is, or may be again. */
  readonly over: string | null;
  /** Whether whoever has the lock of a data directory is a gateway that this one has replaced. */
  replaces(path: string): boolean;
  /** How it is killed with the others; null: it is not. Ended with the run. */
  guard(parts: NodeParts, journal: Journal): ClusterGuard | null;
  /** Configurations of its cluster. */
  configuration(node: ComposedNode, journal: Journal, audit: AuditLog): ConfigurationPort | undefined;
  /** The run has its directory; returns why nothing may enter before a person has looked, or null. */
  takeOver(directory: DataDirectory): string | null;
  /** Everything is put together, nothing runs: makes sure that it may, which putting it together may have taken too long for. */
  begin(node: ComposedNode, journal: Journal): Promise<void>;
  /** Called a few times a second. */
  readonly refresh: () => void;
}

/** Throws UserError when the node cannot start. */
export async function runNode(config: Config, io: NodeIo, gateway?: GatewayPart): Promise<RunOutcome> {
  const instruments = instrumentsOf(config);
  const named = treeOf(config, instruments);
  refuseWithoutWords(named);
  // Whatever the configuration has wrong shows here, before anything is made on disk.
  refuseWrongSinks(config);
  refuseWrongAttestations(config);
  refuseUnreachable(config);
  const organisms = gateway?.organisms(instruments) ?? organismSpecs(config, instruments);
  // A gateway is among others by its role, whatever its configuration says.
  const secret = gateway === undefined ? clusterSecret(config) : null;
  const world = await openWorld(config);
  using directory = openDataDirectory(config.node.dataDir, (path) => gateway?.replaces(path) ?? false);
  const names = openNames(directory.path, io.err);
  using audit = AuditLog.open({
    directory: directory.runPath,
    durability: config.audit.durability,
    segmentBytes: config.audit.segmentMiB * 1024 * 1024,
    seal: sealingOf(names, io.err),
  });
  const keys = new NodeKeys(directory.path);
  io.out(`checkpoints are signed by ${keys.published(wallNanos() / 1e9).trim().split("\n").at(-1)}`);
  using control = ControlPage.open(directory.path);
  control.attach(Deno.pid);
  nameScopes(control, named, wallNanos());
  const settled = await settleWith(world, { instruments, directory, control, io });
  const left = settled !== null && followsVenueRun(directory.path, directory.run)
    ? null
    : leftBehind(directory.path, directory.run, keys, io.err);
  if (left !== null) tellLeft(left, directory.path, control, io);
  const doubt = gateway?.takeOver(directory) ?? null;
  if (doubt !== null) haltFirm(doubt, directory.path, control, io);
  using gate = OrderGate.create({ audit, control });
  using crashes = new CrashFile(
    crashFile(directory.path, directory.run),
    (error) => io.err(`crashes are on record but not in ${directory.path}/crashes: ${error.message}`),
    (line) => sealValue(names, line),
  );
  let fenced = false;
  const node: ComposedNode = composeNode({
    crashes: { file: crashes, dataDir: directory.path },
    left,
    checkpoint: () => {
      checkpoints.poll();
      snapshots.poll();
      // Once: the orderly end that follows must not be cut short.
      gateway?.held();
      if (!fenced && (gateway?.over ?? null) !== null) {
        fenced = true;
        stop();
      }
      if (!fence.lost()) return;
      io.err(`a later run has begun in ${directory.path}: this node is the older one, and stops`);
      stop();
    },
    incidents: new IncidentFile(directory.path, keys, (incident) => sealValue(names, incident)),
    deployment: deploymentOf(thisBuild(), config, readManifest(config.release)),
    limitsFile: new SealedFile(directory.path, "limits.json", names),
    rearmFile: new SealedFile(directory.path, REARM_FILE, names),
    alertsFile: new SealedFile(directory.path, ALERTS_FILE, names),
    config,
    instruments,
    organisms,
    world,
    audit,
    control,
    gate,
    wall: { nanos: wallNanos, timestamp: wallTimestamp, after: afterWall },
    err: io.err,
    spreadKill: secret === null && gateway === undefined ? undefined : spreadBy(() => cluster),
    sinks: () => sinks.views(),
    attestations: () => attestations.views(),
    mayTrade: gateway?.held,
    onRefresh: () => {
      names.poll();
      recordRetention();
      sinks.poll();
      attestations.poll();
      gateway?.refresh();
      io.progress?.({
        marketSeconds: (system.clock.now() - world.start) / MICROS_PER_SECOND,
        events: books.board.events,
        orders: books.submitted,
      });
    },
    system: (options) => new ActorSystem(options),
  });
  const { system, books, mode, organisms: parts, startedStamp } = node.parts;
  const retention = new RetentionBook(directory.path);
  const journal = new Journal(audit, system.clock);
  const recordRetention = () =>
    retention.recordWaiting((event) => noteDurably(journal, audit, RecordType.OperatorAction, event), io.err);
  const checkpoints = openCheckpoints({ keys, audit, directory: directory.runPath, stopwatch: system.stopwatch }, {
    ...config.audit,
    complain: io.err,
  });

  const sinks = new AuditSinks({
    ...{ config, dataDir: directory.path, run: directory.run, node: keys.name(wallNanos() / 1e9) },
    stopwatch: system.stopwatch,
    now: () => system.clock.now(),
    report: (concern, now) => mode.report(concern, now),
    note: (event) => void journal.note(RecordType.Note, event),
    err: io.err,
    after: afterWall,
  });
  const attestations = new Attestations({
    ...{ config, directory: directory.runPath, stopwatch: system.stopwatch, err: io.err },
    note: (event) => void journal.note(RecordType.Note, event),
  });
  const fence = new RunFence(directory, system.stopwatch);
  using snapshots = new RunSnapshots({
    directory: directory.runPath,
    audit,
    gate,
    clock: system.clock,
    keys,
    complain: io.err,
  });

  const cluster = gateway !== undefined ? gateway.guard(node.parts, journal) : secret === null ? null : joinCluster(
    { config, directory: directory.path, control, audit, out: io.out, err: io.err },
    secret,
    node.parts,
  );
  const stop = () => system.halt();
  io.signal.addEventListener("abort", stop, { once: true });
  let consoleDoor: ConsoleServer | null = null;
  const ownerToken = operatorToken();
  const access = nodeDesk(directory.path, ownerToken, {
    audit,
    clock: system.clock,
    complain: io.err,
    guard: (file) => node.parts.breakers.store("access.json", file),
  });
  try {
    if (settled !== null) {
      journal.note(RecordType.Reconciled, { [settled.agreed ? "statement" : "difference"]: settled.kind, ...settled });
      openPositions(node, settled.positions, system.clock.now());
    }
    await gateway?.begin(node, journal);
    await world.connect?.();
    if (config.console.enabled) {
      consoleDoor = await openConsole(config, node, {
        ...{ access, ownerToken },
        configuration: gateway?.configuration(node, journal, audit),
      }, io);
    }
    node.start();
    const until = config.node.duration === undefined
      ? undefined
      : world.start + Math.round(config.node.duration * MICROS_PER_SECOND);
    if (!io.signal.aborted) await system.run({ until });
    await node.drain();
    const wall = (system.stopwatch.now() - startedStamp) / 1e9;
    await node.stop();
    names.poll();
    const counters = gate.counters();
    const messages = system.counters();
    if (!audit.failed) checkpoints.make();
    const head = audit.head();
    await cluster?.close();
    audit.close();
    await Promise.all([sinks.finish(), attestations.finish(), snapshots.signed()]);
    const verdict = verifyAudit(directory.runPath);
    const summary: RunSummary = {
      seed: config.node.seed,
      feed: world.name,
      wall_s: Math.round(wall * 1000) / 1000,
      events: books.board.events,
      orders: books.submitted,
      accepted: counters.accepted,
      rejected: rejectedByName(counters.rejected),
      fills: books.fills,
      pnl: Object.fromEntries(parts.map(({ id, strategy }) => {
        const pnl = books.portfolio.profitAndLoss(strategy);
        return [id, {
          realised: pnl.realised / MONEY_SCALE,
          unrealised: pnl.unrealised / MONEY_SCALE,
          fees: pnl.fees / MONEY_SCALE,
        }] as const;
      })),
      audit: {
        records: head.records,
        root: head.root,
        chain: head.chain,
        verified: verdict.ok && verdict.root === head.root && verdict.chain === head.chain,
      },
      latency: latencySummary(books, hiccupBaseline(system.stopwatch, HICCUP_MILLIS)),
      post_trade: postTradeSummary(node.postTrade.view()),
      restarts: node.restarts(),
      crashes: node.parts.crashes.total,
      deadLetters: messages.dead,
      messages,
      mode: mode.mode,
      killed: killedScopes(control),
    };
    const fault = node.auditFault();
    return { summary, faults: fault === null ? world.faults() : [...world.faults(), fault] };
  } finally {
    io.signal.removeEventListener("abort", stop);
    sinks.close();
    attestations.close();
    await consoleDoor?.close();
    await cluster?.close();
    access.close();
    await node.close();
    // A gateway that was replaced shares the page with the one after it.
    if (!fenced) control.detach();
  }
}

/** Nothing enters after a run that left something open until a person has looked: a re-arm of the firm says so. */
function tellLeft(left: LeftBehind, path: string, control: ControlPage, io: NodeIo): void {
  io.err(leftLine(left, path));
  if (leftNothing(left)) return;
  haltFirm(`run ${left.run} did not end in order: look at what it left, then re-arm`, path, control, io);
}

interface Settling {
  readonly instruments: readonly Instrument[];
  readonly directory: DataDirectory;
  readonly control: ControlPage;
  readonly io: NodeIo;
}

/** Asks a market that outlives the node what became of the run before; null where there is none. */
async function settleWith(world: World, { instruments, directory, control, io }: Settling) {
  if (world.settle === undefined) return null;
  const { path, run, runPath } = directory;
  try {
    const report = await world.settle({ dataDir: path, run, runPath, instruments });
    for (const line of reconciliationLines(report, path)) (report.agreed ? io.out : io.err)(line);
    if (!report.agreed) haltFirm("log and venue do not agree: see the differences, then re-arm", path, control, io);
    return report;
  } catch (error) {
    if (error instanceof UserError && error.code === "VENUE_LIES") {
      haltFirm(error.message.slice(0, 200), path, control, io);
    }
    throw error;
  }
}

function haltFirm(reason: string, path: string, control: ControlPage, io: NodeIo): void {
  control.tighten(FIRM_SCOPE, ScopeState.CancelOnly, reason, "node", wallNanos());
  io.err(`the firm is cancel-only: deno task rearm --scope firm --cause … --reason "…" --data-dir ${path}`);
}

interface Entrance {
  readonly access: AccessDesk;
  readonly ownerToken: string;
  readonly configuration?: ConfigurationPort;
}

async function openConsole(
  config: Config,
  { view, controls, postTrade, alerts }: ComposedNode,
  { access, ownerToken, configuration }: Entrance,
  io: NodeIo,
): Promise<ConsoleServer> {
  const { host, port } = config.console;
  const door = await startConsole({
    view,
    host,
    port,
    access,
    controls,
    postTrade,
    alerts,
    configuration,
    assets: await loadAssets(),
  });
  io.out(`console: ${door.url}`);
  if (door.notice !== null) io.out(door.notice);
  if (access.governed) io.out("people are enrolled: log in to the console; deno task kill needs no log-in");
  else io.out(`token: ${ownerToken}  (needed to kill and re-arm from the page)`);
  return door;
}
