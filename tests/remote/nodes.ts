/** Nodes in one process, each a system in real time on a memory broker, whose line can be cut. */
import { z } from "zod";
import { type ActorDef, type ActorRef, ActorSystem, type Remote } from "../../runtime/mod.ts";
import { defineMessage, type MessageDef, refTo, RemoteNode, type RemoteNodeOptions } from "../../runtime/remote/mod.ts";
import { assertAccounted } from "../../runtime/testkit/mod.ts";
import { type Broker, MemoryServer, openMemory } from "../../runtime/transport/mod.ts";

/** Short times, so that what is waited for comes soon; long against a busy machine's pauses. */
export const QUICK = { beatMs: 100, silenceMs: 1_500, findMs: 1_000, leaseMs: 1_000 } as const;

export const count = defineMessage({ id: "count", version: 1, schema: z.int() });

export type CounterMessage =
  | { readonly kind: "Add"; readonly n: number }
  | { readonly kind: "Sum"; readonly replyTo: Remote<number> }
  | { readonly kind: "Crash" }
  | { readonly kind: "Stop" };

export const counterMessages: MessageDef<CounterMessage> = defineMessage({
  id: "counter",
  version: 1,
  schema: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("Add"), n: z.int() }),
    z.strictObject({ kind: z.literal("Sum"), replyTo: refTo(count) }),
    z.strictObject({ kind: z.literal("Crash") }),
    z.strictObject({ kind: z.literal("Stop") }),
  ]),
});

/** Adds up, and keeps what it was told in its order. */
export function counter(seen: number[] = [], more: Partial<ActorDef<CounterMessage>> = {}): ActorDef<CounterMessage> {
  return {
    type: "counter",
    init: (context) => ({
      receive(message) {
        switch (message.kind) {
          case "Add":
            return void seen.push(message.n);
          case "Sum":
            return void message.replyTo.tell(seen.reduce((sum, n) => sum + n, 0));
          case "Crash":
            throw new Error("told to crash");
          case "Stop":
            return context.stop();
        }
      },
    }),
    ...more,
  };
}

export interface TestNode {
  readonly name: string;
  readonly system: ActorSystem;
  readonly remote: RemoteNode;
  readonly broker: Broker;
  /** Its line to the broker is cut, and it knows of nothing: what a kill looks like from elsewhere. */
  vanish(): void;
  comeBack(): void;
  end(): Promise<void>;
}

export interface World {
  readonly server: MemoryServer;
  /** `prepare` offers what is to be found on it, before letters come. */
  node(
    name: string,
    prepare?: (remote: RemoteNode, system: ActorSystem) => void,
    options?: Partial<RemoteNodeOptions>,
  ): Promise<TestNode>;
}

export async function nodes(body: (world: World) => Promise<void>): Promise<void> {
  const server = new MemoryServer();
  const opened: TestNode[] = [];
  try {
    await body({
      server,
      async node(name, prepare = () => {}, options = {}) {
        const broker = await openMemory(server, { node: name, retryMs: 200 });
        const system = new ActorSystem({ seed: 1, start: 1_000_000 * (opened.length + 1), speed: 1 });
        const running = system.run();
        const remote = await RemoteNode.open({
          ...{ system, broker, node: name, intake: { pauseMs: 5, sessionMs: 1_000 } },
          ...QUICK,
          ...options,
        }).catch(async (error) => {
          system.halt();
          await running;
          await broker.close();
          throw error;
        });
        prepare(remote, system);
        await remote.start();
        let ended = false;
        const one: TestNode = {
          ...{ name, system, remote, broker },
          vanish: () => server.sever(name),
          comeBack: () => server.mend(name),
          async end() {
            if (ended) return;
            ended = true;
            server.mend(name);
            await remote.close();
            await system.stop();
            system.halt();
            await running;
            await broker.close();
            assertAccounted(system);
          },
        };
        opened.push(one);
        return one;
      },
    });
  } finally {
    await Promise.all(opened.map((one) => one.end()));
  }
}

/** Runs between two turns of a system, and gives back what that gave. */
export function inside<T>(system: ActorSystem, task: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    system.inject(() => {
      try {
        resolve(task());
      } catch (error) {
        reject(error);
      }
    });
  });
}

/** An actor that does as it is told from outside. */
export function puppet(system: ActorSystem, name = "puppet") {
  type Task = (context: Parameters<ActorDef<Task>["init"]>[0]) => void | Promise<void>;
  const signals: unknown[] = [];
  const ref: ActorRef<Task> = system.start<Task, void>(name, {
    type: "puppet",
    init: (context) => ({
      receive: (task) => task(context),
      signal: (signal) => void signals.push(signal),
    }),
  }, undefined);
  return {
    ref,
    signals,
    /** Does it in one message of the actor. */
    does<T>(task: (context: Parameters<ActorDef<Task>["init"]>[0]) => T | Promise<T>): Promise<T> {
      return new Promise((resolve, reject) => {
        system.inject(() =>
          ref.tell(async (context) => {
            try {
              resolve(await task(context));
            } catch (error) {
              reject(error);
            }
          })
        );
      });
    },
  };
}
