import assert from "node:assert/strict";
import { type ActorDef, type ActorRef, childrenOf, IGNORE } from "../../runtime/mod.ts";
import { finish, pass, probe, record, settle, testSystem } from "../../runtime/testkit/mod.ts";
import {
  checkSpec,
  type ChildReport,
  type ChildView,
  type DynamicSupervisorSpec,
  supervise,
  type SupervisorMessage,
  type SupervisorReply,
  type SupervisorView,
  worker,
  type WorkerOptions,
} from "../../supervision/mod.ts";

interface SessionArgs {
  readonly venue: string;
  readonly account: string;
  readonly stubborn?: boolean;
}

type Order = "crash" | "end";

/** A dynamic supervisor whose children write down what they do. */
function sessions(options: WorkerOptions = {}, more: Partial<DynamicSupervisorSpec> = {}) {
  const system = testSystem();
  const trace: string[] = [];
  const broken = new Set<string>();
  const session: ActorDef<Order, SessionArgs> = {
    type: "session",
    init(context, { venue, account, stubborn }) {
      if (broken.has(account)) throw new Error("no line");
      if (account === "nobody") return IGNORE;
      trace.push(`+${account}@${venue}`);
      if (stubborn) childrenOf(context).onStop(() => {});
      return {
        receive(order) {
          if (order === "crash") throw new Error("line lost");
          context.stop();
        },
        stopped: ({ kind }) => void trace.push(`-${account} ${kind}`),
      };
    },
  };
  const template = worker("session", session, { venue: "XPAR", account: "" }, options);
  const spec: DynamicSupervisorSpec = { id: "top", strategy: "dynamic", intensity: 9, ...more, template };
  const top = supervise(system, "top", spec);
  const replies = probe<SupervisorReply>(system, "replies");
  const tell = async (message: SupervisorMessage) => {
    top.tell({ ...message, replyTo: replies.ref } as SupervisorMessage);
    await settle(system);
    return replies.messages.splice(0)[0];
  };
  const open = async (args: unknown) => {
    const reply = await tell({ kind: "StartDynamic", args });
    assert.ok(reply.ok, reply.ok ? "" : reply.error);
    return reply.child as ActorRef<Order>;
  };
  const view = () => system.inspect("/top") as SupervisorView;
  return { system, top, trace, broken, tell, open, view, spec };
}

Deno.test("A dynamic supervisor starts children of its template with arguments of their own", async () => {
  const { system, trace, open, tell, view, broken } = sessions();
  const first = await open({ account: "a" });
  const second = await open({ account: "b", venue: "XETR" });
  assert.notEqual(first, second);
  assert.deepEqual(trace, ["+a@XPAR", "+b@XETR"]);
  assert.deepEqual(view().counts, { specs: 1, active: 2, supervisors: 0, workers: 2 });
  broken.add("c");
  const failed = await tell({ kind: "StartDynamic", args: { account: "c" } });
  assert.deepEqual({ ...failed }, { ok: false, code: "start-failed", error: '"session-3" did not start: no line' });
  assert.deepEqual(await tell({ kind: "StartDynamic", args: { account: "nobody" } }), { ok: true, child: null });
  assert.equal(view().counts.workers, 2);
  await finish(system);
});

Deno.test("A dynamic child is known by its ref, and leaves nothing when it is terminated", async () => {
  const { system, trace, open, tell, view } = sessions();
  const first = await open({ account: "a" });
  const second = await open({ account: "b" });
  trace.length = 0;
  assert.deepEqual(await tell({ kind: "TerminateChild", id: first }), { ok: true });
  assert.deepEqual(trace, ["-a shutdown"]);
  assert.deepEqual(view().children.map(({ id }) => id), ["session-2"]);
  const again = await tell({ kind: "TerminateChild", id: first });
  assert.equal(!again.ok && again.code, "not-found");
  for (const kind of ["RestartChild", "DeleteChild"] as const) {
    const reply = await tell({ kind, id: second });
    assert.equal(!reply.ok && reply.code, "wrong-kind");
  }
  const added = await tell({ kind: "StartChild", spec: worker("x", { type: "x", init: () => ({}) }, undefined) });
  assert.equal(!added.ok && added.code, "wrong-kind");
  await finish(system);
});

Deno.test("A dynamic child is restarted with its own arguments and keeps its ref", async () => {
  const { system, trace, open, view } = sessions();
  await open({ account: "a" });
  const ref = await open({ account: "b", venue: "XETR" });
  trace.length = 0;
  ref.tell("crash");
  await settle(system);
  assert.deepEqual(trace, ["-b error", "+b@XETR"]);
  ref.tell("end");
  await settle(system);
  assert.deepEqual(trace.slice(2), ["-b normal", "+b@XETR"]);
  assert.equal(view().restartsInPeriod, 2);
  await finish(system);
});

Deno.test("A failed start of a dynamic child is tried again and spends from the budget", async () => {
  const { system, open, broken, view } = sessions({}, { intensity: 3 });
  await open({ account: "a" });
  const ref = await open({ account: "b" });
  const gaveUp = record(system, "gave-up");
  broken.add("b");
  ref.tell("crash");
  await settle(system);
  assert.equal(gaveUp.length, 1);
  assert.equal(view(), undefined);
  assert.deepEqual(system.actors().map(({ path }) => path), ["/replies"]);
  await finish(system);
});

Deno.test("A dynamic supervisor stops all its children at once, in one time for all, and reports equal faults as one", async () => {
  const { system, trace, open } = sessions({ shutdown: 300 });
  for (const account of ["a", "b", "c", "d"]) await open({ account, stubborn: account < "d" });
  const reports = record(system, "report");
  trace.length = 0;
  const begun = system.clock.now();
  await system.stop();
  assert.deepEqual(trace.toSorted(), ["-a killed", "-b killed", "-c killed", "-d shutdown"]);
  assert.equal(system.clock.now() - begun, 300_000);
  assert.equal(reports.length, 1);
  const [report] = reports;
  assert.ok(report.kind === "report");
  assert.deepEqual([report.context, report.reason, report.child.id, report.child.children], [
    "shutdown-error",
    "killed",
    "session",
    3,
  ]);
  await finish(system);
});

Deno.test("a dynamic child that is found dead when its supervisor gives up for another is reported", async () => {
  const { system, open } = sessions({}, { intensity: 0 });
  const refs = [await open({ account: "a" }), await open({ account: "b" })];
  const reports = record(system, "report");
  for (const ref of refs) ref.tell("crash");
  await settle(system);
  assert.deepEqual(reports.map((one) => one.kind === "report" && `${one.context} ${one.reason}`), [
    "child-terminated Error: line lost",
    'intensity-reached "session-1" needed more than 0 restarts in 5000 ms',
    "shutdown-error Error: line lost",
  ]);
  await finish(system);
});

Deno.test("a dynamic child that ended while its supervisor waited for another is reported when all stop", async () => {
  const { system, top, open } = sessions({ shutdown: 300 });
  const stubborn = await open({ account: "a", stubborn: true });
  const ref = await open({ account: "b" });
  const reports = record(system, "report");
  top.tell({ kind: "TerminateChild", id: stubborn });
  ref.tell("crash");
  await pass(system, 100_000);
  await system.stop();
  assert.deepEqual(reports.map((one) => one.kind === "report" && `${one.context} ${one.reason}`).toSorted(), [
    "shutdown-error Error: line lost",
    "shutdown-error killed",
  ]);
  assert.equal(system.clock.now(), 300_000);
  await finish(system);
});

Deno.test("With isolate a dynamic supervisor that gives up keeps no children, and may be told to start new ones", async () => {
  const { system, trace, open, view } = sessions({}, { intensity: 0, onGiveUp: "isolate" });
  await open({ account: "a" });
  const ref = await open({ account: "b" });
  trace.length = 0;
  ref.tell("crash");
  await settle(system);
  assert.deepEqual(trace, ["-b error", "-a shutdown"]);
  assert.deepEqual([view().gaveUp, view().counts.workers], [true, 0]);
  await open({ account: "c" });
  assert.equal(view().gaveUp, false);
  await finish(system);
});

Deno.test("With all_significant a dynamic supervisor ends with its last child", async () => {
  const options = { restart: "temporary", significant: true } as const;
  const { system, top, open } = sessions(options, { autoShutdown: "all_significant" });
  const refs = [await open({ account: "a" }), await open({ account: "b" })];
  refs[0].tell("end");
  await settle(system);
  assert.notEqual(system.find("/top"), undefined);
  refs[1].tell("crash");
  await settle(system);
  assert.equal(system.find("/top"), undefined);
  assert.equal(top.tell({ kind: "StartDynamic" }), "dead");
  await finish(system);
});

Deno.test("A back-off delays one dynamic child and no other", async () => {
  const backoff = { initialMs: 100, maxMs: 100, factor: 1, jitter: 0, resetAfterMs: 1e6 };
  const { system, trace, open, tell } = sessions({ backoff });
  const [a, b] = [await open({ account: "a" }), await open({ account: "b" })];
  trace.length = 0;
  a.tell("crash");
  await pass(system, 50_000);
  await open({ account: "c" });
  // Terminated in its delay it does not come back.
  b.tell("crash");
  await settle(system);
  assert.deepEqual(await tell({ kind: "TerminateChild", id: b }), { ok: true });
  await pass(system, 1_000_000);
  assert.deepEqual(trace, ["-a error", "+c@XPAR", "-b error", "+a@XPAR"]);
  await finish(system);
});

Deno.test("a dynamic supervisor lists its children and shows its template", async () => {
  const { system, top, open, spec } = sessions();
  await open({ account: "a" });
  const lists = probe<unknown>(system, "lists");
  const replyTo = lists.ref;
  top.tell({ kind: "WhichChildren", replyTo });
  top.tell({ kind: "CountChildren", replyTo });
  top.tell({ kind: "GetChildSpec", id: "session", replyTo });
  await settle(system);
  assert.deepEqual((lists.messages[0] as ChildView[]).map(({ id, state }) => `${id} ${state}`), ["session-1 running"]);
  assert.deepEqual(lists.messages[1], { specs: 1, active: 1, supervisors: 0, workers: 1 });
  assert.deepEqual(lists.messages[2], { ok: true, spec: spec.template });
  await finish(system);
});

Deno.test("a template must be a worker without quarantine", () => {
  const { spec } = sessions();
  const inner = { id: "x", strategy: "one_for_one", children: [] } as never;
  assert.match(checkSpec({ ...spec, template: inner })[0], /^top: template must be a worker/);
  const budget = { intensity: 1, periodMs: 1, onSpent: "quarantine" } as const;
  assert.match(checkSpec({ ...spec, template: { ...spec.template, budget } })[0], /quarantine/);
});

Deno.test("A dynamic child that does not start the first time is told of with its specification as well", async () => {
  const { system, broken, tell, open } = sessions();
  broken.add("a2");
  await open({ account: "a1" });
  await tell({ kind: "StartDynamic", args: { account: "a2" } });
  const [crash] = system.debug.crashes();
  assert.equal(crash.path, "/top/session-2");
  const { supervisor, child, budget } = crash.supervision as ChildReport;
  assert.deepEqual([supervisor, child.id, child.failures, budget.left], ["/top", "session", 0, 9]);
  await finish(system);
});
