import assert from "node:assert/strict";
import { type ActorDef, type ActorRef, type ServiceKey, serviceKey, type Signal } from "../../runtime/mod.ts";
import { supervise, worker } from "../../supervision/mod.ts";
import { finish, settle, testSystem } from "../../runtime/testkit/mod.ts";

const WORKERS: ServiceKey<string> = serviceKey("workers");

const member: ActorDef<string> = {
  type: "member",
  init(context) {
    context.join(WORKERS);
    context.join(WORKERS);
    return {
      receive(message) {
        if (message === "leave") context.leave(WORKERS);
        if (message === "crash") throw new Error("on request");
        if (message === "stop") context.stop();
      },
    };
  },
};

function watcher(listings: string[][]): ActorDef<string> {
  return {
    type: "watcher",
    init(context) {
      listings.push(context.subscribe(WORKERS).map(({ path }) => path));
      return {
        receive: (message) => message === "crash" ? Promise.reject(new Error("on request")) : undefined,
        signal: (signal: Signal) =>
          void (signal.kind === "listing" && listings.push(signal.members.map(({ path }) => path))),
      };
    },
  };
}

Deno.test("A subscriber gets the members of a group and every change after them, none missed", async () => {
  const system = testSystem();
  const listings: string[][] = [];
  const a = system.start("a", member, undefined);
  system.start("watcher", watcher(listings), undefined);
  const b = system.start("b", member, undefined);
  await settle(system);
  a.tell("leave");
  b.tell("stop");
  await settle(system);
  assert.deepEqual(listings, [["/a"], ["/a", "/b"], ["/b"], []]);
  assert.deepEqual(system.registry.members(WORKERS), []);
  await finish(system);
});

Deno.test("A member stays in its groups across restarts and leaves when it stops for good", async () => {
  const system = testSystem();
  supervise(system, "top", { id: "top", strategy: "one_for_one", children: [worker("m", member, undefined)] });
  const ref = system.find("/top/m") as ActorRef<string>;
  ref.tell("crash");
  await settle(system);
  assert.deepEqual(system.registry.members(WORKERS), [ref]);
  await system.stop();
  assert.deepEqual(system.registry.members(WORKERS), []);
  await finish(system);
});

Deno.test("A subscription ends with its incarnation", async () => {
  const system = testSystem();
  const listings: string[][] = [];
  supervise(system, "top", {
    id: "top",
    strategy: "one_for_one",
    children: [worker("w", watcher(listings), undefined)],
  });
  (system.find("/top/w") as ActorRef<string>).tell("crash");
  await settle(system);
  system.start("a", member, undefined);
  await settle(system);
  assert.deepEqual(listings, [[], [], ["/a"]], "the second incarnation subscribed anew and hears once");
  await finish(system);
});

Deno.test("A subscriber of a name hears when its holder changes", async () => {
  const system = testSystem();
  const heard: (string | undefined)[] = [];
  const key: ServiceKey<string> = serviceKey("role");
  const holder: ActorDef<string> = {
    type: "holder",
    init(context) {
      context.register(key);
      return { receive: () => context.stop() };
    },
  };
  system.start("w", {
    type: "w",
    init(context) {
      heard.push(context.subscribe(key)[0]?.path);
      return { signal: (signal: Signal) => void (signal.kind === "listing" && heard.push(signal.members[0]?.path)) };
    },
  }, undefined);
  const a = system.start("a", holder, undefined);
  await settle(system);
  a.tell("stop");
  await settle(system);
  system.start("b", holder, undefined);
  await settle(system);
  assert.deepEqual(heard, [undefined, "/a", undefined, "/b"]);
  await finish(system);
});
