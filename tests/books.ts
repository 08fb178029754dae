/**
 * The books of every system in every test: loaded before all tests, it looks, after each, at every system in which an actor
 * was started. For the whole system and for each actor
 *
 *     enqueued = handled + rejected + dropped + expired + dead + in flight
 *
 * or the test fails, whatever it was about.
 */
import assert from "node:assert/strict";
import { ActorSystem } from "../runtime/mod.ts";
import { assertAccounted } from "../runtime/testkit/mod.ts";

const systems = new Set<ActorSystem>();
const { start } = ActorSystem.prototype;

ActorSystem.prototype.start = function (this: ActorSystem, ...parameters: Parameters<typeof start>) {
  systems.add(this);
  return start.apply(this, parameters);
} as typeof start;

/** Systems that the present test has started an actor in. */
export function systemsUnderTest(): readonly ActorSystem[] {
  return [...systems];
}

export function assertBooks(system: ActorSystem): void {
  assertAccounted(system);
  for (const { path } of system.actors()) {
    const books = system.debug.statistics(path);
    const { offered, handled, rejected, dropped, expired, dead, waiting, stashed } = books;
    const explained = handled + rejected + dropped + expired + dead + waiting + stashed;
    assert.equal(offered, explained, `Unexplained messages of ${path}: ${JSON.stringify(books)}`);
  }
}

Deno.test.afterEach(() => {
  const ended = [...systems];
  systems.clear();
  ended.forEach(assertBooks);
});
