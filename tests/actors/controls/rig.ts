/** A limits keeper over a real gate in memory, with clocks that tests move and a record they can see. */
import { LimitsKeeper } from "../../../actors/controls/mod.ts";
import { encodeIntent } from "../../../actors/guardians/commands.ts";
import { MarketBoard } from "../../../actors/guardians/market_board.ts";
import { OrderUse } from "../../../actors/guardians/order_use.ts";
import { GuardianBooks } from "../../../actors/guardians/books.ts";
import { TradingStates } from "../../../actors/guardians/trading_states.ts";
import { RefusalLog } from "../../../actors/guardians/refusals.ts";
import { ControlsOverview } from "../../../actors/node/controls_overview.ts";
import { EarlyWarnings } from "../../../actors/node/early_warnings.ts";
import { instrumentsOf } from "../../../actors/node/instruments.ts";
import { loadLimits } from "../../../actors/node/limits.ts";
import { GateLimits } from "../../../actors/node/limits_port.ts";
import { RejectHistory } from "../../../actors/node/reject_history.ts";
import { tellFacts } from "../../../actors/node/facts.ts";
import { flattening } from "../../../actors/node/flatten/mod.ts";
import { nameScopes, treeOf } from "../../../actors/node/scopes.ts";
import {
  ACTIONS,
  BUY,
  type ControlsPort,
  type LimitRef,
  type LimitsReply,
  type LimitValue,
  mayAct,
  type Principal,
  type Role,
  type SubmitOrder,
} from "../../../actors/protocol/mod.ts";
import { type Config, loadConfig, UserError } from "../../../config/mod.ts";
import {
  AuditLog,
  ControlPage,
  ExecType,
  ExecutionView,
  GateDecisionView,
  OrderCommandView,
  OrderGate,
} from "../../../ffi/mod.ts";

export const FILE = `
[firm.limits]
max_gross = "5000000"
max_open_orders = 1000
[[firm.limits.instruments]]
symbol = "ALPHA"
max_position = 6000
[[customers]]
id = "house"
[[accounts]]
id = "main"
[accounts.limits]
max_gross = "4000000"
[[accounts.limits.instruments]]
symbol = "ALPHA"
max_position = 5000
`;

export function configOf(text = FILE): Config {
  const file = Deno.makeTempFileSync({ suffix: ".toml" });
  try {
    Deno.writeTextFileSync(file, text);
    return loadConfig({ file, environment: {} }).config;
  } finally {
    Deno.removeSync(file);
  }
}

export function principal(person: string, ...roles: Role[]): Principal {
  const actions = ACTIONS.filter((action) => mayAct(roles, action));
  return { kind: "person", id: person, person, roles, actions, session: null };
}

export const BOB = principal("bob", "risk-officer");
export const CAT = principal("cat", "risk-approver");
export const DAN = principal("dan", "compliance");

export const GROSS: LimitRef = { scope: "firm", limit: "max_gross", instrument: null };
export const POSITION: LimitRef = { scope: "account:main", limit: "max_position", instrument: "ALPHA" };

export interface Rig extends Disposable {
  readonly keeper: LimitsKeeper;
  readonly gate: OrderGate;
  readonly controls: ControlsPort;
  readonly events: Record<string, unknown>[];
  readonly alerts: string[];
  readonly control: ControlPage;
  /** Early warnings as they were put on record. */
  readonly warned: Record<string, unknown>[];
  readonly file: { text: string | null };
  /** Market time of the node, microseconds. */
  time: number;
  /** Decides on an order of strategy 1 in instrument 0 at 100.00, the reference; returns the code. */
  order(quantity: number, more?: Partial<SubmitOrder>): number;
  /** The venue says that an order of strategy 1 is gone. */
  cancelled(orderId: number): void;
  /** An order of strategy 1 trades in full at 100.00. */
  filled(orderId: number, quantity: number): void;
  /** Market time passes; counters and use are looked at as the node does. */
  look(micros: number): void;
  /** Wall milliseconds; the other clock moves along unless `jump` is used. */
  pass(millis: number): void;
  jump(millis: number): void;
  logWorks: boolean;
  now(): number;
  tighten(by: Principal, ref: LimitRef, value: LimitValue): LimitsReply;
  propose(by: Principal, ref: LimitRef, value: LimitValue, expires?: number | null): LimitsReply;
  approve(by: Principal, id: number, digest?: string): LimitsReply;
  withdraw(by: Principal, id: number): LimitsReply;
  valueOf(ref: LimitRef): LimitValue;
}

export interface RigOptions {
  readonly config?: Config;
  readonly file?: { text: string | null };
  readonly wall?: number;
  /** Whether the gate is told the facts of the configuration. */
  readonly facts?: boolean;
  /** Money units of every scope with capital. */
  readonly profit?: () => number | null;
}

export const START = Date.UTC(2026, 0, 5, 9);

export function openRig(
  { config = configOf(), file = { text: null }, wall = START, profit = () => null, facts = false }: RigOptions = {},
): Rig {
  const audit = AuditLog.memory();
  const control = ControlPage.memory();
  const gate = OrderGate.create({ audit, control });
  const instruments = instrumentsOf(config);
  const scopes = loadLimits(config, instruments, gate, 0);
  if (facts) tellFacts(config, scopes, instruments, gate, 0);
  const events: Record<string, unknown>[] = [];
  const alerts: string[] = [];
  const state = { wall, monotonic: 0, logWorks: true, time: wall * 1_000, orders: 0, reports: 0 };
  nameScopes(control, treeOf(config, instruments), 0);
  const port = new GateLimits({
    gate,
    instruments,
    scopes,
    board: new MarketBoard(instruments),
    use: new OrderUse(),
    now: () => 0,
  });
  const use = { port, profit };
  const refusals = new RefusalLog();
  const rejects = new RejectHistory();
  const warned: Record<string, unknown>[] = [];
  const warnings = new EarlyWarnings({
    ...use,
    config,
    wall: () => state.wall,
    record: (event) => warned.push(structuredClone(event) as Record<string, unknown>),
    onWarning: () => {},
  });
  const overview = new ControlsOverview({
    ...use,
    config,
    inForce: () => keeper.config,
    gate,
    control,
    scopes,
    instruments,
    refusals,
    rejects,
    warnings,
    mode: () => "FullPerformance",
    now: () => state.time,
  });
  const keeper = new LimitsKeeper({
    config,
    file: { read: () => file.text, write: (text) => file.text = text },
    port: {
      usage: (ref) => port.usage(ref),
      load(before, after) {
        port.load(before, after);
        warnings.follow(after);
      },
    },
    wall: () => state.wall,
    monotonic: () => state.monotonic,
    record: (event) => {
      if (state.logWorks) events.push(structuredClone(event) as Record<string, unknown>);
      return state.logWorks;
    },
    alert: (line) => alerts.push(line),
  });
  const flatten = flattening({
    config,
    inForce: () => keeper.config,
    ...{ instruments, control, gate, books: new GuardianBooks(instruments) },
    states: new TradingStates({ control, traded: new Map(), subscribers: new Map(), modeReason: () => "" }),
    now: () => state.time,
    record: (event) => {
      if (state.logWorks) events.push(structuredClone(event) as Record<string, unknown>);
      return state.logWorks;
    },
    alert: (line) => alerts.push(line),
  });
  const rig: Rig = {
    keeper,
    gate,
    events,
    alerts,
    file,
    control,
    warned,
    get time() {
      return state.time;
    },
    set time(micros: number) {
      state.time = micros;
    },
    order(quantity, more = {}) {
      gate.setReference(0, 9_999, 10_001, 10_000, state.time);
      const command = new Uint8Array(OrderCommandView.SIZE);
      const decision = new Uint8Array(GateDecisionView.SIZE);
      const intent: SubmitOrder = {
        kind: "SubmitOrder",
        orderId: ++state.orders,
        strategy: 1,
        instrument: 0,
        side: BUY,
        orderType: 0,
        tif: 0,
        price: 10_000,
        quantity,
        postOnly: false,
        reduceOnly: false,
        time: state.time,
        stamp: 0,
        cause: 0,
        ...more,
      };
      encodeIntent(new OrderCommandView(command), intent);
      gate.submit(command, 1, decision);
      const verdict = new GateDecisionView(decision);
      if (verdict.code !== 0) refusals.note(verdict, intent);
      return verdict.code;
    },
    cancelled(orderId) {
      const report = new Uint8Array(ExecutionView.SIZE);
      Object.assign(new ExecutionView(report), {
        orderId,
        owner: 1,
        execType: ExecType.Canceled,
        venueSequence: ++state.reports,
        time: state.time,
      });
      gate.applyExecutions(report, 1);
    },
    filled(orderId, quantity) {
      const report = new Uint8Array(ExecutionView.SIZE);
      Object.assign(new ExecutionView(report), {
        orderId,
        owner: 1,
        execType: ExecType.Trade,
        price: 10_000,
        quantity,
        venueSequence: ++state.reports,
        time: state.time,
      });
      gate.applyExecutions(report, 1);
    },
    look(micros) {
      state.time += micros;
      rejects.look(state.time, gate.counters().rejected);
      warnings.look(state.time);
    },
    controls: {
      view: () => {
        const view = keeper.view();
        return { ...view, alerts: overview.alerts(view.alerts) };
      },
      tree: () => overview.tree(keeper.view()),
      rejects: () => overview.rejects(),
      refusals: (limit) => overview.refusals(limit),
      facts: () => overview.facts(),
      flattens: () => flatten.desk.view(),
      flatten: (by, command, from) => Promise.try(() => flatten.desk.carryOut(by, command, from)),
      request: (by, command, from) => {
        const reply = keeper.carryOut(by, command, from);
        return reply.ok ? Promise.resolve(reply) : Promise.reject(new UserError(reply.code, reply.detail));
      },
    },
    pass: (millis) => {
      state.wall += millis;
      state.monotonic += millis;
    },
    jump: (millis) => state.wall += millis,
    get logWorks() {
      return state.logWorks;
    },
    set logWorks(works: boolean) {
      state.logWorks = works;
    },
    now: () => state.wall,
    tighten: (by, ref, value) => keeper.carryOut(by, { verb: "tighten", ref, value, reason: "test" }, "here"),
    propose: (by, ref, value, expires = null) =>
      keeper.carryOut(by, { verb: "propose", ref, value, reason: "test", expires }, "here"),
    approve: (by, id, digest) => {
      const known = keeper.view().pending.find((one) => one.id === id)?.digest ?? "none";
      return keeper.carryOut(by, { verb: "approve", id, digest: digest ?? known }, "here");
    },
    withdraw: (by, id) => keeper.carryOut(by, { verb: "withdraw", id, reason: "test" }, "here"),
    valueOf: (ref) => {
      const { scope, limit, instrument } = ref;
      const row = keeper.view().limits.find((one) =>
        one.scope === scope && one.limit === limit && one.instrument === instrument
      );
      return row?.value ?? null;
    },
    [Symbol.dispose]() {
      gate[Symbol.dispose]();
      control[Symbol.dispose]();
      audit[Symbol.dispose]();
    },
  };
  return rig;
}

/** The code of a refusal; "ok" for what was carried out. */
export const codeOf = (reply: LimitsReply): string => (reply.ok ? "ok" : reply.code);
