/**
 * The seldom used part of an actor, as fields that cost nothing until one of them is set: every idle actor would pay for
 * them otherwise. Reading one is a look at `rare` more, so what every message touches is not among them.
 */
import type { ActorRef, ExitReason, Signal } from "../actor.ts";
import type { Mailbox } from "./mailbox.ts";
import { type Finishing, Rare, type Replacement, type Stashed, type Watcher } from "./rare.ts";
import type { Ring } from "./ring.ts";

export abstract class Seldom {
  protected rare: Rare | null = null;

  get stash(): Stashed[] | null {
    return this.rare === null ? null : this.rare.stash;
  }

  get suspended(): boolean {
    return this.rare !== null && this.rare.suspended;
  }

  set suspended(yes: boolean) {
    if (yes || this.rare !== null) this.uncommon().suspended = yes;
  }

  get replacement(): Replacement | null {
    return this.rare === null ? null : this.rare.replacement;
  }

  set replacement(replacement: Replacement | null) {
    this.uncommon().replacement = replacement;
  }

  get supervision(): ((child: ActorRef<never>) => unknown) | null {
    return this.rare === null ? null : this.rare.supervision;
  }

  set supervision(show: ((child: ActorRef<never>) => unknown) | null) {
    this.uncommon().supervision = show;
  }

  get stateBefore(): unknown {
    return this.rare === null ? null : this.rare.stateBefore;
  }

  set stateBefore(state: unknown) {
    this.uncommon().stateBefore = state;
  }

  /** Messages taken after the last one of the batch being handled. */
  set trailing(count: number) {
    if (count > 0 || this.rare !== null) this.uncommon().trailing = count;
  }

  get rejected(): number {
    return this.rare === null ? 0 : this.rare.rejected;
  }

  set rejected(rejected: number) {
    if (rejected !== 0 || this.rare !== null) this.uncommon().rejected = rejected;
  }

  get dropped(): number {
    return this.rare === null ? 0 : this.rare.dropped;
  }

  set dropped(dropped: number) {
    if (dropped !== 0 || this.rare !== null) this.uncommon().dropped = dropped;
  }

  get expired(): number {
    return this.rare === null ? 0 : this.rare.expired;
  }

  set expired(expired: number) {
    if (expired !== 0 || this.rare !== null) this.uncommon().expired = expired;
  }

  get dead(): number {
    return this.rare === null ? 0 : this.rare.dead;
  }

  set dead(dead: number) {
    if (dead !== 0 || this.rare !== null) this.uncommon().dead = dead;
  }

  get urgentLane(): Mailbox | null {
    return this.rare === null ? null : this.rare.urgentLane;
  }

  set urgentLane(urgentLane: Mailbox | null) {
    if (urgentLane !== null || this.rare !== null) this.uncommon().urgentLane = urgentLane;
  }

  get signals(): Ring<Signal> | null {
    return this.rare === null ? null : this.rare.signals;
  }

  set signals(signals: Ring<Signal> | null) {
    if (signals !== null || this.rare !== null) this.uncommon().signals = signals;
  }

  get pendingKill(): ExitReason | null {
    return this.rare === null ? null : this.rare.pendingKill;
  }

  set pendingKill(pendingKill: ExitReason | null) {
    if (pendingKill !== null || this.rare !== null) this.uncommon().pendingKill = pendingKill;
  }

  get pendingStop(): ExitReason | null {
    return this.rare === null ? null : this.rare.pendingStop;
  }

  set pendingStop(pendingStop: ExitReason | null) {
    if (pendingStop !== null || this.rare !== null) this.uncommon().pendingStop = pendingStop;
  }

  get batch(): unknown[] | null {
    return this.rare === null ? null : this.rare.batch;
  }

  set batch(batch: unknown[] | null) {
    if (batch !== null || this.rare !== null) this.uncommon().batch = batch;
  }

  get carried(): Finishing[] | null {
    return this.rare === null ? null : this.rare.carried;
  }

  set carried(carried: Finishing[] | null) {
    if (carried !== null || this.rare !== null) this.uncommon().carried = carried;
  }

  get patienceSpent(): boolean {
    return this.rare === null ? false : this.rare.patienceSpent;
  }

  set patienceSpent(patienceSpent: boolean) {
    if (patienceSpent || this.rare !== null) this.uncommon().patienceSpent = patienceSpent;
  }

  get strategy(): string | null {
    return this.rare === null ? null : this.rare.strategy;
  }

  set strategy(strategy: string | null) {
    if (strategy !== null || this.rare !== null) this.uncommon().strategy = strategy;
  }

  get names(): string[] | null {
    return this.rare === null ? null : this.rare.names;
  }

  set names(names: string[] | null) {
    if (names !== null || this.rare !== null) this.uncommon().names = names;
  }

  get watchers(): Map<number, Watcher> | null {
    return this.rare === null ? null : this.rare.watchers;
  }

  set watchers(watchers: Map<number, Watcher> | null) {
    if (watchers !== null || this.rare !== null) this.uncommon().watchers = watchers;
  }

  protected uncommon(): Rare {
    return this.rare ??= new Rare();
  }
}
