import assert from "node:assert/strict";
import { stateMachine } from "../../runtime/mod.ts";
import { finish, pass, settle, testSystem } from "../../runtime/testkit/mod.ts";

type M = { readonly kind: "go"; readonly to: S } | { readonly kind: "work"; readonly n: number } | {
  readonly kind: "tick";
  readonly name: string;
} | { readonly kind: "split"; readonly n: number };
type S = "idle" | "busy" | "shut";

/** Works only in busy; what comes earlier is postponed. */
function machine(log: string[]) {
  return stateMachine<M, S>({
    type: "machine",
    init(machine) {
      const enter = (state: S) => (from: S | null) => void log.push(`${from ?? "-"}>${state}`);
      const receive = (message: M): void => {
        if (message.kind === "go") return machine.go(message.to);
        if (message.kind === "tick") return void log.push(`tick ${message.name} in ${machine.state}`);
        if (machine.state !== "busy") return machine.postpone();
        if (message.kind === "split") {
          for (let i = 0; i < message.n; i++) machine.insert({ kind: "work", n: i });
          return;
        }
        log.push(`work ${message.n}`);
        if (message.n === 100) machine.stateTimeout(50, { kind: "tick", name: "state" });
        if (message.n === 101) machine.eventTimeout(50, { kind: "tick", name: "event" });
        if (message.n === 102) machine.timeout("named", 50, { kind: "tick", name: "named" });
        if (message.n === 103) machine.cancelTimeout("named");
      };
      const state = (name: S) => ({ enter: enter(name), receive });
      return { initial: "idle", states: { idle: state("idle"), busy: state("busy"), shut: state("shut") } };
    },
  });
}

const work = (n: number): M => ({ kind: "work", n });
const go = (to: S): M => ({ kind: "go", to });

async function played(script: readonly (M | number)[]): Promise<string[]> {
  const log: string[] = [];
  const system = testSystem();
  const ref = system.start("m", machine(log), undefined);
  for (const step of script) {
    if (typeof step === "number") await pass(system, step);
    else ref.tell(step);
  }
  await settle(system);
  await finish(system);
  return log;
}

Deno.test("A state machine enters its initial state and each state it goes to", async () => {
  assert.deepEqual(await played([go("busy"), go("busy"), go("shut")]), [
    "->idle",
    "idle>busy",
    "busy>busy",
    "busy>shut",
  ]);
});

Deno.test("A postponed message comes again after the next change of state, in its order and before what waits", async () => {
  assert.deepEqual(await played([work(1), work(2), go("shut"), work(3), go("busy"), work(4)]), [
    "->idle",
    "idle>shut",
    "shut>busy",
    "work 1",
    "work 2",
    "work 3",
    "work 4",
  ]);
});

Deno.test("An inserted message is handled before anything that waits", async () => {
  const log = await played([go("busy"), { kind: "split", n: 3 }, work(9)]);
  assert.deepEqual(log.slice(2), ["work 0", "work 1", "work 2", "work 9"]);
});

Deno.test("an inserted message that is postponed comes first after the change of state", async () => {
  const log: string[] = [];
  const system = testSystem();
  const def = stateMachine<string, "a" | "b">({
    type: "m",
    init: (machine) => ({
      initial: "a",
      states: {
        a: {
          receive(message) {
            if (message === "start") machine.insert("later");
            else if (message === "go") machine.go("b");
            else machine.postpone();
          },
        },
        b: { receive: (message) => void log.push(message) },
      },
    }),
  });
  const ref = system.start("m", def, undefined);
  for (const message of ["stashed", "start", "go", "waits"]) ref.tell(message);
  await settle(system);
  assert.deepEqual(log, ["later", "stashed", "waits"]);
  await finish(system);
});

Deno.test("A state timeout ends with the state", async () => {
  assert.deepEqual((await played([go("busy"), work(100), 100])).slice(2), ["work 100", "tick state in busy"]);
  assert.deepEqual((await played([go("busy"), work(100), 10, go("busy"), 100])).slice(2), ["work 100", "busy>busy"]);
});

Deno.test("An event timeout ends with the next message", async () => {
  assert.deepEqual((await played([go("busy"), work(101), 100])).slice(2), ["work 101", "tick event in busy"]);
  assert.deepEqual((await played([go("busy"), work(101), 10, work(1), 100])).slice(2), ["work 101", "work 1"]);
});

Deno.test("A named timeout outlives states and messages until it is cancelled", async () => {
  const log = await played([go("busy"), work(102), 10, go("shut"), 100]);
  assert.deepEqual(log.slice(2), ["work 102", "busy>shut", "tick named in shut"]);
  assert.deepEqual((await played([go("busy"), work(102), 10, work(103), 100])).slice(2), ["work 102", "work 103"]);
});

Deno.test("A state machine that goes to no known state, or from enter, crashes with a sentence", async () => {
  const system = testSystem();
  const bad = stateMachine<"x", "a" | "b">({
    type: "bad",
    init: (machine) => ({
      initial: "a",
      states: {
        a: { receive: () => machine.go("b") },
        b: { enter: () => machine.go("a"), receive: () => {} },
      },
    }),
  });
  const errors: string[] = [];
  system.events.subscribe((event) => event.kind === "crashed" && errors.push(event.reason));
  system.start("bad", bad, undefined).tell("x");
  const lost = stateMachine<"x", "a">({
    type: "lost",
    init: (machine) => ({ initial: "a", states: { a: { receive: () => machine.go("c" as "a") } } }),
  });
  system.start("lost", lost, undefined).tell("x");
  await settle(system);
  assert.match(errors[0], /enter of state "b" may not change the state/);
  assert.match(errors[1], /there is no state "c"/);
  await finish(system);
});

Deno.test("A state machine shows its state", async () => {
  const system = testSystem();
  system.start("m", machine([]), undefined).tell(go("busy"));
  await settle(system);
  assert.deepEqual(system.inspect("/m"), { state: "busy" });
  await finish(system);
});
