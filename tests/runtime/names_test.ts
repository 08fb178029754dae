import assert from "node:assert/strict";
import { type ActorRef, serviceKey, type Signal } from "../../runtime/mod.ts";
import { finish, probe, settle, testSystem } from "../../runtime/testkit/mod.ts";
import { supervise, worker } from "../../supervision/mod.ts";
import { actor } from "./actors.ts";

const ROLE = serviceKey<string>("role");

const holder = actor<string>((context) => {
  context.register(ROLE);
  return { receive() {} };
});

Deno.test("A name is kept across restarts and free once its holder stopped for good", async () => {
  const system = testSystem();
  supervise(system, "top", {
    id: "top",
    strategy: "one_for_one",
    children: [worker("a", holder, undefined)],
  });
  const ref = system.registry.get(ROLE);
  assert.equal(ref.path, "/top/a");
  system.crash(ref, new Error("x"));
  await settle(system);
  assert.equal(system.registry.get(ROLE), ref);
  await system.stop();
  assert.equal(system.registry.find(ROLE), undefined);
  const next = system.start("next", holder, undefined);
  assert.equal(system.registry.get(ROLE), next);
  await finish(system);
});

Deno.test("Taking a name that another actor holds throws", async () => {
  const system = testSystem();
  const first = system.start("first", holder, undefined);
  assert.throws(
    () => system.start("second", holder, undefined),
    /\/second cannot take the name "role": \/first holds it/,
  );
  assert.equal(system.registry.get(ROLE), first);
  await finish(system);
});

Deno.test("A missing name is reported by its name", async () => {
  const system = testSystem();
  assert.throws(() => system.registry.get(ROLE), /Nobody holds the name "role"/);
  await finish(system);
});

Deno.test("A monitor delivers exactly one down when its target ends for good, not when it restarts", async () => {
  const system = testSystem();
  const watcher = probe(system, "watcher");
  supervise(system, "top", {
    id: "top",
    strategy: "one_for_one",
    intensity: 3,
    children: [worker("a", actor(() => ({})), undefined, { restart: "transient" })],
  });
  const ref = system.find("/top/a")!;
  const monitor = watcher.watch(ref);
  const second = watcher.watch(ref);
  system.kill(ref);
  await settle(system);
  assert.deepEqual(watcher.signals, []);
  await system.stop(ref);
  await settle(system);
  const reason = { kind: "shutdown" };
  const down = { kind: "down", path: "/top/a", reason };
  assert.deepEqual(watcher.signals, [{ ...down, monitor }, { ...down, monitor: second }]);
  await finish(system);
  assert.equal(watcher.signals.length, 2);
});

Deno.test("A monitor on an actor that is gone delivers noproc at once", async () => {
  const system = testSystem();
  const watcher = probe(system, "watcher");
  const ref = system.start("a", actor(() => ({})), undefined);
  await system.stop(ref);
  const monitor = watcher.watch(ref);
  await settle(system);
  assert.deepEqual(watcher.signals, [{ kind: "down", monitor, path: "/a", reason: { kind: "noproc" } }]);
  await finish(system);
});

Deno.test("No down follows demonitor", async () => {
  const system = testSystem();
  const watcher = probe(system, "watcher");
  const early = system.start("early", actor(() => ({})), undefined);
  const gone = system.start("gone", actor(() => ({})), undefined);
  await system.stop(gone);
  watcher.unwatch(watcher.watch(early));
  // This one's noproc is already on its way.
  watcher.unwatch(watcher.watch(gone));
  await system.stop(early);
  await settle(system);
  assert.deepEqual(watcher.signals, []);
  await finish(system);
});

Deno.test("Names are free before a down is delivered", async () => {
  const system = testSystem();
  const found: (ActorRef<string> | undefined)[] = [];
  const ref = system.start("a", holder, undefined);
  system.start(
    "watcher",
    actor<string>((context) => {
      context.monitor(ref);
      return { signal: (_signal: Signal) => void found.push(context.registry.find(ROLE)) };
    }),
    undefined,
  );
  await system.stop(ref);
  await settle(system);
  assert.deepEqual(found, [undefined]);
  await finish(system);
});

Deno.test("an actor is found by its whole path and by nothing else", async () => {
  const system = testSystem();
  const def = actor<string>(() => ({ receive() {} }));
  supervise(system, "top", { id: "top", strategy: "one_for_one", children: [worker("a", def, undefined)] });
  assert.equal(system.find("/top/a")?.path, "/top/a");
  for (const path of ["", "/", "top", "top/a", "x/top", "/a", "/top/", "/top/a/b", "//top", "/top/b"]) {
    assert.equal(system.find(path), undefined, path);
  }
  await system.stop(system.find("/top"));
  assert.deepEqual([system.find("/top"), system.find("/top/a"), system.actors()], [undefined, undefined, []]);
  await finish(system);
});
