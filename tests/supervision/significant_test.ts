import assert from "node:assert/strict";
import type { ActorRef } from "../../runtime/mod.ts";
import { finish, settle } from "../../runtime/testkit/mod.ts";
import { type AutoShutdown, checkSpec, type SupervisorMessage, type SupervisorSpec } from "../../supervision/mod.ts";
import { CRASH, END_NORMAL, type Order, tree } from "./trees.ts";

const transient = { restart: "transient", significant: true } as const;
const temporary = { restart: "temporary", significant: true } as const;

/** The lines after `orders` were given to children of a supervisor with two significant children and one that is not. */
async function after(autoShutdown: AutoShutdown, ...orders: [id: string, Order][]): Promise<string[]> {
  const { system, leaf, start, since, at } = tree();
  start({
    id: "top",
    strategy: "one_for_one",
    intensity: 9,
    autoShutdown,
    children: [leaf("a", transient), leaf("b", temporary), leaf("c", { restart: "transient" })],
  });
  since();
  for (const [id, order] of orders) {
    at(`/top/${id}`).tell(order);
    await settle(system);
  }
  const lines = [...since(), system.find("/top") === undefined ? "ended" : "lives"];
  await finish(system);
  return lines;
}

Deno.test("With any_significant the first significant child that ends takes its supervisor with it", async () => {
  assert.deepEqual(await after("any_significant", ["a", END_NORMAL]), [
    "-a normal",
    "-c shutdown",
    "-b shutdown",
    "ended",
  ]);
  // A temporary child is not restarted after a crash, so that counts too.
  assert.deepEqual(await after("any_significant", ["b", CRASH]), ["-b error", "-c shutdown", "-a shutdown", "ended"]);
  assert.deepEqual(await after("any_significant", ["c", END_NORMAL]), ["-c normal", "lives"]);
});

Deno.test("With all_significant the last significant child that ends takes its supervisor with it", async () => {
  assert.deepEqual(await after("all_significant", ["a", END_NORMAL]), ["-a normal", "lives"]);
  assert.deepEqual(await after("all_significant", ["a", END_NORMAL], ["b", END_NORMAL]), [
    "-a normal",
    "-b normal",
    "-c shutdown",
    "ended",
  ]);
});

Deno.test("A significant child that is restarted ends nothing", async () => {
  assert.deepEqual(await after("any_significant", ["a", CRASH]), ["-a error", "+a", "lives"]);
  assert.deepEqual(await after("all_significant", ["b", END_NORMAL], ["a", CRASH]), [
    "-b normal",
    "-a error",
    "+a",
    "lives",
  ]);
});

Deno.test("a significant child that is to be tried again is still there when the last other one ends", async () => {
  const { system, leaf, start, since, at, failures } = tree();
  start({
    id: "top",
    strategy: "one_for_one",
    intensity: 9,
    autoShutdown: "all_significant",
    children: [leaf("a", transient), leaf("b", transient)],
  });
  since();
  failures.set("a", 1);
  at("/top/a").tell(CRASH);
  at("/top/b").tell(END_NORMAL);
  await settle(system);
  assert.deepEqual(since(), ["-a error", "-b normal", "!a", "+a"]);
  await finish(system);
});

Deno.test("A significant child that was told to end, or ended for a sibling, does not count", async () => {
  const { system, leaf, start, since, at } = tree();
  start({
    id: "top",
    strategy: "one_for_all",
    intensity: 9,
    autoShutdown: "any_significant",
    children: [leaf("a", temporary), leaf("b", transient), leaf("c")],
  });
  const top = system.find("/top") as ActorRef<SupervisorMessage>;
  top.tell({ kind: "TerminateChild", id: "b" });
  await settle(system);
  at("/top/c").tell(CRASH);
  await settle(system);
  assert.deepEqual(since().slice(3), ["-b shutdown", "-c error", "-a shutdown", "+b", "+c"]);
  assert.notEqual(system.find("/top"), undefined);
  await finish(system);
});

Deno.test("An automatic shutdown is a shutdown to the parent and may end it in turn", async () => {
  const nested = (restart: "permanent" | "transient"): SupervisorSpec => ({
    id: "inner",
    strategy: "one_for_one",
    autoShutdown: "any_significant",
    restart,
    significant: restart === "transient",
    children: [tree0.leaf("a", transient)],
  });
  const tree0 = tree();
  const { system, start, since, at, leaf } = tree0;
  const outer = { strategy: "one_for_one", autoShutdown: "any_significant" } as const;
  start({ id: "top", ...outer, children: [nested("permanent"), leaf("z")] });
  since();
  at("/top/inner/a").tell(END_NORMAL);
  await settle(system);
  assert.deepEqual(since(), ["-a normal", "+a"]);
  await system.stop();
  start({ id: "top", ...outer, children: [nested("transient"), leaf("z")] });
  since();
  at("/top/inner/a").tell(END_NORMAL);
  await settle(system);
  assert.deepEqual(since(), ["-a normal", "-z shutdown"]);
  assert.deepEqual(system.actors(), []);
  await finish(system);
});

Deno.test("A significant child may not be permanent, and needs a supervisor that cares", () => {
  const { leaf } = tree();
  const top = (child: ReturnType<typeof leaf>, autoShutdown?: AutoShutdown): SupervisorSpec => ({
    id: "top",
    strategy: "one_for_one",
    ...(autoShutdown === undefined ? {} : { autoShutdown }),
    children: [child],
  });
  assert.match(
    checkSpec(top(leaf("a", { significant: true }), "any_significant"))[0],
    /^top\/a: .* may not be permanent/,
  );
  assert.match(checkSpec(top(leaf("a", transient)))[0], /^top\/a: .* needs a supervisor with autoShutdown/);
  assert.match(checkSpec(top(leaf("a", transient), "never"))[0], /needs a supervisor/);
  assert.deepEqual(checkSpec(top(leaf("a", transient), "all_significant")), []);
});
