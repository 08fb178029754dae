/**
 * A network namespace with a cable to this machine that can be pulled: a real partition, where packets are lost and nobody is
 * told. Needs the rights to make one.
 */
import { findProgram } from "./service.ts";

const ip = findProgram("ip");

async function run(...args: readonly string[]): Promise<string | null> {
  if (ip === null) return "ip is not installed";
  const { success, stderr } = await new Deno.Command(ip, { args: [...args], stdout: "null", stderr: "piped" }).output();
  return success ? null : new TextDecoder().decode(stderr).trim();
}

/** Why there can be none here; null when there can. Tries it. */
export async function namespaceMissing(): Promise<string | null> {
  const name = `cwts-try-${Deno.pid}`;
  const why = await run("netns", "add", name);
  if (why === null) await run("netns", "del", name);
  return why;
}

export class Namespace implements AsyncDisposable {
  private constructor(
    private readonly name: string,
    private readonly cable: string,
    /** Where this machine is reached from inside. */
    readonly host: string,
  ) {}

  static async make(): Promise<Namespace> {
    // The range that is set aside for such tests; the process keeps two of them apart.
    const block = Deno.pid % 0x3fff;
    const base = `198.18.${block >> 6}.${(block & 0x3f) << 2}`.split(".").map(Number);
    const at = (n: number) => [...base.slice(0, 3), base[3] + n].join(".");
    const [name, cable, inner] = [`cwts-${Deno.pid}`, `cwo${Deno.pid}`, `cwi${Deno.pid}`];
    const made = new Namespace(name, cable, at(1));
    try {
      await must("netns", "add", name);
      await must("link", "add", cable, "type", "veth", "peer", "name", inner, "netns", name);
      await must("addr", "add", `${at(1)}/30`, "dev", cable);
      await must("link", "set", cable, "up");
      await must("-n", name, "addr", "add", `${at(2)}/30`, "dev", inner);
      await must("-n", name, "link", "set", inner, "up");
      await must("-n", name, "link", "set", "lo", "up");
      return made;
    } catch (error) {
      await made[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Arguments that run a command inside. */
  inside(command: string, ...args: readonly string[]): readonly [string, readonly string[]] {
    return [ip!, ["netns", "exec", this.name, command, ...args]];
  }

  /** Pulls the cable. Addresses stay, so that those inside go on sending into nothing. */
  pull(): Promise<void> {
    return must("link", "set", this.cable, "down");
  }

  plug(): Promise<void> {
    return must("link", "set", this.cable, "up");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run("netns", "del", this.name);
    await run("link", "del", this.cable);
  }
}

async function must(...args: readonly string[]): Promise<void> {
  const why = await run(...args);
  if (why !== null) throw new Error(`ip ${args.join(" ")}: ${why}`);
}
