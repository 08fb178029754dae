/**
 * For tests of actors: a system in virtual time, an actor that records what it is told, and the check that no message
 * was lost.
 *
 *     const system = testSystem();
 *     const seen = probe<Pong>(system);
 *     const actor = system.start("player", player, { partner: seen.ref });
 *     actor.tell({ kind: "Ping" });
 *     await settle(system);
 *     assert.deepEqual(seen.messages, [{ kind: "Pong" }]);
 *     await finish(system);
 */
import assert from "node:assert/strict";
import { inspect } from "node:util";
import {
  type ActorDef,
  type ActorRef,
  ActorSystem,
  type Signal,
  type SystemEvent,
  type SystemOptions,
} from "../mod.ts";

/** Seed 1, time 0, speed "max", and little patience with promises of the outer world; all may be overridden. */
export function testSystem(options: Partial<SystemOptions> = {}): ActorSystem {
  return new ActorSystem({ seed: 1, start: 0, speed: "max", patienceMs: 20, ...options });
}

export * from "./behaviour.ts";

/** How much virtual time a probe waits for a message where a test does not say otherwise. */
export const DEFAULT_WITHIN = 1_000_000;

export interface Probe<M> {
  readonly ref: ActorRef<M>;
  /** The next message that has not been expected yet; lets at most `within` microseconds pass for it. */
  expectMessage(expected?: M, within?: number): Promise<M>;
  /** The next `n`, in their order. */
  receiveN(n: number, within?: number): Promise<M[]>;
  /** Lets `span` microseconds pass, and fails if a message comes that has not been expected. */
  expectNoMessage(span?: number): Promise<void>;
  /** Everything it was told, oldest first. */
  readonly messages: M[];
  /** Every signal it got: what it monitors, see `watch`. */
  readonly signals: Signal[];
  /** From now on a "down" of `target` appears among the signals. Returns the monitor. */
  watch(target: ActorRef<never>): number;
  unwatch(monitor: number): void;
}

/** A root actor that records. */
export function probe<M>(system: ActorSystem, name = `probe-${system.actors().length}`): Probe<M> {
  const messages: M[] = [];
  const signals: Signal[] = [];
  let watch!: Probe<M>["watch"];
  let unwatch!: Probe<M>["unwatch"];
  /** Messages that have been expected. */
  let expected = 0;
  /** As many as somebody waits for. */
  let wanted = Infinity;
  const def: ActorDef<M> = {
    type: "probe",
    init(context) {
      watch = (target) => context.monitor(target);
      unwatch = (monitor) => context.demonitor(monitor);
      return {
        receive(message) {
          messages.push(message);
          if (messages.length >= wanted) system.halt();
        },
        signal: (signal) => void signals.push(signal),
      };
    },
  };
  const ref = system.start(name, def, undefined);
  const show = (message: unknown) => inspect(message, { depth: 6, breakLength: Infinity });
  const receiveN = async (n: number, within = DEFAULT_WITHIN): Promise<M[]> => {
    if (messages.length < expected + n) {
      wanted = expected + n;
      await system.run({ until: system.clock.now() + within });
      wanted = Infinity;
    }
    const got = messages.slice(expected, expected + n);
    if (got.length < n) {
      assert.fail(`${ref.path} got ${got.length} of ${n} messages within ${within} µs: ${show(got)}`);
    }
    expected += n;
    return got;
  };
  return {
    ref,
    messages,
    signals,
    watch,
    unwatch,
    receiveN,
    async expectMessage(message, within) {
      const [got] = await receiveN(1, within);
      if (message !== undefined) assert.deepEqual(got, message);
      return got;
    },
    async expectNoMessage(span = 0) {
      await system.run({ until: system.clock.now() + span });
      const got = messages.slice(expected);
      if (got.length > 0) assert.fail(`${ref.path} got ${show(got[0])}, and nobody expected a message.`);
    },
  };
}

/** Records the system's events of the named kinds; of all kinds if none is named. */
export function record(system: ActorSystem, ...kinds: SystemEvent["kind"][]): SystemEvent[] {
  const events: SystemEvent[] = [];
  system.events.subscribe((event) => {
    if (kinds.length === 0 || kinds.includes(event.kind)) events.push(event);
  });
  return events;
}

/** Handles everything that is due now; time does not move. */
export async function settle(system: ActorSystem): Promise<void> {
  await system.run({ until: system.clock.now() });
}

/** Lets `span` microseconds pass, with everything that happens in them. */
export async function pass(system: ActorSystem, span: number): Promise<void> {
  await system.run({ until: system.clock.now() + span });
}

/** Fails if a message is unaccounted for. */
export function assertAccounted(system: ActorSystem): void {
  const counters = system.counters();
  assert.equal(counters.unexplained, 0, `Unexplained messages: ${JSON.stringify(counters)}`);
  for (const [name, value] of Object.entries(counters)) assert.ok(value >= 0, `${name} is ${value}`);
}

/** Ends a test: the books balance, before and after everything was stopped, and then nothing is waiting any more. */
export async function finish(system: ActorSystem): Promise<void> {
  assertAccounted(system);
  await system.stop();
  assertAccounted(system);
  assert.equal(system.counters().inFlight, 0, "Messages are waiting for actors that are gone.");
  assert.deepEqual(system.actors(), []);
}
