/** The way from the console to the limits desk: issues the mandate, asks, and turns a refusal into an error. */
import { UserError } from "../../config/mod.ts";
import { type ActorRef, type ActorSystem, MICROS_PER_SECOND } from "../../runtime/mod.ts";
import type { LimitsKeeper } from "../controls/mod.ts";
import type {
  ControlsPort,
  LimitsCommand,
  LimitsMessage,
  LimitsReply,
  LimitsView,
  Mandates,
  Principal,
} from "../protocol/mod.ts";
import { LIMITS_DESK } from "./tree.ts";

/** Market time, which a node at full speed passes quickly. */
const TIMEOUT = 3_600 * MICROS_PER_SECOND;

export interface ControlsDoorOptions {
  readonly system: ActorSystem;
  readonly keeper: LimitsKeeper;
  readonly issue: Mandates["issue"];
}

export class ControlsDoor implements ControlsPort {
  readonly #options: ControlsDoorOptions;

  constructor(options: ControlsDoorOptions) {
    this.#options = options;
  }

  view(): LimitsView {
    return this.#options.keeper.view();
  }

  async request(principal: Principal, command: LimitsCommand, from: string) {
    const { system, issue } = this.#options;
    const desk = system.find(LIMITS_DESK) as ActorRef<LimitsMessage> | undefined;
    const mandate = issue(principal);
    const answer = desk === undefined ? null : await system.ask<LimitsMessage, LimitsReply>(
      desk,
      (replyTo) => ({ kind: "LimitsRequest", mandate, command, from, replyTo }),
      TIMEOUT,
    );
    if (answer === null || !answer.ok) {
      throw new UserError(
        "CONTROLS_UNAVAILABLE",
        "the limits desk did not answer, so it is not known whether the limit changed: look before asking again; a kill works",
      );
    }
    const reply = answer.value;
    if (!reply.ok) throw new UserError(reply.code, reply.detail);
    return reply;
  }
}
