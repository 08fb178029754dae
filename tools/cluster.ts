/**
 * `deno task cluster --broker <url> [--cluster name] [--data-dir dir] [--organisms n]`: a cluster on this machine, each node a
 * process: a gateway, a standby for it, and nodes that host the organisms. What they say is printed behind their names.
 * Ctrl-C stops them in order.
 *
 * Exit codes: 0 all ended in order, 1 one did not, 2 wrong usage.
 */
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { parseBroker } from "../cli/broker_url.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const CONSOLE_PORT = "8787";

interface Node {
  readonly name: string;
  readonly args: readonly string[];
}

/** The nodes that are started, in their order; the standby shares the gateway's data directory, so that it recovers its log. */
function nodesOf({ broker, cluster, directory, organisms }: {
  readonly broker: string;
  readonly cluster: string;
  readonly directory: string;
  readonly organisms: number;
}): Node[] {
  const common = (role: string, name: string) => [
    ...["start", "--role", role, "--broker", broker, "--cluster", cluster, "--node", name],
  ];
  const data = ["--data-dir", directory];
  return [
    { name: "gateway-1", args: [...common("gateway", "gateway-1"), ...data, "--console-port", CONSOLE_PORT] },
    ...Array.from({ length: organisms }, (_, i) => `organisms-${i + 1}`)
      .map((name) => ({ name, args: common("organisms", name) })),
    { name: "gateway-2", args: [...common("gateway", "gateway-2"), ...data, "--console-port", CONSOLE_PORT] },
  ];
}

async function echo(name: string, stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) console.log(`${name.padEnd(12)} ${line}`);
  }
  if (rest !== "") console.log(`${name.padEnd(12)} ${rest}`);
}

async function main(args: readonly string[]): Promise<number> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { broker: text, cluster: text, "data-dir": text, organisms: text },
  });
  if (values.broker === undefined) {
    throw new TypeError("name the broker with --broker, for example redis://127.0.0.1:6379");
  }
  parseBroker(values.broker);
  const organisms = Number(values.organisms ?? 1);
  if (!Number.isInteger(organisms) || organisms < 1 || organisms > 32) {
    throw new TypeError(`--organisms is a number from 1 to 32, not ${values.organisms}`);
  }
  const directory = values["data-dir"] ?? "./cwts-cluster";
  const cluster = values.cluster ?? "main";
  const children = nodesOf({ broker: values.broker, cluster, directory, organisms }).map(({ name, args }) => {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "-P=node", "main.ts", ...args],
      cwd: ROOT,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const said = Promise.all([echo(name, child.stdout), echo(name, child.stderr)]);
    return { child, ended: Promise.all([child.status, said]).then(([{ code }]) => code) };
  });
  const stop = () => {
    for (const { child } of children) {
      try {
        child.kill("SIGTERM");
      } catch { /* It has ended. */ }
    }
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, stop);
  const codes = await Promise.all(children.map(({ ended }) => ended));
  return codes.every((code) => code === 0) ? 0 : 1;
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : error}`);
    Deno.exit(2);
  }
}
