/**
 * A server of its own for a test or for a person: a process on loopback, on a port that was free, in a directory of its own
 * that goes with it. It can be killed in the middle and started again where it stood.
 */
import { join } from "node:path";

export interface ServicePlan {
  /** For messages and the name of the directory. */
  readonly name: string;
  readonly command: string;
  readonly args: (directory: string, port: number) => readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Done once, before the first start. */
  readonly prepare?: (directory: string, port: number) => Promise<void>;
  /** Whether it answers; asked until it does. */
  readonly ready: (port: number, log: string) => Promise<boolean>;
  /** Default 30 000. */
  readonly startMs?: number;
  /** Default: any that is free. */
  readonly port?: number;
}

const LOOK_MS = 25;
/** Lines of its log that a failed start shows. */
const LAST_WORDS = 15;

export class Service implements AsyncDisposable {
  private child: Deno.ChildProcess | null = null;

  private constructor(private readonly plan: ServicePlan, readonly directory: string, readonly port: number) {}

  static async start(plan: ServicePlan): Promise<Service> {
    const directory = await Deno.makeTempDir({ prefix: `cwts-${plan.name}-` });
    const service = new Service(plan, directory, plan.port ?? freePort());
    try {
      await plan.prepare?.(directory, service.port);
      await service.resume();
    } catch (error) {
      await service.remove();
      throw error;
    }
    return service;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Process id; null while it is down. */
  get pid(): number | null {
    return this.child?.pid ?? null;
  }

  /** Ends it as a loss of power ends a process: SIGKILL, no farewell. */
  async kill(): Promise<void> {
    const { child } = this;
    if (child === null) return;
    this.child = null;
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await child.status;
  }

  /** Starts it where it stood, on the same port. */
  async resume(): Promise<void> {
    const { plan, directory, port } = this;
    const log = join(directory, "output.log");
    // By way of a shell, so that its output goes to a file and needs nobody to read it.
    const script = 'log="$1"; shift; exec "$@" >>"$log" 2>&1';
    const child = new Deno.Command("/bin/sh", {
      args: ["-c", script, plan.name, log, plan.command, ...plan.args(directory, port)],
      cwd: directory,
      env: plan.env,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    this.child = child;
    let ended = false;
    void child.status.then(() => ended = true);
    const until = performance.now() + (plan.startMs ?? 30_000);
    while (!await plan.ready(port, log)) {
      if (ended || performance.now() > until) {
        if (!ended) await this.kill();
        this.child = null;
        const words = (await Deno.readTextFile(log)).trim().split("\n").slice(-LAST_WORDS).join("\n");
        throw new Error(`${plan.name} did not start${ended ? "" : " in time"}:\n${words}`);
      }
      await pause(LOOK_MS);
    }
  }

  /** Freezes and thaws it. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.child?.kill(signal);
  }

  /** Ends it and removes what it kept. */
  async stop(): Promise<void> {
    await this.kill();
    await this.remove();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  private async remove(): Promise<void> {
    await Deno.remove(this.directory, { recursive: true });
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

/** Whether something listens there. */
export async function listens(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    throw error;
  }
}

/** Path of a program, or null; also where only root's PATH looks. */
export function findProgram(name: string): string | null {
  for (const folder of [...(Deno.env.get("PATH") ?? "").split(":"), "/usr/sbin", "/usr/local/sbin"]) {
    try {
      if (Deno.statSync(join(folder, name)).isFile) return join(folder, name);
    } catch { /* not there */ }
  }
  return null;
}
