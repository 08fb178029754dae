/** Whole nodes of a cluster, as processes of their own. */
import { ControlPage } from "../../ffi/mod.ts";
import { until } from "../transport/letters.ts";
import { cwts } from "./run.ts";

export interface Running {
  readonly directory: string;
  readonly page: ControlPage;
  readonly said: () => string;
  stop(): Promise<void>;
}

export interface NodePlan {
  readonly directory: string;
  readonly name: string;
  readonly brokers: readonly string[];
  /** File of the shared secret. */
  readonly secret: string;
  readonly silenceMs: number;
  /** Starts it otherwise than on this machine's network. */
  readonly command?: (args: readonly string[]) => Deno.Command;
}

export async function startNode(plan: NodePlan): Promise<Running> {
  const { directory, name, brokers, secret, silenceMs, command = cwts } = plan;
  const file = `${directory}.toml`;
  await Deno.writeTextFile(
    file,
    [
      "[cluster]",
      `node = "${name}"`,
      `brokers = ${JSON.stringify(brokers)}`,
      `secret_file = "${secret}"`,
      "beat_ms = 200",
      `silence_ms = ${silenceMs}`,
    ].join("\n"),
  );
  const child = command(
    ["start", "--config", file, "--data-dir", directory, "--console-port", "off", "--durability", "memory"],
  ).spawn();
  let said = "";
  const hearing = Promise.all([child.stdout, child.stderr].map(async (stream) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) said += text;
  }));
  const decisions = () => {
    try {
      using page = ControlPage.openExisting(directory);
      return page.header().gateSequence;
    } catch {
      return 0;
    }
  };
  await until(() => decisions() > 0, `${name} trades`, 60_000);
  const page = ControlPage.openExisting(directory);
  return {
    directory,
    page,
    said: () => said,
    async stop() {
      page.close();
      child.kill("SIGTERM");
      await child.status;
      await hearing;
    },
  };
}

/** The file of a secret that nodes may share. */
export async function makeSecret(path: string): Promise<string> {
  await Deno.writeFile(path, crypto.getRandomValues(new Uint8Array(32)), { mode: 0o600 });
  return path;
}
