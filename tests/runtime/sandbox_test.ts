/** Behaviours in processes of their own: what they can do, and what they cannot. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { ActorRef, ActorSystem } from "../../runtime/mod.ts";
import {
  prepareImage,
  type SandboxArgs,
  sandboxed,
  type SandboxImage,
  type SandboxLimits,
} from "../../runtime/sandbox/mod.ts";
import { supervise, worker } from "../../supervision/mod.ts";
import { finish, probe, settle, testSystem } from "../../runtime/testkit/mod.ts";

const guest = (name: string): string => fileURLToPath(new URL(`sandbox/guests/${name}.ts`, import.meta.url));
const anything = { safeParse: (value: unknown) => ({ success: true as const, data: value as never }) };
const def = sandboxed<unknown>({ type: "guest" });

interface Rig {
  readonly system: ActorSystem;
  readonly ref: ActorRef<unknown>;
  readonly out: unknown[];
  readonly reasons: string[];
}

function rig(image: SandboxImage, limits: Partial<SandboxLimits> = {}, intensity = 0): Rig {
  const system = testSystem({ patienceMs: 20_000 });
  const reasons: string[] = [];
  system.events.subscribe((event) => {
    if (event.kind === "crashed" && event.path === "/top/guest") reasons.push(event.reason);
  });
  const seen = probe<unknown>(system, "out");
  const args: SandboxArgs = {
    image,
    args: { greeting: "hello" },
    ports: { out: { to: seen.ref as ActorRef<never>, schema: anything } },
    limits,
  };
  supervise(system, "top", {
    id: "top",
    strategy: "one_for_one",
    intensity,
    onGiveUp: "isolate",
    children: [worker("guest", def, args)],
  });
  return { system, ref: system.find("/top/guest") as ActorRef<unknown>, out: seen.messages, reasons };
}

Deno.test("A sandboxed actor gets messages, sends to its ports, sets timers, shows its state and stops", async () => {
  await using image = await prepareImage({ module: guest("echo") });
  const runs: unknown[] = [];
  for (let run = 0; run < 2; run++) {
    const { system, ref, out } = rig(image);
    ref.tell({ kind: "Echo", text: "a" });
    ref.tell({ kind: "Later" });
    await system.run({ until: 2000 });
    assert.deepEqual(out.slice(0, 1), [{ text: "hello a", time: 0 }]);
    assert.deepEqual((out[1] as { time: number }).time, 1000);
    assert.deepEqual((system.inspect("/top/guest") as { state: unknown }).state, { handled: 3 });
    ref.tell({ kind: "Stop" });
    await settle(system);
    runs.push(structuredClone(out));
    await finish(system);
  }
  assert.deepEqual(runs[0], runs[1], "the same seed, the same draws");
});

Deno.test("A sandboxed actor that throws crashes with its own error and is restarted in a new process", async () => {
  await using image = await prepareImage({ module: guest("echo") });
  const { system, ref, out, reasons } = rig(image, {}, 3);
  ref.tell({ kind: "Throw" });
  await settle(system);
  ref.tell({ kind: "Echo", text: "again" });
  await settle(system);
  assert.equal(reasons[0], "TypeError: the guest is unwell");
  assert.deepEqual(out, [{ text: "hello again", time: 0 }]);
  ref.tell({ kind: "Wrong" });
  await settle(system);
  assert.match(reasons[1], /sends to "nowhere", which is not open to it/);
  await finish(system);
});

Deno.test("What a sandbox sends has to pass its port's schema", async () => {
  await using image = await prepareImage({ module: guest("echo") });
  const system = testSystem({ patienceMs: 20_000 });
  const seen = probe<never>(system, "out");
  const schema = { safeParse: () => ({ success: false as const, error: "not a number" }) };
  system.start("guest", def, { image, args: { greeting: "" }, ports: { out: { to: seen.ref, schema } } })
    .tell({ kind: "Echo", text: "x" });
  await settle(system);
  assert.match(
    system.debug.crashes()[0].reason,
    /what the sandbox sends to "out" is not what goes there: not a number/,
  );
  assert.deepEqual(seen.messages, []);
  await finish(system);
});

const DENIED = ["run", "read", "write", "env", "net", "ffi", "signal"];

Deno.test("A sandbox can neither run, read, write, see the environment, listen, load libraries nor signal", async () => {
  await using image = await prepareImage({ module: guest("hostile") });
  const { system, ref, out } = rig(image);
  for (const attempt of DENIED) ref.tell({ attempt });
  await settle(system);
  const got = out.map((one) => (one as { got: string }).got);
  for (const [i, attempt] of DENIED.entries()) assert.match(got[i], /^NotCapable$/, `${attempt}: ${got[i]}`);
  await finish(system);
});

const ENDED: readonly (readonly [attempt: string, reason: RegExp])[] = [
  ["exit", /the sandbox exited with code 0/],
  ["loop", /did not answer within 250 ms/],
  ["heap", /was ended by SIG|took \d+ MiB|did not answer/],
  ["buffers", /took \d+ MiB of memory|was ended by SIG|did not answer/],
  ["threads", /started \d+ threads|was ended by SIG|took \d+ MiB|did not answer/],
  ["forge", /sent (more than one answer|a frame that is no answer)/],
  ["impersonate", /sent (an answer to another question|more than one answer)/],
  ["garbage", /sent a frame that is not JSON|more than one answer/],
  ["huge", /sent a frame of \d+ bytes/],
  ["flood", /sent (a frame|more than)/],
  ["effects", /sent 10000 effects at once/],
];

for (const [attempt, reason] of ENDED) {
  Deno.test(`A sandbox that tries "${attempt}" is ended, and nothing else is harmed`, async () => {
    await using image = await prepareImage({ module: guest("hostile") });
    const { system, ref, reasons } = rig(image);
    const begun = performance.now();
    ref.tell({ attempt });
    await settle(system);
    // What was said out of turn is found at the next question.
    if (attempt === "impersonate") ref.tell({ attempt });
    await settle(system);
    assert.equal(reasons.length, 1, JSON.stringify(reasons));
    assert.match(reasons[0], reason);
    assert.ok(performance.now() - begun < 10_000);
    await finish(system);
  });
}

Deno.test("Killing a sandboxed actor ends its process", async () => {
  await using image = await prepareImage({ module: guest("echo") });
  const { system, ref } = rig(image);
  await settle(system);
  const { pid } = system.inspect("/top/guest") as { readonly pid: number };
  assert.ok(Deno.statSync(`/proc/${pid}`).isDirectory);
  system.kill(ref);
  await settle(system);
  for (let i = 0; i < 100 && existsProcess(pid); i++) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(!existsProcess(pid), "it is still there after half a second");
  await finish(system);
});

function existsProcess(pid: number): boolean {
  try {
    return Deno.statSync(`/proc/${pid}`).isDirectory;
  } catch {
    return false;
  }
}

Deno.test("A sandbox loads nothing from outside its folder, from packages or that is missing", async () => {
  await assert.rejects(
    prepareImage({ module: guest("peeking") }),
    /imports .*secrets\.json, which a sandbox may not load/,
  );
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/remote.ts`, `import "${["npm", "zod"].join(":")}";\nexport default {};\n`);
  await assert.rejects(
    prepareImage({ module: `${folder}/remote.ts` }),
    /zod.*, which a sandbox may not load|cannot be loaded/,
  );
  await Deno.remove(folder, { recursive: true });
  await assert.rejects(prepareImage({ module: guest("missing") }), /cannot be loaded/);
});
