/**
 * One actor without a system: a message in, the list of what it did out, as plain data.
 *
 *     const desk = behaviour(deskActor, { gate: refTo<GateMessage>("gate") });
 *     assert.deepEqual(desk.receive({ kind: "Buy", lots: 1 }), [
 *       { kind: "tell", to: "gate", message: { kind: "Submit", lots: 1 } },
 *       { kind: "timer", key: "answer", delay: 1000, every: false, message: { kind: "Late" } },
 *     ]);
 *
 * Handlers run at once and nothing is delivered anywhere: refs write down what they are told, timers what is set, asks wait
 * for `reply` or `fail`. Time stands still unless `at` moves it. A throw is an effect ("crash"), because that is what it is.
 * Not for parents: an actor that starts children needs a system.
 */
import {
  type ActorContext,
  type ActorDef,
  type ActorRef,
  type AskFailure,
  type AskResult,
  createRandom,
  type Demand,
  type ExitReason,
  type Handlers,
  type MessageEnvelope,
  type Micros,
  type Registry,
  type ServiceKey,
  type Signal,
  type StreamControl,
  type TellResult,
} from "../mod.ts";
import { type Asking, streamOf } from "../internal/stream.ts";

export type Effect =
  | { readonly kind: "tell" | "urgent"; readonly to: string; readonly message: unknown }
  | { readonly kind: "ask"; readonly to: string; readonly question: unknown; readonly timeout: Micros }
  | {
    readonly kind: "timer";
    readonly key: string;
    readonly delay: Micros;
    readonly every: boolean;
    readonly message: unknown;
  }
  | { readonly kind: "cancel"; readonly key: string }
  | { readonly kind: "register" | "join" | "leave" | "subscribe"; readonly name: string }
  | { readonly kind: "monitor"; readonly path: string; readonly monitor: number }
  | { readonly kind: "demonitor"; readonly monitor: number }
  | { readonly kind: "stash" | "unstash" }
  | { readonly kind: "stop"; readonly reason: ExitReason }
  | { readonly kind: "crash"; readonly error: string };

/** Where refs write to: the behaviour that acted last, whose promises may go on. */
let acting: Effect[] | null = null;

class RecordingRef implements ActorRef<unknown> {
  constructor(readonly id: number, readonly path: string) {}

  tell(message: unknown): TellResult {
    acting?.push({ kind: "tell", to: this.path, message });
    return "enqueued";
  }

  urgent(message: unknown): TellResult {
    acting?.push({ kind: "urgent", to: this.path, message });
    return "enqueued";
  }
}

/** A ref for a behaviour to tell things to. */
export function refTo<M>(path: string): ActorRef<M> {
  return new RecordingRef(0, path);
}

export interface BehaviourOptions {
  readonly path?: string;
  readonly seed?: number;
  readonly now?: Micros;
  readonly incarnation?: number;
  readonly envelope?: MessageEnvelope | null;
  /** Who holds a name, and the members of a group. */
  readonly registry?: Readonly<Record<string, readonly ActorRef<never>[]>>;
}

export interface Behaviour<M> {
  /** What `init` did. */
  readonly initial: readonly Effect[];
  readonly handlers: Handlers<M>;
  /** Moves the clock. */
  at(now: Micros): void;
  /** Runs the handler and returns what it did; of an async one, what it did before it waited for the first time. */
  receive(message: M): Effect[];
  receiveBatch(...messages: M[]): Effect[];
  signal(signal: Signal): Effect[];
  stopped(reason: ExitReason): Effect[];
  /** Answers the oldest open ask, and returns what the actor did then. */
  reply(value: unknown): Promise<Effect[]>;
  fail(failure: AskFailure): Promise<Effect[]>;
  /** What an async handler did since, when it has waited for promises of its own. */
  settled(): Promise<Effect[]>;
  /** The state as the actor shows it. */
  inspect(): unknown;
}

export function behaviour<M, A>(def: ActorDef<M, A>, args: A, options: BehaviourOptions = {}): Behaviour<M> {
  return new Running(def, args, options);
}

class Running<M, A> implements Behaviour<M> {
  readonly initial: readonly Effect[];
  readonly handlers!: Handlers<M>;
  private now: Micros;
  private effects: Effect[] = [];
  private readonly asks: ((result: AskResult<never>) => void)[] = [];
  private lastId = 0;

  constructor(def: ActorDef<M, A>, args: A, options: BehaviourOptions) {
    this.now = options.now ?? 0;
    this.initial = this.act(() => {
      const handlers = def.init(this.context(options), args);
      if (typeof handlers !== "object") throw new TypeError("an actor that does not start at once needs a system");
      Object.assign(this, { handlers });
    });
  }

  at(now: Micros): void {
    this.now = now;
  }

  receive(message: M): Effect[] {
    return this.act(() => this.handlers.receive!(message));
  }

  receiveBatch(...messages: M[]): Effect[] {
    return this.act(() => this.handlers.receiveBatch!(messages));
  }

  signal(signal: Signal): Effect[] {
    return this.act(() => this.handlers.signal?.(signal));
  }

  stopped(reason: ExitReason): Effect[] {
    return this.act(() => this.handlers.stopped?.(reason));
  }

  reply(value: unknown): Promise<Effect[]> {
    return this.answer({ ok: true, value: value as never });
  }

  fail(failure: AskFailure): Promise<Effect[]> {
    return this.answer({ ok: false, failure });
  }

  async settled(): Promise<Effect[]> {
    acting = this.effects;
    for (let pass = 0; pass < 32; pass++) await null;
    return this.taken();
  }

  inspect(): unknown {
    return this.handlers.inspect?.();
  }

  private answer(result: AskResult<never>): Promise<Effect[]> {
    const resolve = this.asks.shift();
    if (resolve === undefined) throw new Error("The behaviour has no open ask to answer.");
    resolve(result);
    return this.settled();
  }

  private act(run: () => unknown): Effect[] {
    acting = this.effects;
    const crash = (thrown: unknown) => {
      const { name, message } = thrown instanceof Error ? thrown : new Error(String(thrown));
      this.effects.push({ kind: "crash", error: `${name}: ${message}` });
    };
    try {
      const result = run();
      if (result instanceof Promise) result.catch(crash);
    } catch (thrown) {
      crash(thrown);
    }
    return this.taken();
  }

  private taken(): Effect[] {
    return this.effects.splice(0);
  }

  /** Demands are asks like others. */
  private asking(did: (effect: Effect) => void): Asking {
    return {
      now: () => this.now,
      put: <R>(
        target: ActorRef<never>,
        make: (replyTo: ActorRef<R>) => unknown,
        timeout: Micros,
        resolve: (result: AskResult<R>) => void,
      ) => {
        did({ kind: "ask", to: target.path, question: make(new RecordingRef(0, "/answer")), timeout });
        this.asks.push(resolve);
        return { abandon: () => void this.asks.splice(this.asks.indexOf(resolve), 1) };
      },
      resume: (resolve, value) => resolve(value),
      opens: () => {},
      closes: () => {},
    };
  }

  private context(options: BehaviourOptions): ActorContext<M> {
    const did = (effect: Effect) => void this.effects.push(effect);
    const path = options.path ?? "/self";
    const members = (name: string) => options.registry?.[name] ?? [];
    const registry: Registry = {
      find: <N>(key: ServiceKey<N>) => members(key.name)[0] as ActorRef<N> | undefined,
      get<N>(key: ServiceKey<N>) {
        const holder = this.find(key);
        if (holder === undefined) throw new Error(`Nobody holds the name "${key.name}": give it in \`registry\`.`);
        return holder;
      },
      members: <N>(group: ServiceKey<N>) => members(group.name) as readonly ActorRef<N>[],
    };
    const clock = { now: () => this.now };
    return {
      self: new RecordingRef(0, path),
      incarnation: options.incarnation ?? 0,
      clock,
      random: createRandom(options.seed ?? 1).fork(`${path}#${options.incarnation ?? 0}`),
      stopwatch: { now: () => this.now * 1000 },
      timers: {
        once: (key, delay, message) => did({ kind: "timer", key, delay, every: false, message }),
        every: (key, delay, message) => did({ kind: "timer", key, delay, every: true, message }),
        cancel: (key) => did({ kind: "cancel", key }),
      },
      registry,
      outside: async (begin) => await begin(),
      observe: (read) => read(),
      nextId: () => ++this.lastId,
      register: ({ name }) => did({ kind: "register", name }),
      join: ({ name }) => did({ kind: "join", name }),
      leave: ({ name }) => did({ kind: "leave", name }),
      subscribe: <N>({ name }: ServiceKey<N>) => {
        did({ kind: "subscribe", name });
        return members(name) as readonly ActorRef<N>[];
      },
      ask: <Q, R>(target: ActorRef<Q>, make: (replyTo: ActorRef<R>) => Q, timeout: Micros) => {
        did({ kind: "ask", to: target.path, question: make(new RecordingRef(0, "/answer")), timeout });
        return new Promise<AskResult<R>>((resolve) => this.asks.push(resolve));
      },
      askMany: <Q, R>(
        target: ActorRef<Q | StreamControl<R>>,
        make: (demand: Demand<R>) => Q,
        timeout: Micros,
        window?: number,
      ) => streamOf(this.asking(did), target, make, ++this.lastId, this.now + timeout, window),
      adapt: <N>(map: (message: N) => M): ActorRef<N> => ({
        id: 0,
        path: `${path}/adapters`,
        tell: (message) => (did({ kind: "tell", to: path, message: map(message) }), "enqueued"),
        urgent: (message) => (did({ kind: "urgent", to: path, message: map(message) }), "enqueued"),
      }),
      envelope: options.envelope ?? null,
      handling: () => {},
      stash: () => did({ kind: "stash" }),
      unstash: () => did({ kind: "unstash" }),
      monitor: (target) => {
        const monitor = ++this.lastId;
        did({ kind: "monitor", path: target.path, monitor });
        return monitor;
      },
      demonitor: (monitor) => did({ kind: "demonitor", monitor }),
      stop: (reason = { kind: "normal" }) => did({ kind: "stop", reason }),
    };
  }
}
