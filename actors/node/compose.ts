/**
 * Puts a node together: books, mode, kill procedure, world and tree on the ground it is given. `run.ts` lets it live on a
 * real directory in real time; a simulation lets it live under an adversary. Both run what is made here.
 */
import { Code, FIRM_SCOPE, RecordType, ScopeState } from "../../ffi/layout.gen.ts";
import { type GateFact, nativeCallOf, NativeError } from "../../ffi/mod.ts";
import { VERSION } from "../../config/mod.ts";
import { type ActorRef, DEFAULT_YIELD_MS, MICROS_PER_MS, MICROS_PER_SECOND } from "../../runtime/mod.ts";
import { supervise, type SupervisorMessage } from "../../supervision/mod.ts";
import { LimitsKeeper, RearmDesk } from "../controls/mod.ts";
import { GuardianBooks } from "../guardians/books.ts";
import { KillProcedure } from "../guardians/kill.ts";
import { Triggers } from "../guardians/triggers.ts";
import { TradingStates } from "../guardians/trading_states.ts";
import { VenueLink } from "../guardians/venue_link.ts";
import {
  concern,
  createApproval,
  createMandates,
  DROP_COPY,
  GUARDIAN,
  type LimitsMessage,
  MODE,
  type StrategyMessage,
  SURVEILLANCE,
  VENUE,
} from "../protocol/mod.ts";
import { alertsDesk, ringForConcern, ringForKill, ringForPostTrade, ringForTrigger } from "./alerts.ts";
import { ANSWER_WITHIN, Breakers } from "./breakers.ts";
import { chaosOn } from "./chaos.ts";
import { concernOf, crashFacts } from "./crash_facts.ts";
import { CrashLedger } from "./crash_ledger.ts";
import { Curve } from "./curve.ts";
import { putDeploymentOnRecord, tellDeployment } from "./deployment.ts";
import { killDirectly } from "./direct_kill.ts";
import { drawdownRule } from "./drawdown.ts";
import { elsewhere, type Ground } from "./ground.ts";
import { Housekeeping } from "./housekeeping.ts";
import { recordIncident } from "./incidents.ts";
import { Journal, noteDurably } from "./journal.ts";
import { leftRecord } from "./last_run.ts";
import type { ComposedNode } from "./composed_node.ts";
import { ControlsDoor } from "./controls_door.ts";
import { ControlsOverview } from "./controls_overview.ts";
import { EarlyWarnings } from "./early_warnings.ts";
import { following, fundedScopes, instrumentsAskingForState, nodesArmedBy, tellFacts } from "./facts.ts";
import { flattening } from "./flatten/mod.ts";
import type { LimitUseOptions } from "./limit_use.ts";
import { loadLimits } from "./limits.ts";
import { MarksOnRecord } from "./marks.ts";
import { GateLimits } from "./limits_port.ts";
import { ModeKeeper } from "./mode_keeper.ts";
import type { NodeParts } from "./parts.ts";
import { tradedBy } from "./organisms.ts";
import { memoryFile, rearmPage } from "./rearm.ts";
import { FIRM, namedSlots } from "./scopes.ts";
import { startOf } from "./start_record.ts";
import { triggerRules } from "./triggers.ts";
import { RejectHistory } from "./reject_history.ts";
import { PostTrade, VISIBLE_LEVELS, visibleLots } from "./post_trade.ts";
import { GUARD_BRANCH, LIMITS_DESK, nodeTree, organismPath, ROOT, VENUE_BRANCH } from "./tree.ts";
import { LiveNodeView } from "./view.ts";

/** Market time the node gives itself to see its last cancels confirmed. */
const DRAIN_MICROS = 2 * MICROS_PER_SECOND;
/** Looks at the node between two at the use of its limits: about a second. */
const SAMPLE_EVERY = 10;
const NANOS_PER_MILLI = 1e6;
/** `Rearm.what`: both latches. */
const RATE_AND_EXECUTIONS = 3;
const NOWHERE = { read: () => null, write: () => {} };
/** Without a console only signals want to be heard. */
const UNWATCHED_YIELD_MS = 100;

/** Limits are loaded and the start is on record when this returns. */
export function composeNode(ground: Ground): ComposedNode {
  const { config, instruments, organisms, world, audit, control, gate, wall } = ground;
  const books = new GuardianBooks(instruments);
  const curves = new Map(config.organisms.map((_, i) => [i + 1, new Curve()] as const));
  const subscribers = new Map<number, ActorRef<StrategyMessage>>();
  const approval = createApproval();
  const link = new VenueLink();
  const system = ground.system({
    seed: config.node.seed,
    start: world.start,
    speed: config.node.speed,
    poll: () => housekeeping.poll(),
    yieldMs: config.console.enabled ? DEFAULT_YIELD_MS : UNWATCHED_YIELD_MS,
    facts: crashFacts(config),
    witness: {
      nativeCall: nativeCallOf,
      position: () => ({ auditRecords: audit.head().records, marketEvents: books.board.events }),
    },
  });
  const recoverAfter = config.mode.recoverMs * MICROS_PER_MS;
  const journal = new Journal(audit, system.clock);
  const crashes = new CrashLedger({
    journal,
    file: ground.crashes?.file ?? null,
    dataDir: ground.crashes?.dataDir ?? "",
    wallTimestamp: wall.timestamp,
  });
  let restarts = 0;
  let looks = 0;
  let controlChanges = 0;
  const rejects = new RejectHistory();
  const alerts = alertsDesk({
    ...{ ground, journal, system, onChange: () => controlChanges++ },
    unacknowledged: (...measured) => triggers.unacknowledged(...measured),
  });
  const mode = new ModeKeeper({
    recoverAfter,
    control,
    audit,
    wallNanos: wall.nanos,
    onRequest: () => housekeeping.noticeControl(),
    onChange: () => {
      view.changed();
      states.announce(system.clock.now());
      system.registry.find(MODE)?.tell({ kind: "ModeChanged" });
    },
    onConcern: (concern) => ringForConcern(alerts, concern),
  });
  const states = new TradingStates({
    control,
    traded: tradedBy(config, instruments),
    subscribers,
    modeReason: () => mode.reason,
  });
  const breakers = new Breakers({
    journal,
    now: () => system.clock.now(),
    random: system.random,
    report: (concern, now) => mode.report(concern, now),
    onChange: () => view.changed(),
  });
  const isActive = (id: string) => mode.concerns().some((concern) => concern.id === id);
  let auditFault: Error | null = null;
  const auditFailed = (error: Error) => {
    if (auditFault !== null) return;
    auditFault = error;
    ground.err(`the audit log cannot record, so the gate is shut: ${error.message}`);
    const time = system.clock.now();
    mode.report(concern({ kind: "audit-failure", active: true, detail: error.message, time }), time);
  };

  if (world.live) {
    control.tighten(FIRM_SCOPE, ScopeState.Killed, "a live venue starts killed: re-arm it", "node", wall.nanos());
  }
  journal.note(RecordType.NodeStarted, startOf({ config, instruments, control, feed: world.name }));
  const note = (type: number, value: unknown) => void journal.note(type, value);
  if (ground.left) journal.note(RecordType.Reconciled, leftRecord(ground.left));
  putDeploymentOnRecord({ deployment: ground.deployment, control, note, wall: wall.nanos() });
  const scopes = loadLimits(config, instruments, gate, system.clock.now());
  tellFacts(config, scopes, instruments, gate, system.clock.now());
  journal.note(RecordType.Note, { scopes });
  ground.crashes?.file.guardBy(breakers.copy("crash-file"), () => system.clock.now());
  const flush = { commit: breakers.audit(() => audit.commit()) };
  const port = new GateLimits({
    gate,
    instruments,
    scopes,
    board: books.board,
    use: books.use,
    now: () => system.clock.now(),
  });
  const profits = new Map<number, number>();
  const nodeOf = new Map(scopes.map(({ name, node }) => [name, node]));
  const limitUse: LimitUseOptions = { port, profit: (scope) => profits.get(nodeOf.get(scope)!) ?? null };
  const wallMillis = () => wall.nanos() / NANOS_PER_MILLI;
  const warnings = new EarlyWarnings({
    ...limitUse,
    config,
    wall: wallMillis,
    record(event, time) {
      try {
        journal.note(RecordType.Note, event, { time });
      } catch (error) {
        auditFailed(error as Error);
      }
    },
    onWarning: () => controlChanges++,
  });
  const operatorAction = (event: Readonly<Record<string, unknown>>) =>
    noteDurably(journal, audit, RecordType.OperatorAction, event);
  const limits = new LimitsKeeper({
    config,
    file: breakers.store("limits.json", ground.limitsFile ?? NOWHERE),
    port: {
      usage: (ref) => port.usage(ref),
      load(before, after) {
        port.load(before, after);
        warnings.follow(after);
      },
    },
    wall: wallMillis,
    monotonic: () => system.stopwatch.now() / NANOS_PER_MILLI,
    record: operatorAction,
    alert: (line) => {
      controlChanges++;
      ground.err(`limits: ${line}`);
    },
  });
  books.use.rateOf = (strategy) => limits.config.organisms[strategy - 1].limits.ratePerSecond;
  const rearm = new RearmDesk({
    file: ground.rearmFile ?? memoryFile(),
    page: rearmPage(control, wall.nanos),
    wall: () => wall.nanos() / NANOS_PER_MILLI,
    quietMs: config.kill.rearmQuietMs,
    record: operatorAction,
  });
  const flatten = flattening({
    config,
    inForce: () => limits.config,
    ...{ instruments, control, gate, books, states, record: operatorAction },
    now: () => system.clock.now(),
    alert: (line) => {
      controlChanges++;
      ground.err(line);
    },
  });
  const postTrade = new PostTrade({
    ...{ config, inForce: () => limits.config, scopes },
    instruments,
    gate,
    books,
    link,
    journal,
    system,
    isActive,
    tell: ground.err,
    visible: (instrument, side) => visibleLots(built.port.depth(instrument, VISIBLE_LEVELS), side),
    ring: (...found) => ringForPostTrade(alerts, ...found),
  });
  const mandates = createMandates();
  const marks = new MarksOnRecord(books.portfolio, journal, auditFailed);
  audit.commit();

  /** A fact while the node runs. One that cannot be recorded has shut the gate. */
  const tell = (fact: GateFact) => {
    try {
      gate.tell(fact, system.clock.now());
    } catch (error) {
      if (!(error instanceof NativeError) || error.code !== Code.AuditFailed) throw error;
      auditFailed(error);
    }
  };
  const dropCopy = postTrade.dropCopy.book;
  const kill = new KillProcedure({
    gate,
    audit,
    control,
    strategies: config.organisms.map((_, i) => i + 1),
    instruments: instruments.map(({ id }) => id),
    scopes: namedSlots(control),
    stopwatch: () => system.stopwatch.now(),
    onOpened: (scope) => {
      if (scope === FIRM_SCOPE) mode.rearm(system.clock.now());
      const armed = nodesArmedBy(control.name(scope) || FIRM, scopes);
      for (const node of armed) tell({ fact: "rearm", node, what: RATE_AND_EXECUTIONS });
      books.refusals.rearmed(armed);
    },
    onWord: (scope, reason) => states.noted(scope, reason),
    onWords: (time) => states.announce(time),
    orders: books.orders,
    onIncident: (incident) =>
      recordIncident({ journal, gate, dropCopy, configHash: () => limits.hash, ground }, incident),
    onDone: (report) => {
      ringForKill(alerts, report);
      view.carriedOut(report);
    },
  });
  const strategiesOf = (account: string) =>
    config.organisms.flatMap((organism, i) => organism.account === account ? [i + 1] : []);
  const triggers = new Triggers({
    rules: triggerRules(config),
    control,
    books,
    strategies: config.organisms.map((_, i) => i + 1),
    accounts: config.accounts.map(({ id }) => ({ id, strategies: strategiesOf(id) })),
    instruments: instruments.map(({ id }) => id),
    heldAtGate: (strategy, instrument) => gate.exposure(strategy, instrument).position,
    wall: wall.nanos,
    monotonic: () => system.stopwatch.now(),
    note: (type, value) => {
      journal.note(type, value);
      ringForTrigger(alerts, value);
    },
    onRequest: () => housekeeping.noticeControl(),
  });
  const built = world.build({
    config,
    instruments,
    books,
    isApproved: approval.isApproved,
    doorOpen: (owner, instrument) =>
      control.effective(owner, instrument) < ScopeState.CancelOnly && ground.mayTrade?.() !== false,
  });
  const orderLatency = world.name === "replay" ? config.replay.orderLatencyMicros : 0;
  const answerWithin = ANSWER_WITHIN + orderLatency;
  const plain = nodeTree(config.supervision, {
    mode: { keeper: mode, recoverAfter },
    limits: { keeper: limits, holderOf: mandates.holderOf },
    guardian: {
      gate,
      audit: flush,
      approve: approval.approve,
      books,
      instruments,
      kill,
      link,
      states,
      triggers,
      breaker: breakers.venue(answerWithin),
      answerWithin,
      onAuditFailure: auditFailed,
      subscribers,
    },
    surveillance: postTrade.surveillance,
    dropCopy: postTrade.dropCopy,
    bookkeeper: {
      books,
      curves,
      drawdown: drawdownRule(config.mode.drawdown, world.sampleEvery),
      funded: following(() => limits.config, (now) => fundedScopes(now, scopes)),
      tellProfit: (node, profit, time) => {
        profits.set(node, profit);
        tell({ fact: "profit", node, profit, time });
      },
      noteMarks: (time) => marks.note(time),
      watchLimits: (time) => warnings.look(time),
      every: world.sampleEvery,
      look: () => triggers.look(system.clock.now()),
      isActive,
    },
    marketWatch: {
      board: books.board,
      staleMs: world.name === "bars" ? 0 : config.mode.staleMarketMs,
      isActive,
      asked: following(() => limits.config, (now) => instrumentsAskingForState(now, instruments)),
      tellPhase: (instrument, phase, time) => tell({ fact: "marketStatus", instrument, phase, time }),
    },
    venue: built.venue,
    market: built.market,
    organisms,
    flattener: flatten.child,
    chaos: config.chaos.rate === 0 ? null : chaosOn(system, config.chaos.rate),
  });
  const tree = ground.tree?.(plain) ?? plain;

  const housekeeping: Housekeeping = new Housekeeping({
    audit,
    control,
    stopwatch: system.stopwatch,
    wallNanos: wall.nanos,
    commit: flush.commit,
    commitMs: config.audit.commitMs,
    checkpoint: ground.checkpoint,
    carryOut: () => {
      const [door, venue] = [system.registry.find(GUARDIAN), system.registry.find(VENUE)];
      if (abandoned.size === 0 && door && venue) return void door.urgent({ kind: "CarryOutKill" });
      killDirectly({
        kill,
        gate,
        books,
        venue: built.port,
        link,
        copy: (batch) => system.registry.find(DROP_COPY)?.tell(batch),
        recorded: (batch) => {
          const recorded = link.record(batch, system.stopwatch.now());
          system.registry.find(SURVEILLANCE)?.tell(recorded);
        },
        tell: (report) => subscribers.get(report.strategy)?.tell(report),
        time: system.clock.now(),
      });
    },
    auditFailed,
    refresh: () => {
      if (looks++ % SAMPLE_EVERY === 0) limits.sample();
      breakers.probeStores();
      alerts.look();
      rejects.look(system.clock.now(), gate.counters().rejected);
      if (limits.due) (system.find(LIMITS_DESK) as ActorRef<LimitsMessage> | undefined)?.tell({ kind: "LimitsClock" });
      view.changed();
      ground.onRefresh?.();
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
    ...elsewhere(ground),
    control,
    gate,
    books,
    curves,
    mode,
    crashes,
    controlChanges: () => controlChanges,
    breakers,
    venue: built.port,
    startedWall: wall.timestamp(),
    startedStamp: system.stopwatch.now(),
    wallNanos: wall.nanos,
    afterWall: wall.after,
    rearm,
    noticeControl: () => housekeeping.noticeControl(),
    rearmMode: () => mode.rearm(system.clock.now()),
    spreadKill: ground.spreadKill,
  };
  const view: LiveNodeView = new LiveNodeView(parts);
  /** Branches that gave up: nobody in them takes a message any more, even before the last of them is gone. */
  const abandoned = new Set<string>();
  system.events.subscribe((event) => {
    try {
      crashes.event(event);
    } catch (error) {
      // A log that cannot record must not keep what follows from being heard.
      auditFailed(error as Error);
    }
    if (event.kind === "restarted") restarts++;
    if (event.kind !== "gave-up") return;
    if ([VENUE_BRANCH, GUARD_BRANCH].some((branch) => branch.startsWith(event.path))) abandoned.add(event.path);
    const time = system.clock.now();
    mode.report(concernOf(event, time), time);
  });

  let root: ActorRef<SupervisorMessage> | null = null;
  let draining = false;
  const openOrders = () => gate.counters().openOrders;
  // Ends come from inside a turn, never from the poll, so that a run ends at the same message at any speed.
  books.board.onEnded = () => system.halt();
  books.onBooked = () => {
    if (draining && openOrders() === 0) system.halt();
  };

  return {
    parts,
    view,
    controls: new ControlsDoor({
      system,
      keeper: limits,
      issue: mandates.issue,
      flatten: flatten.desk,
      overview: new ControlsOverview({
        ...limitUse,
        config,
        inForce: () => limits.config,
        gate,
        control,
        scopes,
        instruments,
        refusals: books.refusals,
        rejects,
        warnings,
        mode: () => mode.mode,
        now: () => system.clock.now(),
      }),
    }),
    postTrade,
    alerts,
    restarts: () => restarts,
    auditFault: () => auditFault,
    start() {
      root = supervise(system, ROOT, tree);
      const time = system.clock.now();
      tellDeployment(ground.deployment, { bell: alerts, report: (found) => mode.report(found, time), time });
    },
    async drain() {
      draining = true;
      flatten.desk.endAll("the node stops");
      root?.tell({ kind: "TerminateChild", id: "organisms" });
      await system.run({ until: system.clock.now() });
      if (openOrders() > 0) await system.run({ until: system.clock.now() + DRAIN_MICROS });
      // The last cancel ends the run in the guardian's turn: whoever copies has still to hear of it.
      draining = false;
      await system.run({ until: system.clock.now() });
    },
    async stop() {
      postTrade.close();
      await system.stop();
      marks.note(system.clock.now());
      const { decisions, accepted } = gate.counters();
      journal.note(RecordType.NodeStopped, { decisions, accepted, fills: books.fills, messages: system.counters() });
      if (!audit.failed) audit.commit();
    },
    close: () => built.close(),
  };
}
