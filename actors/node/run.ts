/**
 * Runs one node from start to orderly stop.
 *
 * Order of things: data directory and log first (nothing may happen unrecorded), then gate, world and tree; at the end
 * new orders stop, resting ones are cancelled, the tree stops in reverse, the log is closed and verified.
 */
import { basename } from "node:path";
import { ABI_VERSION, LAYOUT_HASH, RecordType, ScopeState, STRATEGY_SCOPE_LAST } from "../../ffi/layout.gen.ts";
import { AuditLog, ControlPage, nativeCallOf, OrderGate, verifyAudit } from "../../ffi/mod.ts";
import { type Config, configHash, UserError, VERSION } from "../../config/mod.ts";
import { type ActorRef, ActorSystem, DEFAULT_YIELD_MS, MICROS_PER_MS, MICROS_PER_SECOND } from "../../runtime/mod.ts";
import { supervise } from "../../supervision/mod.ts";
import { DropCopyBook } from "../auditors/drop_copy.ts";
import { loadAssets } from "../console/bundle.ts";
import { type ConsoleServer, startConsole } from "../console/server.ts";
import { GuardianBooks } from "../guardians/books.ts";
import { KillProcedure } from "../guardians/kill.ts";
import {
  createApproval,
  type ExecutionReport,
  GUARDIAN,
  MODE,
  MONEY_SCALE,
  type PositionSnapshot,
} from "../protocol/mod.ts";
import { CrashFile, crashFile } from "./crash_file.ts";
import { CrashLedger } from "./crash_ledger.ts";
import { Curve } from "./curve.ts";
import { openDataDirectory } from "./data_dir.ts";
import { drawdownRule } from "./drawdown.ts";
import { killDirectly } from "./direct_kill.ts";
import { hiccupBaseline } from "./hiccup.ts";
import { instrumentsOf } from "./instruments.ts";
import { Journal } from "./journal.ts";
import { loadLimits } from "./limits.ts";
import { ModeKeeper } from "./mode_keeper.ts";
import { organismSpecs } from "./organisms.ts";
import type { NodeParts } from "./parts.ts";
import { nameScopes } from "./scopes.ts";
import { latencySummary, type RunSummary } from "./summary.ts";
import { nodeTree, organismPath, ROOT } from "./tree.ts";
import { LiveNodeView, rejectedByName } from "./view.ts";
import { openWorld } from "./worlds/mod.ts";
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

/** Wall nanoseconds between two repetitions of an unconfirmed kill. */
const KILL_REPEAT_NANOS = 50e6;
const CONSOLE_REFRESH_NANOS = 100e6;
const HEARTBEAT_NANOS = 100e6;
/** Market time the node gives itself to see its last cancels confirmed. */
const DRAIN_MICROS = 2 * MICROS_PER_SECOND;
const UNWATCHED_YIELD_MS = 100;
const HICCUP_MILLIS = 100;

export interface RunOutcome {
  readonly summary: RunSummary;
  /** What made the market data end before its end; everything up to there ran and is on record. */
  readonly faults: readonly Error[];
}

/** Throws UserError when the node cannot start. */
export async function runNode(config: Config, io: NodeIo): Promise<RunOutcome> {
  if (config.organisms.length > STRATEGY_SCOPE_LAST) {
    throw new UserError(
      "TOO_MANY_ORGANISMS",
      `${config.organisms.length} organisms: a node holds at most ${STRATEGY_SCOPE_LAST}`,
    );
  }
  const instruments = instrumentsOf(config);
  // Whatever the configuration has wrong shows here, before anything is made on disk.
  const organisms = organismSpecs(config, instruments);
  const world = await openWorld(config);
  using directory = openDataDirectory(config.node.dataDir);
  using audit = AuditLog.open({
    directory: directory.runPath,
    durability: config.audit.durability,
    segmentBytes: config.audit.segmentMiB * 1024 * 1024,
  });
  using control = ControlPage.open(directory.path);
  control.attach(Deno.pid);
  nameScopes(control, config.organisms.map((organism) => organism.id), instruments.map((i) => i.symbol), wallNanos());
  using gate = OrderGate.create({ audit, control });

  const books = new GuardianBooks(instruments);
  const curves = new Map(config.organisms.map((_, i) => [i + 1, new Curve()] as const));
  const subscribers = new Map<number, ActorRef<ExecutionReport | PositionSnapshot>>();
  const approval = createApproval();
  let noticeControl: () => void = () => {};
  let refresh: () => void = () => {};
  const system = new ActorSystem({
    seed: config.node.seed,
    start: world.start,
    speed: config.node.speed,
    poll: () => poll(),
    facts: crashFacts(config),
    witness: {
      nativeCall: nativeCallOf,
      position: () => ({ auditRecords: audit.head().records, marketEvents: books.board.events }),
    },
    // Without a console only signals want to be heard.
    yieldMs: config.console.enabled ? DEFAULT_YIELD_MS : UNWATCHED_YIELD_MS,
  });
  const journal = new Journal(audit, system.clock);
  using crashFileOfRun = new CrashFile(
    crashFile(directory.path, directory.run),
    (error) => io.err(`crashes are on record but not in ${directory.path}/crashes: ${error.message}`),
  );
  const crashes = new CrashLedger({ journal, file: crashFileOfRun, dataDir: directory.path, wallTimestamp });
  let restarts = 0;
  const mode = new ModeKeeper({
    recoverAfter: config.mode.recoverMs * MICROS_PER_MS,
    control,
    audit,
    wallNanos,
    onRequest: () => noticeControl(),
    onChange: () => {
      refresh();
      system.registry.find(MODE)?.tell({ kind: "ModeChanged" });
    },
  });
  let auditFault: Error | null = null;
  const auditFailed = (error: Error) => {
    if (auditFault !== null) return;
    auditFault = error;
    io.err(`the audit log cannot record, so the gate is shut: ${error.message}`);
    const concern = { id: "audit-failure", active: true, demands: "EmergencyShutdown", detail: error.message } as const;
    mode.report(concern, system.clock.now());
  };

  journal.note(RecordType.NodeStarted, {
    version: VERSION,
    config: configHash(config),
    seed: config.node.seed,
    feed: world.name,
    organisms: config.organisms.map(({ id, species }) => ({ id, species })),
    instruments: instruments.map(({ symbol }) => symbol),
    killed: killedScopes(control),
  });
  const scopes = loadLimits(config, instruments, gate, system.clock.now());
  journal.note(RecordType.Note, { scopes });
  audit.commit();

  const kill = new KillProcedure({
    gate,
    audit,
    control,
    strategies: config.organisms.map((_, i) => i + 1),
    instruments: instruments.map(({ id }) => id),
    stopwatch: () => system.stopwatch.now(),
    onDone: (report) => view.carriedOut(report),
  });
  const built = world.build({
    config,
    instruments,
    books,
    isApproved: approval.isApproved,
    doorOpen: (owner, instrument) => control.effective(owner, instrument) < ScopeState.CancelOnly,
  });
  const tree = nodeTree(config.supervision, {
    mode: { keeper: mode, recoverAfter: config.mode.recoverMs * MICROS_PER_MS },
    guardian: {
      gate,
      audit,
      approve: approval.approve,
      books,
      instruments,
      kill,
      onAuditFailure: auditFailed,
      subscribers,
    },
    dropCopy: { book: new DropCopyBook(), gate, audit },
    bookkeeper: {
      books,
      curves,
      drawdown: drawdownRule(config.mode.drawdown, world.sampleEvery),
      every: world.sampleEvery,
    },
    marketWatch: { board: books.board, staleMs: world.name === "bars" ? 0 : config.mode.staleMarketMs },
    venue: built.venue,
    market: built.market,
    organisms,
    chaos: config.chaos.rate === 0 ? null : {
      rate: config.chaos.rate,
      victims: () =>
        system.actors()
          .filter((actor) => actor.strategy === null && actor.type !== "chaos" && actor.state !== "waiting-restart")
          .map((actor) => actor.path)
          .sort(),
      crash: (path, error) => {
        const victim = system.find(path);
        if (victim) system.crash(victim, error);
      },
    },
  });

  const parts: NodeParts = {
    version: VERSION,
    config,
    feedName: world.name,
    instruments,
    organisms: config.organisms.map(({ id, species }, i) => ({ id, species, strategy: i + 1, path: organismPath(id) })),
    system,
    audit,
    control,
    gate,
    books,
    curves,
    mode,
    crashes,
    venue: built.port,
    startedWall: wallTimestamp(),
    startedStamp: system.stopwatch.now(),
    wallNanos,
    afterWall,
    noticeControl: () => noticeControl(),
    rearmMode: () => mode.rearm(system.clock.now()),
  };
  const view = new LiveNodeView(parts);
  system.events.subscribe((event) => {
    try {
      crashes.event(event);
    } catch (error) {
      // A log that cannot record must not keep what follows from being heard.
      auditFailed(error as Error);
    }
    if (event.kind === "restarted") restarts++;
    if (event.kind === "gave-up") {
      mode.report({
        id: `gave-up:${event.path}`,
        active: true,
        demands: event.onGiveUp === "safe-mode" || event.onGiveUp === "isolate" ? "SafeMode" : "EmergencyShutdown",
        detail: `${event.path} gave up restarting its children`,
      }, system.clock.now());
    }
  });

  let lastKill = -Infinity, lastRefresh = 0, lastHeartbeat = 0, lastCommit = 0;
  const commitNanos = config.audit.commitMs * 1e6;
  let draining = false;
  noticeControl = () => {
    if (control.pending() === null) return;
    const now = system.stopwatch.now();
    if (now - lastKill < KILL_REPEAT_NANOS) return;
    lastKill = now;
    const door = system.registry.find(GUARDIAN);
    if (door) door.urgent({ kind: "CarryOutKill" });
    else killDirectly({ kill, gate, books, venue: built.port, time: system.clock.now() });
  };
  refresh = () => view.changed();
  // Ends come from inside a turn, never from the poll, so that a run ends at the same message at any speed.
  books.board.onEnded = () => system.halt();
  books.onBooked = () => {
    if (draining && openOrders() === 0) system.halt();
  };
  const poll = () => {
    if (control.pending() !== null) noticeControl();
    const now = system.stopwatch.now();
    // Records that no order waits for (crashes, modes) get their durability here; when they do changes nothing in them.
    if (now - lastCommit > commitNanos) {
      lastCommit = now;
      try {
        if (!audit.failed) audit.commit();
      } catch (error) {
        auditFailed(error as Error);
      }
    }
    if (now - lastHeartbeat > HEARTBEAT_NANOS) {
      lastHeartbeat = now;
      control.heartbeat(wallNanos());
    }
    if (now - lastRefresh > CONSOLE_REFRESH_NANOS) {
      lastRefresh = now;
      refresh();
      io.progress?.({
        marketSeconds: (system.clock.now() - world.start) / MICROS_PER_SECOND,
        events: books.board.events,
        orders: books.submitted,
      });
    }
  };

  const openOrders = () => gate.counters().openOrders;
  const stop = () => system.halt();
  io.signal.addEventListener("abort", stop, { once: true });
  let consoleDoor: ConsoleServer | null = null;
  try {
    if (config.console.enabled) consoleDoor = await openConsole(config, view, io);
    const root = supervise(system, ROOT, tree);
    const until = config.node.duration === undefined
      ? undefined
      : world.start + Math.round(config.node.duration * MICROS_PER_SECOND);
    if (!io.signal.aborted) await system.run({ until });
    // Organisms go first and withdraw what they have resting; the rest of the tree lives to see it confirmed.
    draining = true;
    root.tell({ kind: "TerminateChild", id: "organisms" });
    await system.run({ until: system.clock.now() });
    if (openOrders() > 0) await system.run({ until: system.clock.now() + DRAIN_MICROS });
    const wall = (system.stopwatch.now() - parts.startedStamp) / 1e9;
    await system.stop();
    const counters = gate.counters();
    const messages = system.counters();
    journal.note(RecordType.NodeStopped, {
      decisions: counters.decisions,
      accepted: counters.accepted,
      fills: books.fills,
      messages,
    });
    if (!audit.failed) audit.commit();
    const head = audit.head();
    audit.close();
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
      pnl: Object.fromEntries(parts.organisms.map(({ id, strategy }) => {
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
      restarts,
      crashes: crashes.total,
      deadLetters: messages.dead,
      messages,
      mode: mode.mode,
      killed: killedScopes(control),
    };
    return { summary, faults: auditFault === null ? world.faults() : [...world.faults(), auditFault] };
  } finally {
    io.signal.removeEventListener("abort", stop);
    await consoleDoor?.close();
    await built.close();
    control.detach();
  }
}

async function openConsole(config: Config, view: LiveNodeView, io: NodeIo): Promise<ConsoleServer> {
  const token = operatorToken();
  const door = await startConsole({
    view,
    host: config.console.host,
    port: config.console.port,
    token,
    assets: await loadAssets(),
  });
  io.out(`console: ${door.url}`);
  if (door.notice !== null) io.out(door.notice);
  io.out(`token: ${token}  (needed to kill and re-arm from the page)`);
  return door;
}

/** What a crash record says of the run beside its seed: enough to start it again. */
function crashFacts(config: Config): Record<string, string> {
  const { feed, chaos } = config;
  const facts: Record<string, string> = {
    version: VERSION,
    build: `abi ${ABI_VERSION}, records ${LAYOUT_HASH}`,
    config: configHash(config),
    feed: [feed.kind, feed.paths.map((path) => basename(path)).join(",")].filter((part) => part !== "").join(":"),
  };
  if (chaos.rate > 0) facts.chaos = String(chaos.rate);
  return facts;
}

function killedScopes(control: ControlPage): string[] {
  const killed: string[] = [];
  for (let slot = 0; slot < 256; slot++) {
    if (control.scope(slot) === ScopeState.Killed) killed.push(control.name(slot) || "firm");
  }
  return killed;
}
