/** A real node in a process of its own, with its console, for end-to-end tests. */

const ROOT = new URL("../../", import.meta.url);

export interface RunningNode {
  readonly url: string;
  readonly token: string;
  /** Asks the node to stop and waits until it has; returns its exit code. */
  stop(): Promise<number>;
}

/** Starts a node on a data directory of its own and waits until it says where its console is. `more`: further flags. */
export async function startNode(dataDir: string, more: readonly string[] = []): Promise<RunningNode> {
  const child = new Deno.Command(Deno.execPath(), {
    // Twenty times real time, so that a minute of trading passes while the page is looked at.
    // deno-fmt-ignore
    args: ["run", "-A", "main.ts", "start", "--feed", "simulated", "--seed", "7", "--speed", "20", "--console-port", "0", "--data-dir", dataDir, ...more],
    cwd: ROOT,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
    env: { NO_COLOR: "1" },
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const url = /https?:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0];
    // Where people are enrolled none is printed.
    const token = /^token: (\S+)/m.exec(text)?.[1] ?? (/^people are enrolled/m.test(text) ? "" : undefined);
    if (url !== undefined && token !== undefined) {
      const drained = (async () => {
        while (!(await lines.read()).done);
      })();
      return {
        url,
        token,
        stop: async () => {
          child.kill("SIGINT");
          const { code } = await child.status;
          await drained;
          return code;
        },
      };
    }
    const { done, value } = await lines.read();
    if (done) throw new Error(`the node ended before its console was up:\n${text}`);
    text += value;
  }
}
