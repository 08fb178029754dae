/** Erlang's side: plays written as Erlang terms, and one virtual machine that plays many of them at a time. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AnyTree, Play, Step } from "./trees.ts";

/** Path of a program on this machine, or null. */
function programPath(name: string): string | null {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    const path = join(folder, name);
    try {
      if (Deno.statSync(path).isFile) return path;
    } catch { /* not there */ }
  }
  return null;
}

/** Whether this machine has Erlang/OTP with its compiler. */
export const hasErlang = programPath("erl") !== null && programPath("erlc") !== null;

function treeTerm(tree: AnyTree): string {
  const { id, restart, significant } = tree;
  switch (tree.kind) {
    case "worker":
      return `{worker,${id},${restart},${significant},${tree.shutdown},${tree.onStop}}`;
    case "supervisor": {
      const { strategy, intensity, period, auto, children } = tree;
      const listed = children.map(treeTerm).join(",");
      return `{supervisor,${id},${restart},${significant},${strategy},${intensity},${period},${auto},[${listed}]}`;
    }
    case "dynamic": {
      const { intensity, period, auto, template } = tree;
      return `{dynamic,${id},${restart},${significant},${intensity},${period},${auto},${treeTerm(template)}}`;
    }
  }
}

function stepTerm(step: Step): string {
  switch (step.kind) {
    case "fail":
    case "ignore":
      return `{${step.kind},${step.id},${step.times}}`;
    case "die":
      return `{die,${step.supervisor},[${step.ends.map(([id, reason]) => `{${id},${reason}}`).join(",")}]}`;
    case "start":
      return `{start,${step.supervisor},${treeTerm(step.child)}}`;
    case "sleep":
      return `{sleep,${step.ms}}`;
    default:
      return `{${step.kind.replace("-", "_")},${step.supervisor},${step.id}}`;
  }
}

export function playTerm({ seed, top, broken, steps }: Play): string {
  return `{play,${seed},${treeTerm(top)},${broken ?? "none"},[${steps.map(stepTerm).join(",")}]}.\n`;
}

export interface Heard {
  readonly lines: readonly string[];
  /** The longest time between two sleeps, milliseconds of the wall. */
  readonly slowestMs: number;
}

/** A virtual machine that plays; end it with `close`. */
export class Erlang {
  private readonly reader: ReadableStreamDefaultReader<string>;
  private readonly writer: WritableStreamDefaultWriter<Uint8Array>;
  private rest = "";

  private constructor(private readonly folder: string, private readonly child: Deno.ChildProcess) {
    this.reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    this.writer = child.stdin.getWriter();
  }

  static async start(): Promise<Erlang> {
    const folder = await Deno.makeTempDir({ prefix: "cwts-otp-" });
    const source = fileURLToPath(new URL("tree_player.erl", import.meta.url));
    const compiled = await new Deno.Command("erlc", { args: ["-Werror", "-o", folder, source] }).output();
    if (!compiled.success) throw new Error(new TextDecoder().decode(compiled.stdout));
    const child = new Deno.Command("erl", {
      // Many plays at once; what is left of them must not fill the table of processes. No input but ours.
      args: ["-noshell", "-pa", folder, "-s", "tree_player", "main"],
      env: { ERL_CRASH_DUMP_BYTES: "0", ERL_CRASH_DUMP: "/dev/null" },
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    return new Erlang(folder, child);
  }

  /** By seed. */
  async play(plays: readonly Play[]): Promise<Map<number, Heard>> {
    const file = join(this.folder, "plays.terms");
    await Deno.writeTextFile(file, plays.map(playTerm).join(""));
    await this.writer.write(new TextEncoder().encode(`{run,"${file}"}.\n`));
    const heard = new Map<number, Heard>();
    let lines: string[] = [];
    let [seed, slowestMs] = [0, 0];
    for (;;) {
      const line = await this.line();
      if (line === "done") return heard;
      if (line.startsWith("play ")) {
        lines = [];
        [seed, slowestMs] = line.slice(5).split(" ").map(Number);
      } else if (line === "over") heard.set(seed, { lines, slowestMs });
      else lines.push(line.trimEnd());
    }
  }

  async close(): Promise<void> {
    await this.writer.close();
    await this.child.status;
    await this.reader.cancel();
    await Deno.remove(this.folder, { recursive: true });
  }

  private async line(): Promise<string> {
    for (;;) {
      const end = this.rest.indexOf("\n");
      if (end >= 0) {
        const line = this.rest.slice(0, end);
        this.rest = this.rest.slice(end + 1);
        return line;
      }
      const { value, done } = await this.reader.read();
      if (done) throw new Error(`Erlang ended in the middle of a play; it had said: ${this.rest}`);
      this.rest += value;
    }
  }
}
