/** A broker's server as a test has it: opened from here, looked into, killed, and with other nodes on it that can die. */
import { fileURLToPath } from "node:url";
import type { Broker, BrokerOptions } from "../../runtime/transport/mod.ts";
import { MemoryServer, openMemory } from "../../runtime/transport/mod.ts";
import type { BrokerKind } from "../services/needs.ts";
import type { Service } from "../services/service.ts";
import { openBroker, type ServerKind } from "./adapters.ts";
import { live, type Plan, type VictimArgs } from "./victim.ts";

/** Another node. */
export interface Other {
  /** The next thing it says. */
  heard(): Promise<Record<string, unknown>>;
  /** It does nothing any more, and its connections stay open. */
  freeze(): void;
  thaw(): void;
  die(): Promise<void>;
}

export interface World {
  readonly kind: BrokerKind;
  open(node: string, options?: Partial<BrokerOptions> & { readonly maxLength?: number }): Promise<Broker>;
  other(node: string, plan: Plan): Promise<Other>;
  /** Puts something on a topic that CWTS did not write. */
  put(topic: string, partition: number, frame: string): Promise<void>;
  kill(): Promise<void>;
  resume(): Promise<void>;
  end(): Promise<void>;
}

const ROOT = new URL("../../", import.meta.url);

export function serverWorld(
  kind: ServerKind,
  service: Service,
  put: (port: number, topic: string, partition: number, frame: string) => Promise<void>,
): World {
  const { port } = service;
  return {
    kind,
    open: (node, options = {}) => openBroker(kind, { node, port, ...options }),
    other: (node, plan) => Promise.resolve(startOther({ kind, port, node, plan })),
    put: (topic, partition, frame) => put(port, topic, partition, frame),
    kill: () => service.kill(),
    resume: () => service.resume(),
    end: () => service.stop(),
  };
}

function startOther(args: VictimArgs): Other {
  const script = fileURLToPath(new URL("victim.ts", import.meta.url));
  const config = fileURLToPath(new URL("deno.json", ROOT));
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--quiet", "--config", config, script, JSON.stringify(args)],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return {
    async heard() {
      while (!text.includes("\n")) {
        const { value, done } = await reader.read();
        if (done) throw new Error("the other node ended");
        text += value;
      }
      const line = text.slice(0, text.indexOf("\n"));
      text = text.slice(line.length + 1);
      return JSON.parse(line);
    },
    freeze: () => child.kill("SIGSTOP"),
    thaw: () => child.kill("SIGCONT"),
    async die() {
      child.kill("SIGKILL");
      await child.status;
      await reader.cancel();
    },
  };
}

/** In one process another node cannot be killed; its line to the server can be cut. */
export function memoryWorld(): World {
  const server = new MemoryServer();
  return {
    kind: "memory",
    open: (node, options = {}) => openMemory(server, { node, ...options }),
    async other(node, plan) {
      server.mend(node);
      const broker = await openMemory(server, { node, retryMs: 0 });
      const said: Record<string, unknown>[] = [];
      let ended = false;
      const life = live(broker, plan, (one) => {
        said.push(one as Record<string, unknown>);
        if (ended) throw new Error("ended");
      }).catch(() => {});
      return {
        async heard() {
          while (said.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
          return said.shift()!;
        },
        freeze: () => server.sever(node),
        thaw: () => server.mend(node),
        async die() {
          server.sever(node);
          ended = true;
          await Promise.race([life, new Promise((resolve) => setTimeout(resolve, 300))]);
          await broker.close();
        },
      };
    },
    // deno-lint-ignore require-await -- the others take time
    put: async (topic, partition, frame) => server.put(topic, partition, frame),
    // deno-lint-ignore require-await -- the others take time
    kill: async () => server.stop(),
    // deno-lint-ignore require-await -- the others take time
    resume: async () => server.start(),
    end: () => Promise.resolve(),
  };
}
