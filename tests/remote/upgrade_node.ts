/**
 * A node of a release, as a process that is ended in order and started as the next release: a writer that numbers what it says and
 * keeps how far it is, or a reader that keeps what it handled. Ends at SIGTERM, and says in a line of JSON what it has done.
 */
import { z } from "zod";
import { Border, Catalogue, defineMessage, Intake, type MessageDef } from "../../runtime/remote/mod.ts";
import { openBroker, type ServerKind } from "../transport/adapters.ts";

export interface UpgradeArgs {
  readonly role: "writer" | "reader";
  readonly release: 1 | 2;
  readonly kind: ServerKind;
  readonly port: number;
  readonly directory: string;
}

export interface Said1 {
  readonly n: number;
}

export interface Said2 extends Said1 {
  readonly note?: string;
}

export const said1: MessageDef<Said1> = defineMessage({
  id: "said",
  version: 1,
  schema: z.strictObject({ n: z.int() }),
});
export const said2: MessageDef<Said2> = defineMessage({
  id: "said",
  version: 2,
  schema: z.strictObject({ n: z.int(), note: z.string().optional() }),
  previous: said1,
  upcast: (old: Said1): Said2 => ({ ...old, note: "upcast" }),
});

export const TOPIC = "said";
export const GROUP = "readers";
const KEYS = 8;
const PAUSE_MS = 5;

if (import.meta.main) {
  const { role, release, kind, port, directory } = JSON.parse(Deno.args[0]) as UpgradeArgs;
  let ended = false;
  const end = Promise.withResolvers<void>();
  Deno.addSignalListener("SIGTERM", () => {
    ended = true;
    end.resolve();
  });
  const broker = await openBroker(kind, { node: role, port });
  const lease = (await broker.lease(role, { ttlMs: 2_000, waitMs: 30_000 }))!;
  const def = release === 1 ? said1 : said2;
  const border = new Border({ node: role, epoch: lease.epoch, catalogue: new Catalogue([def]) });
  const say = (said: unknown) => Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(said)}\n`));
  if (role === "writer") {
    const file = `${directory}/sent`;
    let n = Number(await Deno.readTextFile(file).catch(() => "0"));
    while (!ended) {
      n++;
      const message = release === 1 ? { n } : { n, note: "written" };
      await border.send(broker, TOPIC, `key-${n % KEYS}`, def as MessageDef<unknown>, message);
      await Deno.writeTextFile(file, String(n));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    say({ sent: n });
  } else {
    const file = await Deno.open(`${directory}/handled`, { append: true, create: true });
    const intake = await Intake.open({
      ...{ border, broker, group: GROUP, topic: TOPIC, sessionMs: 2_000 },
      handle({ message }) {
        const { n, note = "none" } = message as Said2;
        file.writeSync(new TextEncoder().encode(`${n} ${release} ${note}\n`));
      },
    });
    await end.promise;
    await intake.close();
    say(intake.counters);
    file.close();
  }
  await lease.release();
  await broker.close();
  Deno.exit(0);
}
