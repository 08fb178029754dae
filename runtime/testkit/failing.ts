/**
 * An actor whose handlers fail: in its init, before a message, or in the middle of a batch.
 *
 * An adversary that crashes actors between turns loses no message; a handler that throws loses the one it had, and of a
 * batch all that it had not come to. This is how a simulation gets at those.
 */
import { type ActorContext, type ActorDef, type Handlers, IGNORE } from "../mod.ts";
import { SimulatedCrash } from "./seeded_adversary.ts";

export interface Failing<M> {
  /** Whether its init fails now. */
  starting(path: string): boolean;
  /** How many of these messages are handled before the handler throws; null: it does not throw. At most all of them. */
  handling(path: string, messages: readonly M[]): number | null;
  /** These messages were taken from the mailbox and will not be handled. */
  lost(path: string, messages: readonly M[]): void;
}

/** `def`, as it is, but for its failures. */
export function failing<M, A>(def: ActorDef<M, A>, failures: Failing<M>): ActorDef<M, A> {
  return {
    ...def,
    init(context, args) {
      const { path } = context.self;
      if (failures.starting(path)) throw new SimulatedCrash(`init of ${path}`);
      const wrap = (made: Handlers<M> | typeof IGNORE) => made === IGNORE ? made : wrapped(context, made, failures);
      const made = def.init(context, args);
      return made instanceof Promise ? made.then(wrap) : wrap(made);
    },
  };
}

function wrapped<M>(context: ActorContext<M>, handlers: Handlers<M>, failures: Failing<M>): Handlers<M> {
  const { path } = context.self;
  const fail = (messages: readonly M[], done: number): never => {
    if (done < messages.length) failures.lost(path, messages.slice(done));
    throw new SimulatedCrash(`${path} after ${done} of ${messages.length} messages`);
  };
  const { receive, receiveBatch, signal, stopped, inspect, replace } = handlers;
  return {
    receive: receive && ((message) => {
      const done = failures.handling(path, [message]);
      if (done === 0) fail([message], 0);
      const result = receive.call(handlers, message);
      return done === null ? result : fail([message], 1);
    }),
    receiveBatch: receiveBatch && ((messages) => {
      const done = failures.handling(path, messages);
      if (done === null) return receiveBatch.call(handlers, messages);
      if (done > 0) receiveBatch.call(handlers, messages.slice(0, done));
      fail(messages, done);
    }),
    signal: signal && ((what) => signal.call(handlers, what)),
    stopped: stopped && ((reason) => stopped.call(handlers, reason)),
    inspect: inspect && (() => inspect.call(handlers)),
    replace: replace && ((state) => replace.call(handlers, state)),
  };
}
