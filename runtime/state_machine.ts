/**
 * An actor that is always in one of a few named states: OTP's `gen_statem`.
 *
 * Use it where the same message means different things at different times (a session that connects, logs on, trades and
 * logs off); use a plain actor where it does not. Each state has its own `receive`; a message that comes too early is
 * postponed and comes again, in its order, after the next change of state.
 *
 *     const door = stateMachine<DoorMessage, "open" | "locked">({
 *       type: "door",
 *       init: (machine) => ({
 *         initial: "locked",
 *         states: {
 *           locked: { receive: (m) => m.kind === "Code" ? machine.go("open") : machine.postpone() },
 *           open: { enter: () => machine.stateTimeout(10_000_000, { kind: "Lock" }), receive: (m) => … },
 *         },
 *       }),
 *     });
 */
import type { ActorContext, ActorDef, ExitReason, MailboxOptions, Signal } from "./actor.ts";
import type { Micros } from "./time.ts";

export interface StateHandlers<M, S extends string> {
  /** Runs when the state is entered, also by `go` to the state it is in; `from` is null at the start. May not `go`. */
  enter?(from: S | null): void;
  receive(message: M): void;
}

export interface MachineParts<M, S extends string> {
  readonly initial: S;
  readonly states: { readonly [state in S]: StateHandlers<M, S> };
  signal?(signal: Signal): void;
  stopped?(reason: ExitReason): void;
  /** What the console may show beside the name of the state. */
  inspect?(): unknown;
  /**
   * Takes over the data that an operator gives beside the name of a state; throws a sentence when it cannot. Without it the
   * state alone can be replaced.
   */
  replace?(data: Readonly<Record<string, unknown>>): void;
}

export interface Machine<M, S extends string> {
  readonly context: ActorContext<M>;
  /** The state the machine is in; inside `receive` the one it was in when the message came. */
  readonly state: S;
  /** Changes state when the handler has returned. The last call of a handler counts. */
  go(state: S): void;
  /** The message being handled comes again after the next change of state, before those that wait. */
  postpone(): void;
  /** The machine handles `message` next, before anything that waits; several in their order. */
  insert(message: M): void;
  /** `message` comes after `delay` unless the state changes before. One at a time. */
  stateTimeout(delay: Micros, message: M): void;
  /** `message` comes after `delay` unless any other message comes before. One at a time. */
  eventTimeout(delay: Micros, message: M): void;
  /** `message` comes after `delay`, whatever happens, unless set again or cancelled. */
  timeout(name: string, delay: Micros, message: M): void;
  cancelTimeout(name: string): void;
}

export interface MachineDef<M, S extends string, A = void> {
  readonly type: string;
  readonly mailbox?: MailboxOptions<M>;
  /** Most messages postponed; default DEFAULT_STASH. More are a crash. */
  readonly stash?: number;
  init(machine: Machine<M, S>, args: A): MachineParts<M, S>;
}

const STATE_TIMER = "state";
const EVENT_TIMER = "event";
const named = (name: string): string => `named:${name}`;

class RunningMachine<M, S extends string> implements Machine<M, S> {
  private parts!: MachineParts<M, S>;
  private current: S | null = null;
  private next: S | null = null;
  private entering = false;
  private inserted: M[] = [];
  /** Inserted messages that were postponed: the stash holds only messages of the mailbox. */
  private postponed: M[] = [];
  private ofMailbox = true;
  private handling: M | null = null;

  constructor(readonly context: ActorContext<M>) {}

  get state(): S {
    if (this.current === null) throw new Error("a machine has no state before its init has returned");
    return this.current;
  }

  begin(parts: MachineParts<M, S>): void {
    this.parts = parts;
    this.enter(parts.initial, null);
    this.handleInserted();
  }

  receive(message: M): void {
    this.context.timers.cancel(EVENT_TIMER);
    this.handle(message);
    this.handleInserted();
  }

  go(state: S): void {
    if (this.entering) throw new Error(`enter of state "${this.current}" may not change the state; insert a message.`);
    this.next = state;
  }

  postpone(): void {
    if (this.ofMailbox) this.context.stash();
    else this.postponed.push(this.handling!);
  }

  insert(message: M): void {
    this.inserted.push(message);
  }

  stateTimeout(delay: Micros, message: M): void {
    this.context.timers.once(STATE_TIMER, delay, message);
  }

  eventTimeout(delay: Micros, message: M): void {
    this.context.timers.once(EVENT_TIMER, delay, message);
  }

  timeout(name: string, delay: Micros, message: M): void {
    this.context.timers.once(named(name), delay, message);
  }

  cancelTimeout(name: string): void {
    this.context.timers.cancel(named(name));
  }

  /**
   * As an operator wants it: `{ state, …data }`. The state is entered like one that was gone to, because what it relies on is
   * what its `enter` sets up. A machine that fails to enter it ends with that error.
   */
  replace(wanted: unknown): void {
    const { state, ...data } = (typeof wanted === "object" ? wanted ?? {} : {}) as Readonly<Record<string, unknown>>;
    const { states } = this.parts;
    if (typeof state !== "string" || !Object.hasOwn(states, state)) {
      throw new Error(
        `a state of this machine is { state: ${Object.keys(states).map((one) => `"${one}"`).join(" | ")} }.`,
      );
    }
    if (Object.keys(data).length > 0) {
      if (this.parts.replace === undefined) throw new Error("this machine has no replace for the data of its state.");
      this.parts.replace(data);
    }
    try {
      this.change(state as S);
      this.handleInserted();
    } catch (error) {
      this.context.stop({ kind: "error", error: error as Error });
      throw error;
    }
  }

  private handle(message: M): void {
    this.handling = message;
    this.parts.states[this.state].receive(message);
    const next = this.next;
    if (next === null) return;
    this.next = null;
    this.change(next);
  }

  private change(next: S): void {
    const from = this.current;
    this.context.timers.cancel(STATE_TIMER);
    if (next !== from) {
      this.context.unstash();
      this.inserted = [...this.postponed.splice(0), ...this.inserted];
    }
    this.enter(next, from);
  }

  private enter(state: S, from: S | null): void {
    if (!Object.hasOwn(this.parts.states, state)) throw new Error(`there is no state "${state}".`);
    this.current = state;
    this.entering = true;
    this.parts.states[state].enter?.(from);
    this.entering = false;
  }

  private handleInserted(): void {
    this.ofMailbox = false;
    while (this.inserted.length > 0) this.handle(this.inserted.shift()!);
    this.ofMailbox = true;
  }
}

/** The definition of an actor that is a state machine. */
export function stateMachine<M, S extends string, A = void>(def: MachineDef<M, S, A>): ActorDef<M, A> {
  return {
    type: def.type,
    mailbox: def.mailbox,
    stash: def.stash,
    init(context, args) {
      const machine = new RunningMachine<M, S>(context);
      const parts = def.init(machine, args);
      machine.begin(parts);
      return {
        receive: (message) => machine.receive(message),
        signal: parts.signal === undefined ? undefined : (signal) => parts.signal!(signal),
        stopped: parts.stopped === undefined ? undefined : (reason) => parts.stopped!(reason),
        replace: (wanted) => machine.replace(wanted),
        inspect: () => ({ state: machine.state, ...(parts.inspect?.() as object | undefined) }),
      };
    },
  };
}
