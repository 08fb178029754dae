/** Messages and nodes that the tests of the border share. */
import { z } from "zod";
import { Border, Catalogue, defineMessage, type MessageDef } from "../../runtime/remote/mod.ts";
import { type Broker, MemoryServer, openMemory } from "../../runtime/transport/mod.ts";

export interface Placed1 {
  readonly order: number;
}

export interface Placed2 {
  readonly order: number;
  readonly note: string;
}

export const placed1: MessageDef<Placed1> = defineMessage({
  id: "placed",
  version: 1,
  schema: z.strictObject({ order: z.int() }),
});

export const placed2: MessageDef<Placed2> = defineMessage({
  id: "placed",
  version: 2,
  schema: z.strictObject({ order: z.int().min(1), note: z.string() }),
  previous: placed1,
  upcast: (old: Placed1) => ({ ...old, note: "none" }),
});

export const counted: MessageDef<{ readonly n: number }> = defineMessage({
  id: "counted",
  version: 1,
  schema: z.strictObject({ n: z.int() }),
});

// deno-lint-ignore no-explicit-any -- definitions of any messages
export const border = (node: string, ...defs: readonly MessageDef<any>[]): Border =>
  new Border({ node, epoch: 1, catalogue: new Catalogue(defs) });

/** Several nodes on one memory broker. */
export async function onMemory(
  body: (
    open: (node: string, options?: { readonly retryMs?: number }) => Promise<Broker>,
    server: MemoryServer,
  ) => Promise<void>,
): Promise<void> {
  const server = new MemoryServer();
  const opened: Broker[] = [];
  try {
    await body(async (node, options = {}) => {
      const broker = await openMemory(server, { node, ...options });
      opened.push(broker);
      return broker;
    }, server);
  } finally {
    await Promise.all(opened.map((one) => one.close()));
  }
}
