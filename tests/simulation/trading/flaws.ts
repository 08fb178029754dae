/** Nodes with something broken in them, one each: every invariant must be seen to find what it is there for. */
import { AuditLog, ControlPage, ExecType, ExecutionView, OrderGate } from "../../../ffi/mod.ts";
import type { DropCopyArgs } from "../../../actors/auditors/drop_copy.ts";
import type { SimulatedExchangeArgs } from "../../../actors/venues/simulated_exchange.ts";
import type { GuardianArgs } from "../../../actors/guardians/guardian.ts";
import type { Ground } from "../../../actors/node/ground.ts";
import type { GuardianMessage } from "../../../actors/protocol/mod.ts";
import type { ActorDef, Handlers } from "../../../runtime/mod.ts";
import type { ChildSpec, SupervisorSpec, WorkerSpec } from "../../../supervision/mod.ts";
import { GUARDIAN_PATH } from "./witness.ts";

export interface Flaw {
  readonly name: string;
  /** The sentences that call it by its name. */
  readonly found: RegExp;
  /** Seed from which a run that shows it is looked for; default 1. */
  readonly first?: number;
  /** Breaks something before the node is put together. */
  damage?(ground: Ground): Ground;
  /** Breaks something in the directory of the log, once it is closed. */
  afterwards?(log: string): void;
}

type Worker = WorkerSpec<unknown>;

export const FLAWS: readonly Flaw[] = [
  {
    name: "some reports never reach gate and log",
    found: /by drop copy, -?\d+ by the gate$|^the exchange told \d+ reports, \d+ are on the log$/,
    damage: (ground) =>
      withGate(ground, ({ applyExecutions }) => ({
        applyExecutions: now<Parameters<typeof applyExecutions>, boolean>(15, () => true, applyExecutions),
      })),
  },
  {
    name: "reports are applied twice",
    found: /is on the log after report/,
    damage: (ground) =>
      withGate(ground, ({ applyExecutions }) => ({
        applyExecutions: (...all) => applyExecutions(...all) && applyExecutions(...all),
      })),
  },
  {
    name: "a report reaches the log after the organism",
    found: /was told before record/,
    damage(ground) {
      let waiting: (() => void) | null = null;
      return withGate(ground, ({ applyExecutions }) => ({
        applyExecutions(...all) {
          waiting?.();
          waiting = () => void applyExecutions(...all);
          return true;
        },
      }));
    },
  },
  {
    name: "exposure is released for lots that still rest",
    found: /ended twice|is about order|says a worst case|may come to/,
    damage: (ground) =>
      withGate(ground, ({ applyExecutions }) => ({
        applyExecutions(records, count, venue) {
          const copy = records.slice();
          const view = new ExecutionView(copy);
          for (let i = 0; i < count; i++) if (view.at(i).execType === ExecType.Trade) view.leaves = 0;
          return applyExecutions(copy, count, venue);
        },
      })),
  },
  {
    name: "the gate knows another limit",
    found: /are allowed$/,
    damage(ground) {
      const organisms = ground.config.organisms.map((one) => ({ ...one, limits: { ...one.limits, maxPosition: 600 } }));
      return { ...ground, config: { ...ground.config, organisms } };
    },
  },
  {
    name: "decisions are not on the log",
    found: /without a decision on the log|which no decision let in/,
    damage: (ground) => ({
      ...ground,
      gate: OrderGate.create({ audit: AuditLog.memory(), control: ground.control }),
    }),
  },
  {
    name: "the gate looks at another control page",
    found: /let an order into a scope|let an order in during|enlarges a position/,
    damage: (ground) => ({
      ...ground,
      gate: OrderGate.create({ audit: ground.audit, control: ControlPage.memory() }),
    }),
  },
  {
    name: "a kill is confirmed before its cancels are",
    found: /rest although their kill is confirmed/,
    damage: (ground) =>
      withGate(ground, ({ exposure }) => ({ exposure: (...all) => ({ ...exposure(...all), openOrders: 0 }) })),
  },
  {
    name: "the portfolio books fills twice",
    found: /^strategy \d+ in instrument \d+ holds|believes to hold|by the books, -?\d+ by the gate$/,
    damage: (ground) =>
      withWorker<GuardianArgs>(ground, "guardian", (_, { books: { portfolio } }) => {
        const trade = portfolio.trade.bind(portfolio);
        portfolio.trade = (...all) => trade(...all) + 0 * trade(...all);
      }),
  },
  {
    name: "the drop copy misses fills",
    found: /by drop copy|the drop copy has/,
    damage: (ground) =>
      withWorker<DropCopyArgs>(ground, "drop-copy", (_, { book }) => {
        book.apply = now<Parameters<typeof book.apply>, void>(3, () => {}, book.apply.bind(book));
      }),
  },
  {
    name: "the venue leaves reports out",
    found: /^the venue left out or repeated a report: order \d+ |^strategy \d+ has \d+ orders open .* by drop copy/,
    damage: (ground) =>
      withWorker<SimulatedExchangeArgs>(ground, "exchange", (_, { venue: { link } }) => {
        const tell = link.tell.bind(link);
        let told = 0;
        link.tell = (guardian, { records, count }) => {
          const kept = Array.from({ length: count }, (_, i) => i).filter(() => ++told % 40 !== 0);
          const left = new Uint8Array(kept.length * 64);
          for (const [to, from] of kept.entries()) left.set(records.subarray(from * 64, from * 64 + 64), to * 64);
          tell(guardian, { records: left, count: kept.length });
        };
      }),
  },
  {
    name: "surveillance is told less than is on record",
    found: /^surveillance lacks|reports are on the log, surveillance received/,
    damage: (ground) =>
      withWorker<GuardianArgs>(ground, "guardian", (_, { link }) => {
        const record = link.record.bind(link);
        link.record = (batch, stamp) => ({ ...record(batch, stamp), count: 0 });
      }),
  },
  {
    name: "approved orders are lost on their way",
    found: /has no end on the log and is not at the exchange|believes that \d+ of its orders/,
    damage: (ground) =>
      withWorker<GuardianArgs>(ground, "guardian", (child, args) => {
        const approve = now(25, (records, _, sequence) => args.approve(records, 0, sequence), args.approve);
        return { ...child, args: { ...args, approve } };
      }),
  },
  {
    name: "intents are lost on their way",
    found: /were asked for, \d+ lost, \d+ decided on|believes that \d+ of its orders/,
    damage: (ground) =>
      withWorker<GuardianArgs>(ground, "guardian", (child) => {
        const actor = child.actor as unknown as ActorDef<GuardianMessage, GuardianArgs>;
        let seen = 0;
        const deaf: ActorDef<GuardianMessage, GuardianArgs> = {
          ...actor,
          init(context, given) {
            const handlers = actor.init(context, given) as Handlers<GuardianMessage>;
            const receiveBatch = handlers.receiveBatch!.bind(handlers);
            const heard = (message: GuardianMessage) => message.kind !== "SubmitOrder" || ++seen % 30 !== 0;
            return { receiveBatch: (messages) => receiveBatch(messages.filter(heard)) };
          },
        };
        return { ...child, actor: deaf as unknown as Worker["actor"] };
      }),
  },
  {
    name: "amendments that were lost pass for decided",
    found: /never heard what became of its amendment|still waits to hear of its amendment/,
    first: 41,
    damage: (ground) =>
      withWorker<GuardianArgs>(ground, "guardian", (_, { books: { orders } }) => {
        const find = orders.find.bind(orders);
        orders.find = (id) => {
          const row = find(id);
          if (row !== undefined) row.changes = 1e9;
          return row;
        };
      }),
  },
  {
    name: "the guardian is not told of the market",
    found: /^SafeMode lasts: .*no data for/,
    damage: (ground) =>
      withWorker<SimulatedExchangeArgs>(ground, "exchange", (_, { venue: { subscribers } }) => {
        const add = subscribers.add.bind(subscribers);
        subscribers.add = (wish) => wish.subscriber.path === GUARDIAN_PATH ? undefined : add(wish);
      }),
  },
  {
    name: "organisms are not restarted",
    found: /^\/node\/organisms\/.* is gone long after the last fault$/,
    damage: (ground) => ({
      ...ground,
      organisms: ground.organisms.map((child) => ({ ...child, restart: "temporary" }) as ChildSpec),
    }),
  },
  {
    name: "something is not a function of the seed",
    found: /^the same seed came to/,
    damage: (ground) => ({
      ...ground,
      config: { ...ground.config, node: { ...ground.config.node, seed: Math.floor(2 ** 31 * Math.random()) } },
    }),
  },
  {
    name: "the log is changed afterwards",
    found: /^the log does not verify/,
    afterwards(log) {
      const [segment] = [...Deno.readDirSync(log)].map(({ name }) => name).filter((name) => name.endsWith(".log"))
        .sort();
      const bytes = Deno.readFileSync(`${log}/${segment}`);
      bytes[bytes.length >> 1] ^= 1;
      Deno.writeFileSync(`${log}/${segment}`, bytes);
    },
  },
];

/** `usual`, but every `n`-th time `flawed`. */
function now<A extends unknown[], R>(n: number, flawed: (...all: A) => R, usual: (...all: A) => R): (...all: A) => R {
  let calls = 0;
  return (...all) => (++calls % n === 0 ? flawed : usual)(...all);
}

type GateParts = Pick<OrderGate, "applyExecutions" | "exposure">;

/** A gate of which some parts are not its own. */
function withGate(ground: Ground, change: (gate: GateParts) => Partial<GateParts>): Ground {
  const { gate } = ground;
  const changes = change({
    applyExecutions: gate.applyExecutions.bind(gate),
    exposure: gate.exposure.bind(gate),
  }) as Record<string | symbol, unknown>;
  const changed = new Proxy(gate, {
    get(_, name) {
      if (name in changes) return changes[name];
      const value = Reflect.get(gate, name, gate);
      return typeof value === "function" ? value.bind(gate) : value;
    },
  });
  return { ...ground, gate: changed };
}

/** Breaks a worker's arguments in place, or gives another worker in its stead. */
function withWorker<A>(ground: Ground, id: string, change: (child: Worker, args: A) => Worker | void): Ground {
  const visit = (child: ChildSpec): ChildSpec => {
    if ("children" in child) return { ...child, children: child.children.map(visit) };
    const worker = child as Worker;
    return worker.id === id ? change(worker, worker.args as A) ?? worker : worker;
  };
  return { ...ground, tree: (spec) => ground.tree!(visit(spec) as SupervisorSpec) };
}
