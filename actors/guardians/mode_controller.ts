/** The door through which actors report concerns, and the clock that lets the mode recover. */
import type { ActorDef, Micros } from "../../runtime/mod.ts";
import type { ConcernReport, SystemMode } from "../../supervision/mod.ts";
import { MODE, type ModeMessage } from "../protocol/mod.ts";

export interface ModeControllerArgs {
  /** How long no concern may have been active before SafeMode ends. */
  readonly recoverAfter: Micros;
  /** Belongs to the node: a crash of this actor must not forget a concern. */
  readonly keeper: {
    readonly mode: SystemMode;
    concerns(): readonly ConcernReport[];
    report(concern: ConcernReport, now: Micros): void;
    tick(now: Micros): void;
  };
}

type Tick = { readonly kind: "Tick" };
const TICK: Tick = { kind: "Tick" };

export const modeController: ActorDef<ModeMessage | Tick, ModeControllerArgs> = {
  type: "mode-controller",
  init(context, { keeper, recoverAfter }) {
    context.register(MODE);
    /** Time matters only on the way back, so the clock is only set then. */
    const arm = () => {
      if (keeper.mode === "SafeMode" && keeper.concerns().length === 0) context.timers.once("tick", recoverAfter, TICK);
    };
    arm();
    return {
      receive(message) {
        if (message.kind === "Tick") keeper.tick(context.clock.now());
        else if (message.kind === "Concern") keeper.report(message, context.clock.now());
        arm();
      },
      show: (message) => message,
      inspect: () => ({ mode: keeper.mode, concerns: keeper.concerns() }),
    };
  },
};
