/** The lint rule that keeps clocks, chance and timers out of the rooms that must be repeatable. */
import assert from "node:assert/strict";
import plugin from "../../tools/lint/no_ambient.ts";

const caught = (source: string, filename = "actors/organisms/sample.ts"): string[] =>
  Deno.lint.runPlugin(plugin, filename, source).map(({ message }) => message);

const REFUSED: readonly (readonly [source: string, message: string])[] = [
  ["Date.now();", "Date.now is ambient"],
  ["new Date();", "the present time is ambient"],
  ["Date();", "the present time is ambient"],
  ['Date["now"]();', "Date.now is ambient"],
  ["globalThis.Date.now();", "Date.now is ambient"],
  ["new globalThis.Date();", "the present time is ambient"],
  ["performance.now();", "performance.now is ambient"],
  ["const f = Math.random;", "Math.random is ambient"],
  ["crypto.randomUUID();", "crypto.randomUUID is ambient"],
  ["crypto.getRandomValues(new Uint8Array(4));", "crypto.getRandomValues is ambient"],
  ["Temporal.Now.instant();", "Temporal.Now is ambient"],
  ["process.hrtime();", "process.hrtime is ambient"],
  ["setTimeout(() => {}, 1);", "setTimeout is ambient"],
  ["setInterval(() => {}, 1);", "setInterval is ambient"],
  ["setImmediate(() => {});", "setImmediate is ambient"],
  ["queueMicrotask(() => {});", "queueMicrotask is ambient"],
  ["const later = setTimeout;", "setTimeout is ambient"],
  ["globalThis.setTimeout(() => {}, 1);", "setTimeout is ambient"],
  ["const { now } = Date;", "Date.now is ambient"],
  ["const { random: chance } = Math;", "Math.random is ambient"],
  ["const { setTimeout: later } = globalThis;", "setTimeout is ambient"],
  ['import { setTimeout as pause } from "node:timers/promises";', "setTimeout of node:timers/promises is ambient"],
  ['import timers from "node:timers";', "all of node:timers is ambient"],
  ['import { performance as p } from "node:perf_hooks";', "performance of node:perf_hooks is ambient"],
  ['import { randomBytes } from "node:crypto";', "randomBytes of node:crypto is ambient"],
];

for (const [source, message] of REFUSED) {
  Deno.test(`the lint rule refuses ${source}`, () => assert.deepEqual(caught(source), [message]));
}

const ALLOWED: readonly string[] = [
  "new Date(0);",
  'Date.parse("2024-01-01");',
  "Date.UTC(2024, 0, 1);",
  "Math.max(1, 2);",
  "context.clock.now();",
  "context.random.next();",
  "timers.setTimeout(1);",
  "const o = { setTimeout: 1 }; o.setTimeout;",
  "class A { setTimeout() {} }",
  "interface A { setTimeout(): void }",
  'import { createHash } from "node:crypto";',
  'import type { Timers } from "node:timers";',
  'import { clearTimeout } from "node:timers";',
  "let timer: ReturnType<typeof setTimeout>;",
];

for (const source of ALLOWED) {
  Deno.test(`the lint rule allows ${source}`, () => assert.deepEqual(caught(source), []));
}

Deno.test("the lint rule looks at runtime, supervision and actors, and nowhere else", () => {
  const found = (filename: string) => caught("Math.random();", filename).length;
  for (const room of ["runtime/internal/x.ts", "supervision/x.ts", "actors/console/server.ts"]) {
    assert.equal(found(room), 1, room);
  }
  for (const room of ["cli/x.ts", "bench/x.ts", "tests/runtime/x.ts", "actors/console/page/main.tsx"]) {
    assert.equal(found(room), 0, room);
  }
});

Deno.test("the lint rule knows its rooms by absolute paths too", () => {
  const root = decodeURIComponent(new URL("../../", import.meta.url).pathname);
  assert.equal(caught("Math.random();", `${root}actors/x.ts`).length, 1);
  assert.equal(caught("Math.random();", `${root}tools/x.ts`).length, 0);
});

Deno.test("the lint rule is switched on in deno.json", () => {
  const manifest = JSON.parse(Deno.readTextFileSync(new URL("../../deno.json", import.meta.url)));
  assert.ok(manifest.lint.plugins.includes("./tools/lint/no_ambient.ts"));
});
