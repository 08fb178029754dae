/**
 * An actor whose behaviour runs in a process of its own without any permission. To its supervisor and to those who send to
 * it, it is an actor like any other; a guest that exits, loops, eats memory or breaks the protocol is a crash.
 *
 * The host asks and waits, and time waits with it, so a run with sandboxes repeats like any other.
 */
import type { ActorContext, ActorDef, ActorRef, MailboxOptions } from "../actor.ts";
import { SandboxError, type SandboxImage } from "./image.ts";
import { DEFAULT_LIMITS, type SandboxLimits, SandboxProcess } from "./process.ts";
import type { Effect, Reply, Request } from "./protocol.ts";

/** Says whether a value is what it should be; a zod schema is one. */
export interface Schema<T> {
  safeParse(
    value: unknown,
  ): { readonly success: true; readonly data: T } | { readonly success: false; readonly error: unknown };
}

/** Where a guest may send, and what. */
export interface Port<T> {
  readonly to: ActorRef<T>;
  readonly schema: Schema<T>;
}

export interface SandboxArgs {
  readonly image: SandboxImage;
  /** Handed to the guest's init; plain data. */
  readonly args?: unknown;
  readonly ports: Readonly<Record<string, Port<never>>>;
  readonly limits?: Partial<SandboxLimits>;
}

export interface SandboxDef<M> {
  readonly type: string;
  readonly mailbox?: MailboxOptions<M>;
  /** Most messages of one request; default DEFAULT_BATCH. */
  readonly batch?: number;
}

const BOOT = Symbol("boot");

class Host<M> {
  private readonly process: SandboxProcess;
  private readonly limits: SandboxLimits;
  private state: unknown;
  private booted = false;

  constructor(private readonly context: ActorContext<M>, private readonly options: SandboxArgs) {
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.process = new SandboxProcess(options.image, this.limits);
  }

  async handle(messages: readonly unknown[]): Promise<void> {
    const { context } = this;
    const time = context.clock.now();
    if (!this.booted) {
      this.booted = true;
      const seed = context.random.int(2 ** 32);
      const { path } = context.self;
      const { incarnation } = context;
      await this.ask(
        { kind: "init", path, incarnation, seed, time, args: this.options.args ?? null },
        this.limits.startMs,
      );
    }
    const batch = messages.filter((message) => message !== BOOT);
    if (batch.length > 0) await this.ask({ kind: "batch", time, messages: batch }, this.limits.answerMs);
  }

  show(): unknown {
    return { pid: this.process.pid, state: this.state };
  }

  end(): void {
    this.process.kill("was ended by its host");
    this.options.image.leaves(this.process.gone());
  }

  private async ask(request: Request, answerMs: number): Promise<void> {
    const reply = await this.process.exchange(request, answerMs);
    this.carryOut(reply);
    if (reply.crash !== undefined) {
      const { name, message, stack } = reply.crash;
      const error = new Error(message);
      error.name = String(name);
      error.stack = stack === undefined ? error.stack : String(stack);
      throw error;
    }
    this.state = reply.state;
  }

  private carryOut({ effects }: Reply): void {
    for (const effect of effects) this.apply(effect);
  }

  private apply(effect: Effect): void {
    const { timers } = this.context;
    switch (effect[0]) {
      case "send": {
        const [, name, message] = effect;
        const port = Object.hasOwn(this.options.ports, name) ? this.options.ports[name] : undefined;
        if (port === undefined) {
          throw new SandboxError("SANDBOX_PORT", `the sandbox sends to "${name}", which is not open to it.`);
        }
        const parsed = port.schema.safeParse(message);
        if (!parsed.success) {
          throw new SandboxError(
            "SANDBOX_MESSAGE",
            `what the sandbox sends to "${name}" is not what goes there: ${String(parsed.error)}`,
          );
        }
        port.to.tell(parsed.data);
        return;
      }
      case "once":
        return timers.once(effect[1], effect[2], effect[3] as M);
      case "every":
        return timers.every(effect[1], effect[2], effect[3] as M);
      case "cancel":
        return timers.cancel(effect[1]);
      case "stop":
        return this.context.stop();
    }
  }
}

/** The definition of an actor that runs in a sandbox. */
export function sandboxed<M>(def: SandboxDef<M>): ActorDef<M, SandboxArgs> {
  return {
    type: def.type,
    mailbox: def.mailbox,
    batch: def.batch,
    holdsTime: true,
    init(context, args) {
      const host = new Host(context, args);
      // So that a guest that cannot start is a crash now and not at the first message.
      context.self.urgent(BOOT as never);
      return {
        receiveBatch: (messages) => host.handle([...messages]),
        stopped: () => host.end(),
        inspect: () => host.show(),
      };
    },
  };
}
