/** The state of actors that have more than a variable: machines, and those that are the sum of their events. */
import assert from "node:assert/strict";
import { type ActorRef, stateMachine, type SystemEvent } from "../../runtime/mod.ts";
import { type EventJournal, eventSourced, MemoryJournal, type StoredEvent } from "../../runtime/persistence/mod.ts";
import { supervise, worker } from "../../supervision/mod.ts";
import { finish, pass, record, settle, testSystem } from "../../runtime/testkit/mod.ts";
import { add, type Added, type Command, played, type Sum, sums } from "./sums.ts";

const authorised = () => testSystem({ patienceMs: 1000, mayReplaceState: (_path, by) => by === "ops" });

type DoorMessage = "push" | "relock" | "break";

/** A door that relocks by itself; a push of a locked door is postponed. */
const door = (trace: string[], dataToo: boolean) =>
  stateMachine<DoorMessage, "locked" | "open" | "jammed">({
    type: "door",
    init(machine) {
      let pushes = 0;
      return {
        initial: "locked",
        states: {
          locked: {
            enter: (from) => void trace.push(`locked from ${from}`),
            receive: (message) => message === "push" && machine.postpone(),
          },
          open: {
            enter(from) {
              trace.push(`open from ${from}`);
              machine.stateTimeout(1000, "relock");
            },
            receive(message) {
              if (message === "push") trace.push(`push ${++pushes}`);
              else machine.go("locked");
            },
          },
          jammed: {
            enter() {
              throw new Error("it does not move");
            },
            receive() {},
          },
        },
        inspect: () => ({ pushes }),
        ...(dataToo
          ? {
            replace(data: Readonly<Record<string, unknown>>) {
              if (typeof data.pushes !== "number") throw new TypeError("pushes is a number");
              pushes = data.pushes;
            },
          }
          : {}),
      };
    },
  });

Deno.test("A state machine enters the state it is given, and what was postponed comes again", async () => {
  const system = authorised();
  const events = record(system, "state-replaced");
  const trace: string[] = [];
  const ref = system.start("door", door(trace, true), undefined);
  ref.tell("push");
  await settle(system);
  assert.equal(system.debug.replaceState("/door", { state: "open", pushes: 40 }, "ops"), "now");
  await settle(system);
  assert.deepEqual(trace.splice(0), ["locked from null", "open from locked", "push 41"]);
  await pass(system, 1000);
  assert.deepEqual(trace.splice(0), ["locked from open"], "what enter sets up is there");
  system.debug.suspend("/door", "ops");
  system.debug.replaceState("/door", { state: "open" }, "ops");
  ref.tell("push");
  await settle(system);
  assert.deepEqual(trace.splice(0), ["open from locked"]);
  assert.deepEqual(system.debug.state("/door"), { state: "open", pushes: 41 });
  system.debug.resume("/door", "ops");
  await settle(system);
  assert.deepEqual(trace, ["push 42"]);
  assert.deepEqual(events.map((event) => "after" in event && [event.by, event.before, event.after]), [
    ["ops", { state: "locked", pushes: 0 }, { state: "open", pushes: 40 }],
    ["ops", { state: "locked", pushes: 41 }, { state: "open", pushes: 41 }],
  ]);
  await finish(system);
});

Deno.test("A state machine is given no state that it does not have, and no data that it has no place for", async () => {
  const system = authorised();
  const events = record(system, "state-replaced");
  system.start("door", door([], true), undefined);
  system.start("plain", door([], false), undefined);
  const refused = (path: string, state: unknown, why: RegExp) =>
    assert.throws(() => system.debug.replaceState(path, state, "ops"), why);
  for (const state of ["open", null, undefined, { state: "ajar" }, { state: "toString" }]) {
    refused("/door", state, /is \{ state: "locked" \| "open" \| "jammed" \}/);
  }
  refused("/door", { state: "open", pushes: "many" }, /pushes is a number/);
  refused("/plain", { state: "open", pushes: 1 }, /no replace for the data/);
  assert.deepEqual(system.debug.state("/door"), { state: "locked", pushes: 0 });
  await settle(system);
  assert.deepEqual(events, []);
  // One that it has and cannot enter is the end of this life.
  refused("/door", { state: "jammed" }, /does not move/);
  await settle(system);
  assert.equal(system.debug.crashes()[0].reason, "Error: it does not move");
  await finish(system);
});

/** Answers when it is told to. */
class HeldJournal extends MemoryJournal {
  release: (() => void) | null = null;
  fails = false;

  override append(id: string, epoch: number, events: readonly StoredEvent[]): void {
    return new Promise<void>((resolve, reject) => {
      this.release = () => {
        if (this.fails) return reject(new Error("the disk is full"));
        super.append(id, epoch, events);
        resolve();
      };
    }) as unknown as void;
  }
}

const corrected = sums({
  correct({ total }: Sum, wanted: unknown): Added[] {
    const aim = (wanted as { readonly total?: unknown } | null)?.total;
    if (typeof aim !== "number") throw new TypeError("the state of a sum is { total: number }");
    return aim === total ? [] : [{ n: aim - total }];
  },
});

function adding(journal: EventJournal, def = corrected) {
  const system = authorised();
  const events = record(system, "state-replaced", "state-not-replaced");
  const children = [worker("sum", eventSourced(def), { id: "s", journal })];
  supervise(system, "top", { id: "top", strategy: "one_for_one", intensity: 9, children });
  const ref = system.find("/top/sum") as ActorRef<Command>;
  const total = () => (system.inspect("/top/sum") as { readonly state: Sum }).state.total;
  return { system, ref, total, events };
}

const told = (events: readonly SystemEvent[]) =>
  events.map((event) =>
    "after" in event ? (event.after as { readonly state: Sum }).state.total : "reason" in event && event.reason
  );

Deno.test("The state of an event-sourced actor is replaced by events that are kept, and by nothing else", async () => {
  const journal = new MemoryJournal();
  const { system, ref, total, events } = adding(journal);
  ref.tell(add(1));
  await settle(system);
  assert.equal(system.debug.replaceState("/top/sum", { total: 40 }, "ops"), "now");
  ref.tell(add(2));
  await settle(system);
  assert.equal(total(), 42);
  assert.deepEqual(journal.read("s", 1).map(({ payload }) => payload), [{ n: 1 }, { n: 39 }, { n: 2 }]);
  assert.throws(() => system.debug.replaceState("/top/sum", 7, "ops"), /state of a sum is/);
  assert.throws(() => system.debug.replaceState("/top/sum", { total: 0 }, "guest"), /guest may not replace/);
  await settle(system);
  assert.deepEqual(told(events), [40]);
  await finish(system);
  assert.deepEqual(await played(journal, []), { total: 42, count: 3 }, "it is there after a recovery");

  const without = adding(new MemoryJournal(), sums());
  assert.throws(
    () => without.system.debug.replaceState("/top/sum", { total: 1 }, "ops"),
    /The state of "s" is the sum of its events: give sum a correct/,
  );
  assert.equal(without.total(), 0);
  await finish(without.system);
});

Deno.test("A replacement that takes time keeps the actor from its messages until it is done, and is a crash when it fails", async () => {
  const journal = new HeldJournal();
  const { system, ref, total, events } = adding(journal);
  const during = async (wanted: number, act: () => void) => {
    assert.equal(system.debug.replaceState("/top/sum", { total: wanted }, "ops"), "later");
    ref.tell(add(2));
    const running = system.run({ until: 0 });
    await new Promise((resolve) => setTimeout(resolve, 5));
    system.inject(act);
    // The command that waits asks the journal in its turn.
    while (journal.release === null) await new Promise((resolve) => setTimeout(resolve, 1));
    const release = setInterval(() => journal.release?.(), 1);
    await running;
    clearInterval(release);
  };
  const answer = () => {
    const { release } = journal;
    journal.release = null;
    release!();
  };
  await during(40, () => {
    assert.deepEqual([total(), journal.read("s", 1).length], [0, 0]);
    answer();
  });
  assert.equal(total(), 42);
  assert.deepEqual(journal.read("s", 1).map(({ payload }) => payload), [{ n: 40 }, { n: 2 }]);
  journal.fails = true;
  await during(7, () => {
    answer();
    journal.fails = false;
  });
  assert.equal(system.debug.crashes()[0].reason, "Error: the disk is full");
  assert.equal(total(), 44, "nothing of it is kept, and the command that waited is handled by the next life");
  await during(9, () => {
    system.kill(ref);
    answer();
  });
  assert.equal(total(), 11, "the journal had it by then, and knows");
  assert.deepEqual(told(events).slice(0, 2), [40, "Error: the disk is full"]);
  assert.equal(told(events)[2], "the actor ended before it was done");
  await finish(system);
});

Deno.test("a busy actor whose replacement takes time is busy with that too", async () => {
  const journal = new HeldJournal();
  const { system, ref, total, events } = adding(journal);
  const asked: number[] = [];
  const step = async () => {
    while (journal.release === null) await new Promise((resolve) => setTimeout(resolve, 1));
    const { release } = journal;
    journal.release = null;
    asked.push(journal.read("s", 1).length);
    release!();
  };
  ref.tell(add(1));
  ref.tell(add(2));
  const running = system.run({ until: 0 });
  while (journal.release === null) await new Promise((resolve) => setTimeout(resolve, 1));
  let answered = "";
  system.inject(() => void (answered = system.debug.replaceState("/top/sum", { total: 40 }, "ops")));
  while (answered === "") await new Promise((resolve) => setTimeout(resolve, 1));
  assert.equal(answered, "later");
  for (let i = 0; i < 3; i++) await step();
  await running;
  assert.deepEqual([total(), asked], [42, [0, 1, 2]], "one after the other");
  assert.deepEqual(journal.read("s", 1).map(({ payload }) => payload), [{ n: 1 }, { n: 39 }, { n: 2 }]);
  assert.deepEqual(told(events), [40]);
  await finish(system);
});
