/**
 * Our side: plays a tree on our supervisors and tells what happened, in the lines that tree_player.erl uses.
 *
 *     +a                         a started; of a supervisor, after its children
 *     !a   ?a                    the start of a failed; its init had nothing to do
 *     -a shutdown                a ended: normal, shutdown, killed, error; undone: with the failed start of its supervisor
 *     r shutdown-error s a killed x2   supervisor s reports on child a; of a dynamic one, on how many
 *     reply already-started      what a command was answered
 *     = s 2/1/0/2 a:up b:down    what s says of its children: specs/active/supervisors/workers
 *     step, skipped, stop        where the script stands
 */
import {
  type ActorDef,
  type ActorRef,
  ActorSystem,
  childrenOf,
  type ExitReason,
  IGNORE,
  type SystemEvent,
} from "../../../runtime/mod.ts";
import {
  type AnySupervisorSpec,
  type ChildSpec,
  supervise,
  type SupervisorMessage,
  type SupervisorReply,
  type SupervisorView,
  worker,
  type WorkerSpec,
} from "../../../supervision/mod.ts";
import { probe } from "../../../runtime/testkit/mod.ts";
import type { AnyTree, OnStop, Play, Reason, Step, SupervisorTree, WorkerTree } from "./trees.ts";

/** Virtual time one step gets: more than all its stubborn workers need, less than a third of the shortest window. */
const STEP_MICROS = 250_000;

interface Life {
  readonly id: string;
  readonly onStop: OnStop;
}

export const EXITS: Record<Exclude<Reason, "killed">, ExitReason> = {
  normal: { kind: "normal" },
  shutdown: { kind: "shutdown" },
  detail: { kind: "shutdown", detail: "detail" },
  error: { kind: "error", error: new Error("crashed") },
};

class Player {
  readonly system = new ActorSystem({ seed: 1, start: 0, speed: "max", patienceMs: 20 });
  readonly lines: string[] = [];
  private readonly events: SystemEvent[] = [];
  private readonly fails = new Map<string, number>();
  private readonly ignores = new Map<string, number>();
  /** Paths of actors by id, and the other way round; the latest life counts. */
  private readonly paths = new Map<string, string>();
  private readonly ids = new Map<string, string>();
  private readonly replies = probe<SupervisorReply>(this.system, "replies");
  private readonly workerDef: ActorDef<Reason, Life>;

  constructor(private readonly top: SupervisorTree) {
    this.system.events.subscribe((event) => this.events.push(event));
    this.workerDef = {
      type: "player",
      init: (context, { id, onStop }) => {
        this.paths.set(id, context.self.path);
        this.ids.set(context.self.path, id);
        if (this.due(this.fails, id)) throw new Error("cannot start");
        if (this.due(this.ignores, id)) return IGNORE;
        if (onStop !== "obey") {
          childrenOf(context).onStop(() => {
            if (onStop !== "ignore") context.stop(EXITS[onStop]);
          });
        }
        return {
          receive: (reason) => {
            if (reason === "error") throw (EXITS.error as { error: Error }).error;
            context.stop(EXITS[reason as Exclude<Reason, "killed">]);
          },
        };
      },
    };
  }

  async play({ broken, steps }: Play): Promise<void> {
    if (broken !== null) this.fails.set(broken, 1);
    try {
      supervise(this.system, this.top.id, this.spec(this.top) as AnySupervisorSpec);
    } catch { /* told by the events */ }
    await this.settle(null);
    for (const step of steps) {
      if (step.kind === "sleep") {
        await this.system.run({ until: this.system.clock.now() + step.ms * 1000 });
        continue;
      }
      this.lines.push("step");
      await this.settle(this.step(step));
    }
    this.lines.push("stop");
    await this.system.stop();
    this.tell();
  }

  private due(left: Map<string, number>, id: string): boolean {
    const times = left.get(id) ?? 0;
    if (times > 0) left.set(id, times - 1);
    return times > 0;
  }

  private spec(tree: AnyTree): ChildSpec {
    const { id, restart, significant } = tree;
    if (tree.kind === "worker") return this.worker(tree);
    this.ids.set(id, id);
    const common = {
      id,
      restart,
      significant,
      intensity: tree.intensity,
      periodMs: tree.period * 1000,
      autoShutdown: tree.auto,
    };
    return tree.kind === "dynamic"
      ? { ...common, strategy: "dynamic", template: this.worker(tree.template) }
      : { ...common, strategy: tree.strategy, children: tree.children.map((child) => this.spec(child)) };
  }

  private worker({ id, restart, significant, shutdown, onStop }: WorkerTree): WorkerSpec {
    return worker(id, this.workerDef, { id, onStop }, { restart, significant, shutdown });
  }

  private ref(id: string): ActorRef<never> | null {
    const path = this.pathOf(id);
    // A dynamic supervisor that was restarted gives the names of its children again.
    if (this.paths.has(id) && this.ids.get(path) !== id) return null;
    const actor = this.system.actors().find((one) => one.path === path);
    return actor === undefined || actor.state === "waiting-restart" ? null : this.system.find(path)!;
  }

  private pathOf(id: string): string {
    return this.paths.get(id) ?? this.system.actors().find((one) => one.path.endsWith(`/${id}`))?.path ?? "";
  }

  /** Sets it going; returns whether there will be a reply. */
  private step(step: Exclude<Step, { kind: "sleep" }>): boolean {
    switch (step.kind) {
      case "fail":
      case "ignore":
        (step.kind === "fail" ? this.fails : this.ignores).set(step.id, step.times);
        return false;
      case "die": {
        const refs = step.ends.map(([id, reason]) => [this.ref(id) as ActorRef<Reason> | null, reason] as const);
        if (this.ref(step.supervisor) === null || refs.some(([ref]) => ref === null)) this.skip();
        else for (const [ref, reason] of refs) reason === "killed" ? this.system.kill(ref!) : ref!.tell(reason);
        return false;
      }
      case "start":
        return this.command(step.supervisor, { kind: "StartChild", spec: this.spec(step.child) });
      case "start-dynamic":
        return this.command(step.supervisor, { kind: "StartDynamic", args: { id: step.id } });
      case "terminate":
        return this.command(step.supervisor, { kind: "TerminateChild", id: step.id });
      case "restart":
        return this.command(step.supervisor, { kind: "RestartChild", id: step.id });
      case "delete":
        return this.command(step.supervisor, { kind: "DeleteChild", id: step.id });
      case "terminate-dynamic": {
        const child = this.ref(step.id);
        return child === null ? this.skip() : this.command(step.supervisor, { kind: "TerminateChild", id: child });
      }
    }
  }

  private skip(): false {
    this.lines.push("skipped");
    return false;
  }

  private command(supervisor: string, message: SupervisorMessage): boolean {
    const ref = this.ref(supervisor) as ActorRef<SupervisorMessage> | null;
    if (ref === null) return this.skip();
    ref.tell({ ...message, replyTo: this.replies.ref } as SupervisorMessage);
    return true;
  }

  private async settle(asked: boolean | null): Promise<void> {
    await this.system.run({ until: this.system.clock.now() + STEP_MICROS });
    this.tell();
    if (asked) {
      const [reply] = this.replies.messages.splice(0);
      this.lines.push(
        `reply ${reply === undefined ? "none" : !reply.ok ? reply.code : reply.child === null ? "ignored" : "ok"}`,
      );
    }
    this.show(`/${this.top.id}`);
  }

  /** What the supervisor at `path`, and those below it, say of their children. */
  private show(path: string): void {
    const view = this.system.inspect(path) as SupervisorView | undefined;
    if (view === undefined) return;
    const { counts: { specs, active, supervisors, workers }, children, strategy } = view;
    const shown = children.map(({ id, state }) =>
      `${strategy === "dynamic" ? this.ids.get(`${path}/${id}`) : id}:${state === "running" ? "up" : "down"}`
    );
    if (strategy === "dynamic") shown.sort();
    this.lines.push(`= ${lastOf(path)} ${specs}/${active}/${supervisors}/${workers} ${shown.join(" ")}`.trimEnd());
    for (const { id, kind, state } of children) {
      if (kind === "supervisor" && state === "running") this.show(`${path}/${id}`);
    }
  }

  /** Writes down what has happened. */
  private tell(): void {
    for (const event of this.events.splice(0)) {
      const line = this.lineOf(event);
      if (line !== null) this.lines.push(line);
    }
  }

  private lineOf(event: SystemEvent): string | null {
    switch (event.kind) {
      case "started":
      case "restarted":
        return event.path === "/replies" ? null : `+${this.idOf(event.path)}`;
      case "ignored":
        return `?${this.idOf(event.path)}`;
      case "crashed":
        return event.reason.startsWith("init failed") ? `!${this.idOf(event.path)}` : null;
      case "ended":
        if (event.path === "/replies") return null;
        return `-${this.idOf(event.path)} ${event.reason === "shutdown: its parent ended" ? "undone" : event.exit}`;
      case "report": {
        const { id, children } = event.child;
        const many = children === undefined ? "" : ` x${children}`;
        const why = event.context === "child-terminated" || event.context === "shutdown-error"
          ? ` ${kindOf(event.reason)}`
          : "";
        return `r ${event.context} ${lastOf(event.path)} ${id}${why}${many}`;
      }
      default:
        return null;
    }
  }

  private idOf(path: string): string {
    return this.ids.get(path) ?? lastOf(path);
  }
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function kindOf(reason: string): string {
  if (reason === "normal" || reason === "killed") return reason;
  return reason.startsWith("shutdown") ? "shutdown" : "error";
}

export async function playOurs(play: Play): Promise<string[]> {
  const player = new Player(play.top);
  await player.play(play);
  return player.lines;
}
