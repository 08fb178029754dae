/** Numbered letters, and what the tests of all brokers ask of them. */
import assert from "node:assert/strict";
import type { Delivered, Letter, Publication, Subscription } from "../../runtime/transport/mod.ts";

export type Received = Extract<Delivered, { readonly kind: "letter" }>;

/** The n-th letter of a sender. */
export function letter(n: number, { node = "writer", sender = "/writer", epoch = 1, size = 0 } = {}): Letter {
  const envelope = {
    node,
    epoch,
    sender,
    sequence: n,
    id: n,
    cause: 0,
    root: n,
    deadline: Infinity,
    schema: { id: "test", version: 1 },
  };
  return { envelope, body: `{"n":${n}}${" ".repeat(size)}` };
}

/** Letters from `from` to `to`, dealt to `keys` keys in turn. */
export function numbered(from: number, to: number, keys = 1, size = 0): readonly Publication[] {
  return Array.from({ length: to - from + 1 }, (_, i) => ({
    key: `key-${(from + i) % keys}`,
    letter: letter(from + i, { size }),
  }));
}

export const numberOf = (one: Received): number => one.letter.envelope.sequence;

export const isLetter = (one: Delivered): one is Received => one.kind === "letter";

/** Takes until there are `count` letters with numbers of their own; fails when they do not come in time. */
export async function gather(
  subscriptions: readonly Subscription[],
  count: number,
  { commit = true, most = 64, withinMs = 20_000 } = {},
): Promise<readonly Received[]> {
  const received: Received[] = [];
  const seen = new Set<number>();
  const until = performance.now() + withinMs;
  await Promise.all(subscriptions.map(async (subscription) => {
    while (seen.size < count && performance.now() < until) {
      const taken = await subscription.take(most, 100);
      for (const one of taken.filter(isLetter)) {
        received.push(one);
        seen.add(numberOf(one));
      }
      if (commit) {
        await subscription.commit(taken).catch((error) => assert.equal(error.code, "PARTITION_LOST", error));
      }
    }
  }));
  assert.equal(seen.size, count, `${seen.size} of ${count} letters came within ${withinMs} ms`);
  return received;
}

/** Within each key, the first coming of each letter is in order. */
export function assertOrder(received: readonly Received[]): void {
  const last = new Map<string, number>();
  const seen = new Set<number>();
  for (const one of received) {
    const n = numberOf(one);
    if (seen.has(n)) continue;
    seen.add(n);
    const before = last.get(one.key) ?? 0;
    assert.ok(n > before, `letter ${n} of ${one.key} came after letter ${before}`);
    last.set(one.key, n);
  }
}

/** Waits for something that is to become true. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  withinMs = 20_000,
): Promise<void> {
  const end = performance.now() + withinMs;
  while (!await condition()) {
    assert.ok(performance.now() < end, `${what}: not within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
