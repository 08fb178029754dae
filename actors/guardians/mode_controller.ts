/**
 * Turns concerns into the system mode and the mode into the control page. The rule itself is pure and lives in
 * supervision; this actor feeds it, carries its answer out, and puts every change on record.
 */
import { type ActorDef, type Micros, MICROS_PER_MS } from "../../runtime/mod.ts";
import type { SystemMode } from "../../supervision/mod.ts";
import { type Concern, MODE } from "../protocol/mod.ts";

/** The part of the mode machine this actor drives. */
export interface ModeRule {
  readonly mode: SystemMode;
  report(concern: Concern, now: Micros): ModeStep;
  tick(now: Micros): ModeStep;
}

export interface ModeStep {
  readonly mode: SystemMode;
  readonly changed: boolean;
  readonly reason: string;
}

export interface ModeControllerArgs {
  /** Belongs to the node: a crash of this actor must not forget a concern. */
  readonly rule: ModeRule;
  /** Called with every change, before the next message: sets the control page and writes the audit record. */
  readonly onChange: (from: SystemMode, step: ModeStep, now: Micros) => void;
}

type Tick = { readonly kind: "Tick" };
const TICK: Tick = { kind: "Tick" };
const TICK_INTERVAL = 100 * MICROS_PER_MS;

export const modeController: ActorDef<Concern | Tick, ModeControllerArgs> = {
  type: "mode-controller",
  init(context, { rule, onChange }) {
    context.register(MODE);
    context.timers.every("tick", TICK_INTERVAL, TICK);
    return {
      receive(message) {
        const now = context.clock.now();
        const from = rule.mode;
        const step = message.kind === "Tick" ? rule.tick(now) : rule.report(message, now);
        if (step.changed) onChange(from, step, now);
      },
      inspect: () => ({ mode: rule.mode }),
    };
  },
};
