/**
 * A node that is there to die: does one thing with a broker, says in lines of JSON what it did, and goes on living until it is
 * ended from outside. As a program it takes its plan as its argument.
 */
import type { Broker } from "../../runtime/transport/mod.ts";
import { openBroker, type ServerKind } from "./adapters.ts";
import { isLetter, numberOf } from "./letters.ts";

export type Plan =
  /** Takes `take` letters and commits the first `commit` of them. */
  | {
    readonly act: "consume";
    readonly group: string;
    readonly topic: string;
    readonly take: number;
    readonly commit: number;
  }
  /** Takes letters, commits the first of them again and again, and says how that went. */
  | { readonly act: "hoard"; readonly group: string; readonly topic: string; readonly take: number }
  /** Takes a lease and says every now and then whether it still holds it. */
  | { readonly act: "lease"; readonly name: string; readonly ttlMs: number }
  /** Takes one letter at a time with long pauses, and says by how many bytes it has grown. */
  | { readonly act: "dawdle"; readonly group: string; readonly topic: string; readonly takes: number };

export interface VictimArgs {
  readonly kind: ServerKind;
  readonly port: number;
  readonly node: string;
  readonly plan: Plan;
}

export const VICTIM_SESSION_MS = 1_000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function live(broker: Broker, plan: Plan, say: (said: unknown) => void): Promise<void> {
  switch (plan.act) {
    case "consume": {
      const { group, topic, take, commit } = plan;
      const subscription = await broker.subscribe(group, topic, { sessionMs: VICTIM_SESSION_MS });
      const taken = [];
      while (taken.length < take) taken.push(...(await subscription.take(take - taken.length, 100)).filter(isLetter));
      await subscription.commit(taken.slice(0, commit));
      return say({ taken: taken.map(numberOf) });
    }
    case "hoard": {
      const { group, topic, take } = plan;
      const subscription = await broker.subscribe(group, topic, { sessionMs: VICTIM_SESSION_MS });
      const taken = [];
      while (taken.length < take) taken.push(...(await subscription.take(take - taken.length, 100)).filter(isLetter));
      for (;;) {
        const commit = await subscription.commit([taken[0]]).then(() => "ok", (error) => error.code ?? String(error));
        say({ commit });
        await pause(100);
      }
    }
    case "lease": {
      const lease = await broker.lease(plan.name, { ttlMs: plan.ttlMs, waitMs: 10_000 });
      if (lease === null) return say({ epoch: null });
      for (;;) {
        const { held, epoch } = lease;
        const check = await lease.check().then(() => "ok", (error) => error.code ?? String(error));
        say({ epoch, held, check });
        await pause(100);
      }
    }
    case "dawdle": {
      const { group, topic, takes } = plan;
      const subscription = await broker.subscribe(group, topic, { sessionMs: VICTIM_SESSION_MS });
      let before = 0;
      let most = 0;
      for (let taken = 0; taken < takes;) {
        taken += (await subscription.take(1, 100)).length;
        if (taken === 0) continue;
        if (before === 0) before = Deno.memoryUsage().rss;
        await pause(50);
        most = Math.max(most, Deno.memoryUsage().rss);
      }
      return say({ grown: most - before });
    }
  }
}

if (import.meta.main) {
  const { kind, port, node, plan } = JSON.parse(Deno.args[0]) as VictimArgs;
  const broker = await openBroker(kind, { node, port });
  const encoder = new TextEncoder();
  await live(broker, plan, (said) => Deno.stdout.writeSync(encoder.encode(`${JSON.stringify(said)}\n`)));
  await new Promise(() => setInterval(() => {}, 1_000));
}
