import assert from "node:assert/strict";
import { type ActorDef, type ActorSystem, childrenOf, type ExitReason } from "../../runtime/mod.ts";
import { finish, record, settle, testSystem } from "../../runtime/testkit/mod.ts";
import { type RestartType, supervise, worker, type WorkerOptions } from "../../supervision/mod.ts";
import { CRASH, END_NORMAL, tree } from "./trees.ts";

function reportsOf(system: ActorSystem): () => string[] {
  const reports = record(system, "report");
  return () =>
    reports.splice(0).map((one) =>
      one.kind === "report" ? `${one.path} ${one.context} ${one.child.id} ${one.reason}` : ""
    );
}

Deno.test("The end of a permanent child is reported also when it is clean, that of another only when it is not", async () => {
  const ends = async (restart: RestartType, order: typeof CRASH) => {
    const { system, leaf, start, at } = tree();
    start({ id: "top", strategy: "one_for_one", children: [leaf("a", { restart })] });
    const reports = reportsOf(system);
    at("/top/a").tell(order);
    await settle(system);
    const heard = reports();
    await finish(system);
    return heard;
  };
  const crashed = ["/top child-terminated a Error: a crashed"];
  assert.deepEqual(await ends("permanent", END_NORMAL), ["/top child-terminated a normal"]);
  assert.deepEqual(await ends("transient", END_NORMAL), []);
  assert.deepEqual(await ends("temporary", END_NORMAL), []);
  for (const restart of ["permanent", "transient", "temporary"] as const) {
    assert.deepEqual(await ends(restart, CRASH), crashed);
  }
});

Deno.test("A child that ends otherwise than it was told to is reported", async () => {
  const stop = async (exit: ExitReason | null, options: WorkerOptions) => {
    const system = testSystem();
    const own: ActorDef<never> = {
      type: "own",
      init(context) {
        if (exit !== null) childrenOf(context).onStop(() => context.stop(exit));
        return {};
      },
    };
    supervise(system, "top", { id: "top", strategy: "one_for_one", children: [worker("a", own, undefined, options)] });
    const reports = reportsOf(system);
    await system.stop();
    const heard = reports();
    await finish(system);
    return heard;
  };
  const failed = { kind: "error", error: new Error("could not flush") } as const;
  assert.deepEqual(await stop(null, {}), []);
  assert.deepEqual(await stop(failed, {}), ["/top shutdown-error a Error: could not flush"]);
  assert.deepEqual(await stop({ kind: "normal" }, {}), ["/top shutdown-error a normal"]);
  assert.deepEqual(await stop({ kind: "normal" }, { restart: "transient" }), []);
  assert.deepEqual(await stop(null, { shutdown: "brutal_kill" }), []);
});

Deno.test("Every report carries the specification of the child with its defaults", async () => {
  const { system, leaf, start, at, failures } = tree();
  const reports = record(system, "report");
  const backoff = { initialMs: 0, maxMs: 0, factor: 1, jitter: 0, resetAfterMs: 0 };
  start({
    id: "top",
    strategy: "one_for_one",
    intensity: 1,
    onGiveUp: "isolate",
    children: [leaf("a", { backoff, tags: ["feed"] })],
  });
  failures.set("a", 1);
  at("/top/a").tell(CRASH);
  await settle(system);
  const expected = {
    id: "a",
    kind: "worker",
    restart: "permanent",
    significant: false,
    shutdown: 5000,
    budget: undefined,
    tags: ["feed"],
    actor: "leaf",
    backoff,
    mailboxOnRestart: "keep",
  };
  assert.deepEqual(reports.map((one) => one.kind === "report" && [one.context, one.child]), [
    ["child-terminated", expected],
    ["start-error", expected],
    ["intensity-reached", expected],
  ]);
  await finish(system);
});
