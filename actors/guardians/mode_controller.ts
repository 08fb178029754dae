/** The door through which actors report concerns, and the clock that lets the mode recover. */
import { type ActorDef, type Micros, MICROS_PER_MS } from "../../runtime/mod.ts";
import type { ConcernReport, SystemMode } from "../../supervision/mod.ts";
import { type Concern, MODE } from "../protocol/mod.ts";

export interface ModeControllerArgs {
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
const TICK_INTERVAL = 100 * MICROS_PER_MS;

export const modeController: ActorDef<Concern | Tick, ModeControllerArgs> = {
  type: "mode-controller",
  init(context, { keeper }) {
    context.register(MODE);
    context.timers.every("tick", TICK_INTERVAL, TICK);
    return {
      receive(message) {
        if (message.kind === "Tick") keeper.tick(context.clock.now());
        else keeper.report(message, context.clock.now());
      },
      inspect: () => ({ mode: keeper.mode, concerns: keeper.concerns() }),
    };
  },
};
