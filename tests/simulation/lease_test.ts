import assert from "node:assert/strict";
import { BrokerError } from "../../runtime/transport/mod.ts";
import { LeaseHolder } from "../../runtime/transport/lease.ts";
import type { Register, Registers } from "../../runtime/transport/register.ts";
import type { Wall } from "../../runtime/internal/wall.ts";
import { yieldToLoop } from "../../runtime/internal/wall.ts";

/** A wall that a test moves, and registers whose answers it can lose. */
function ground() {
  const waits: { at: number; resolve: () => void }[] = [];
  let [now, words, revisions] = [0, 0, 0];
  const kept = new Map<string, Register>();
  const lose = { answers: false, all: false, changedAt: 0 };
  const wall: Wall = {
    now: () => now,
    word: () => String(++words),
    sleep(ms) {
      const { promise, resolve } = Promise.withResolvers<void>();
      waits.push({ at: now + ms, resolve });
      return { done: promise, end: resolve };
    },
  };
  const registers: Registers = {
    read: (name) => lose.all ? Promise.reject(silent()) : Promise.resolve(kept.get(name) ?? null),
    write(name, value, revision) {
      if (lose.all) return Promise.reject(silent());
      if ((kept.get(name)?.revision ?? 0) !== revision) return Promise.resolve(null);
      kept.set(name, { value, revision: ++revisions });
      lose.changedAt = now;
      if (lose.answers) return Promise.reject(silent());
      return Promise.resolve(revisions);
    },
  };
  const until = async (time: number) => {
    for (; now < time; now++) {
      for (const wait of waits.splice(0)) wait.at <= now ? wait.resolve() : waits.push(wait);
      await yieldToLoop();
    }
  };
  return { wall, registers, lose, until };
}

const silent = () => new BrokerError("BROKER_UNREACHABLE", "nobody answers.");
const once = <T>(call: () => Promise<T>) => call();

Deno.test("a holder whose last sign of life is as old as its lease does not take itself for the holder", async () => {
  const { wall, registers, lose, until } = ground();
  const lease = await LeaseHolder.take(registers, "x", "a", { ttlMs: 1_000 }, once, wall);
  assert.ok(lease !== null);
  const holdsUntilSilence = async (from: number, to: number) => {
    for (let time = from; time <= to; time += 10) {
      await until(time);
      if (lease.held) {
        assert.ok(wall.now() < lose.changedAt + 750, `at ${time} it holds, and last wrote at ${lose.changedAt}`);
      }
    }
  };
  // The sign of 250 ms is kept and its answer lost; that of 500 ms finds it; then nobody answers any more.
  lose.answers = true;
  await holdsUntilSilence(10, 400);
  lose.answers = false;
  await holdsUntilSilence(410, 600);
  lose.all = true;
  await holdsUntilSilence(610, 2_000);
  assert.ok(!lease.held);
  lose.all = false;
  await until(2_400);
  assert.ok(lease.held, "nobody took it in the meantime");
  const released = lease.release();
  await until(3_000);
  await released;
});

Deno.test("two processes of one name that claim a lease at one moment are told apart", async () => {
  const { wall, registers } = ground();
  const first = await LeaseHolder.take(registers, "x", "a", {}, once, wall);
  // The second was as fast: it wrote over what the first had seen, and the answer was lost on the way.
  const late: Registers = {
    read: registers.read,
    write: () => Promise.reject(silent()),
  };
  let reads = 0;
  const view: Registers = {
    ...late,
    read: (name) => ++reads === 1 ? Promise.resolve(null) : registers.read(name),
  };
  const again = async <T>(call: () => Promise<T>) => await call().catch(() => call());
  const second = await LeaseHolder.take(view, "x", "a", {}, again, wall);
  assert.ok(first?.held);
  assert.equal(second, null);
  const released = first.release();
  await Promise.resolve();
  await released;
});
