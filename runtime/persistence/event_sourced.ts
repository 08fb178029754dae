/**
 * An actor whose state is the sum of what happened to it: commands become events, events are kept, and only kept events
 * change the state. After a crash or a restart of the process it reads them again and is where it was.
 *
 * Use it for state that must not be lost and whose history matters. While events are being kept the next command waits.
 *
 *     const counter = eventSourced<Command, Event, number>({
 *       type: "counter",
 *       version: 1,
 *       initial: 0,
 *       decide: (state, command) => command.kind === "Add" ? persist([{ kind: "Added", n: command.n }]) : ignore(),
 *       apply: (state, event) => state + event.n,
 *     });
 *     worker("counter", counter, { id: "counter-1", journal });
 */
import type { ActorContext, ActorDef, MailboxOptions } from "../actor.ts";
import type { EventJournal, Eventually, StoredEvent } from "./journal.ts";

/** What becomes of a command: the events it causes, and what is to be done once they are kept. */
export interface Decision<E, S> {
  readonly events: readonly E[];
  /** Runs after the events are kept and applied, with the new state. Not at recovery. */
  readonly then?: (state: S) => void;
}

export function persist<E, S>(events: readonly E[], then?: (state: S) => void): Decision<E, S> {
  return { events, then };
}

/** Nothing happens; `then` may still answer. */
export function ignore<E, S>(then?: (state: S) => void): Decision<E, S> {
  return { events: [], then };
}

export interface EventSourcedDef<C, E, S> {
  readonly type: string;
  readonly mailbox?: MailboxOptions<C>;
  /** Version of the schema of events and state, from 1; raise it with every change of either. */
  readonly version: number;
  readonly initial: S;
  /** Must not change the state; events that it returns are plain data that survives JSON. */
  decide(state: S, command: C, context: ActorContext<C>): Decision<E, S>;
  /** The state after an event. Pure, and total: what has happened cannot be refused. */
  apply(state: S, event: E): S;
  /** An event of an older version as one of this. Without it an older event is a failed start. */
  migrate?(payload: unknown, version: number): E;
  /** A snapshot is kept each time this many events have been; 0, the default, keeps none. States of another version are not used. */
  readonly snapshotEvery?: number;
  /**
   * The events that lead from `state` to the one that an operator wants; throws a sentence when none do. Like those of a
   * command they are kept before they count: a state that was merely put in place of another would be forgotten at the next
   * recovery, and all that was decided on it would contradict the journal. Without this a replacement is refused.
   */
  correct?(state: S, wanted: unknown): readonly E[];
  /** Called once the state is there, before the first command. */
  recovered?(state: S, context: ActorContext<C>): void;
  /** What the console may show. */
  inspect?(state: S): unknown;
}

export interface EventSourcedArgs {
  /** The stream: one per entity, the same for its whole life. */
  readonly id: string;
  readonly journal: EventJournal;
}

const RECOVER = Symbol("recover");

class Entity<C, E, S> {
  private state: S;
  /** Sequence of the last event that is in the state. */
  private sequence = 0;
  private epoch = 0;

  constructor(
    private readonly def: EventSourcedDef<C, E, S>,
    private readonly context: ActorContext<C>,
    private readonly args: EventSourcedArgs,
  ) {
    this.state = def.initial;
  }

  recover(): Eventually<void> {
    const { id, journal } = this.args;
    return after(journal.claim(id), (epoch) => {
      this.epoch = epoch;
      return after(journal.loadSnapshot(id), (snapshot) => {
        if (snapshot !== null && snapshot.version === this.def.version) {
          this.state = snapshot.state as S;
          this.sequence = snapshot.sequence;
        }
        return after(journal.read(id, this.sequence + 1), (events) => {
          for (const stored of events) this.absorb(this.current(stored));
          this.def.recovered?.(this.state, this.context);
        });
      });
    });
  }

  handle(command: C): Eventually<void> {
    const { events, then } = this.def.decide(this.state, command, this.context);
    return this.keep(events, then);
  }

  /** What an operator wants, by events. */
  replace(wanted: unknown): Eventually<void> {
    const { type, correct } = this.def;
    if (correct === undefined) {
      throw new Error(
        `The state of "${this.args.id}" is the sum of its events: give ${type} a correct that says by which it changes.`,
      );
    }
    return this.keep(this.def.correct!(this.state, wanted));
  }

  private keep(events: readonly E[], then?: (state: S) => void): Eventually<void> {
    if (events.length === 0) return then?.(this.state);
    const { version } = this.def;
    const stored = events.map((payload, i): StoredEvent => ({ sequence: this.sequence + 1 + i, version, payload }));
    const { id, journal } = this.args;
    return after(journal.append(id, this.epoch, stored), () => {
      const before = this.sequence;
      for (const event of events) this.absorb(event);
      const every = this.def.snapshotEvery ?? 0;
      const due = every > 0 && Math.floor(this.sequence / every) > Math.floor(before / every);
      const snapshot = { sequence: this.sequence, version, state: this.state };
      return after(due ? journal.saveSnapshot(id, this.epoch, snapshot) : undefined, () => then?.(this.state));
    });
  }

  show(): unknown {
    return { id: this.args.id, sequence: this.sequence, epoch: this.epoch, state: this.def.inspect?.(this.state) };
  }

  private absorb(event: E): void {
    this.state = this.def.apply(this.state, event);
    this.sequence++;
  }

  private current({ payload, version, sequence }: StoredEvent): E {
    if (version === this.def.version) return payload as E;
    if (version > this.def.version) {
      throw new Error(
        `event ${sequence} of "${this.args.id}" is of version ${version}, newer than ${this.def.version}.`,
      );
    }
    if (this.def.migrate === undefined) {
      throw new Error(
        `event ${sequence} of "${this.args.id}" is of version ${version}: give ${this.def.type} a migrate.`,
      );
    }
    return this.def.migrate(payload, version);
  }
}

/** The definition of an event-sourced actor. */
export function eventSourced<C, E, S>(def: EventSourcedDef<C, E, S>): ActorDef<C, EventSourcedArgs> {
  return {
    type: def.type,
    mailbox: def.mailbox,
    init(context, args) {
      const entity = new Entity(def, context, args);
      const recovery = entity.recover();
      let ready = true;
      if (recovery instanceof Promise) {
        // A journal that answers later: the recovery is a message of its own, so that its failure is a crash.
        ready = false;
        recovery.then(() => ready = true, () => {});
        context.self.urgent(RECOVER as never);
      }
      return {
        receive(message) {
          if ((message as unknown) === RECOVER) return recovery;
          // Urgent messages of an earlier life may stand before it.
          return ready ? entity.handle(message) : (recovery as Promise<void>).then(() => entity.handle(message));
        },
        inspect: () => entity.show(),
        replace(wanted) {
          if (!ready) throw new Error(`"${args.id}" has not recovered yet: its state is replaced when it has.`);
          return entity.replace(wanted);
        },
      };
    },
  };
}

/** Goes on at once with what is there at once, so that a journal in this process costs no promise. */
function after<T, R>(value: Eventually<T>, go: (value: T) => Eventually<R>): Eventually<R> {
  return value instanceof Promise ? value.then(go) : go(value);
}
