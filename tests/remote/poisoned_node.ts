/** A node as a process that one of the letters it handles kills, as a fault of the machine or of native code would. */
import { Border, Catalogue, Intake } from "../../runtime/remote/mod.ts";
import { openBroker } from "../transport/adapters.ts";
import { counted } from "./messages.ts";

export interface PoisonedArgs {
  readonly port: number;
  /** Its life; names differ, so that nobody waits for a name. */
  readonly life: number;
  readonly poison: number;
  /** A file that gets a line for each letter that was handled. */
  readonly file: string;
}

export const [TOPIC, GROUP, SESSION_MS] = ["poisoned", "readers", 500] as const;

if (import.meta.main) {
  const { port, life, poison, file } = JSON.parse(Deno.args[0]) as PoisonedArgs;
  const broker = await openBroker("redis", { node: `reader-${life}`, port });
  const border = new Border({ node: "reader", epoch: life, catalogue: new Catalogue([counted]) });
  const handled = await Deno.open(file, { append: true, create: true });
  const intake = await Intake.open({
    ...{ border, broker, group: GROUP, topic: TOPIC, sessionMs: SESSION_MS },
    async handle({ message }) {
      const { n } = message as { readonly n: number };
      await new Promise((resolve) => setTimeout(resolve, 2));
      if (n === poison) Deno.kill(Deno.pid, "SIGKILL");
      handled.writeSync(new TextEncoder().encode(`${n}\n`));
    },
  });
  const end = Promise.withResolvers<void>();
  Deno.addSignalListener("SIGTERM", () => end.resolve());
  await end.promise;
  await intake.close();
  await broker.close();
  Deno.exit(0);
}
