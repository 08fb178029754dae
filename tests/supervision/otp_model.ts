/**
 * A readable twin of the supervisor, written after the clauses of OTP's supervisor.erl and not after ours.
 *
 * OTP's supervisor blocks while it stops and starts children, so the model is plain recursion over a list. It knows one
 * level, no delays and no time to stop, which is what the random trees of the twin test use.
 */
import type { RestartType, Strategy } from "../../supervision/mod.ts";

export interface ModelChild {
  readonly id: string;
  readonly restart: RestartType;
}

type Status = "up" | "down" | "restarting";

export class OtpModel {
  readonly trace: string[] = [];
  alive = true;
  private children: { readonly id: string; readonly restart: RestartType; status: Status }[] = [];
  private restarts: number[] = [];
  private readonly again: string[] = [];

  constructor(
    children: readonly ModelChild[],
    private readonly strategy: Strategy,
    private readonly intensity: number,
    private readonly period: number,
    private readonly failures: Map<string, number>,
  ) {
    this.children = children.map((child) => ({ ...child, status: "down" }));
    this.startAll(this.children);
  }

  /** A child that is up ends by itself. */
  exit(id: string, reason: "normal" | "shutdown" | "error", now: number): void {
    const child = this.children.find((one) => one.id === id);
    if (child?.status !== "up" || !this.alive) return;
    this.trace.push(`-${id} ${reason}`);
    child.status = "down";
    // do_restart/3: permanent always; normal and shutdown leave; transient; temporary.
    if (child.restart === "permanent" || (child.restart === "transient" && reason === "error")) this.restart(id, now);
    else this.remove(id);
    // try_again_restart: casts to itself, one after the other.
    while (this.alive && this.again.length > 0) {
      const next = this.again.shift()!;
      if (this.children.find((one) => one.id === next)?.status === "restarting") this.restart(next, now);
    }
  }

  stop(): void {
    if (!this.alive) return;
    this.terminate(this.children);
    this.alive = false;
  }

  private restart(id: string, now: number): void {
    // add_restart/3: those exactly `period` old still count.
    this.restarts = [now, ...this.restarts].filter((time) => time >= now - this.period);
    if (this.restarts.length > this.intensity) {
      this.remove(id);
      this.stop();
      return;
    }
    const index = this.children.findIndex((one) => one.id === id);
    const child = this.children[index];
    child.status = "down";
    const affected = this.strategy === "one_for_one"
      ? [child]
      : this.strategy === "rest_for_one"
      ? this.children.slice(index)
      : this.children;
    // restart_multiple_children: terminate, drop the temporary ones, start in order.
    const kept = this.terminate(affected);
    this.children = this.children.filter((one) => !affected.includes(one) || kept.includes(one));
    const failed = this.startAll(kept);
    if (failed !== null) {
      failed.status = "restarting";
      this.again.push(failed.id);
    }
  }

  private terminate(children: readonly (typeof this.children)[number][]) {
    for (const child of [...children].reverse()) {
      if (child.status === "up") this.trace.push(`-${child.id} shutdown`);
      child.status = "down";
    }
    return children.filter((child) => child.restart !== "temporary");
  }

  private startAll(children: readonly (typeof this.children)[number][]) {
    for (const child of children) {
      const left = this.failures.get(child.id) ?? 0;
      if (left > 0) {
        this.failures.set(child.id, left - 1);
        this.trace.push(`!${child.id}`);
        return child;
      }
      this.trace.push(`+${child.id}`);
      child.status = "up";
    }
    return null;
  }

  /** del_child: the spec of a temporary child goes, that of any other stays. */
  private remove(id: string): void {
    const child = this.children.find((one) => one.id === id)!;
    child.status = "down";
    if (child.restart === "temporary") this.children = this.children.filter((one) => one !== child);
  }
}
