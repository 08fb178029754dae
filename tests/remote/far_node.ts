/**
 * A node as a process of its own, on a real broker: offers a counter under "sum", and says in lines of JSON that it is there and
 * what it was told. It lives until it is ended from outside.
 */
import { ActorSystem } from "../../runtime/mod.ts";
import { RemoteNode } from "../../runtime/remote/mod.ts";
import { openBroker, type ServerKind } from "../transport/adapters.ts";
import { counter, counterMessages } from "./nodes.ts";

export interface FarArgs {
  readonly kind: ServerKind;
  readonly port: number;
  readonly node: string;
}

/** Real processes take longer to start and to be heard. */
export const UNHURRIED = { beatMs: 250, silenceMs: 3_000, findMs: 5_000, leaseMs: 2_000 } as const;

if (import.meta.main) {
  const { kind, port, node } = JSON.parse(Deno.args[0]) as FarArgs;
  const encoder = new TextEncoder();
  const say = (said: unknown) => Deno.stdout.writeSync(encoder.encode(`${JSON.stringify(said)}\n`));
  const broker = await openBroker(kind, { node, port });
  const system = new ActorSystem({ seed: 1, start: 0, speed: 1 });
  const running = system.run();
  const remote = await RemoteNode.open({ system, broker, node, ...UNHURRIED, intake: { sessionMs: 1_500 } });
  const seen: number[] = [];
  const push = seen.push.bind(seen);
  seen.push = (...numbers) => {
    say({ told: numbers[0] });
    return push(...numbers);
  };
  remote.offer("sum", system.start("sum", counter(seen), undefined), counterMessages);
  await remote.start();
  say({ epoch: remote.epoch });
  await running;
}
