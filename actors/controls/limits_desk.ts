/**
 * The actor through which limits are changed: one request at a time, each with a mandate.
 *
 * It takes no name that others could find it by, and nothing but a mandate makes it listen.
 */
import type { ActorDef } from "../../runtime/mod.ts";
import type { LimitsMessage, Mandates } from "../protocol/limits.ts";
import type { LimitsKeeper } from "./keeper.ts";

export interface LimitsDeskArgs {
  readonly keeper: LimitsKeeper;
  readonly holderOf: Mandates["holderOf"];
}

export const limitsDesk: ActorDef<LimitsMessage, LimitsDeskArgs> = {
  type: "limits-desk",
  init(_context, { keeper, holderOf }) {
    return {
      receive(message) {
        if (message.kind === "LimitsClock") {
          keeper.poll();
          return;
        }
        const { mandate, command, from, replyTo } = message;
        const holder = holderOf(mandate);
        replyTo.tell(holder === null ? keeper.refuseStranger(from) : keeper.carryOut(holder, command, from));
      },
      show: ({ kind }) => ({ kind }),
      inspect: () => ({ hash: keeper.hash }),
    };
  },
};
