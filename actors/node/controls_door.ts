/** The way from the console to the limits desk: issues the mandate, asks, and turns a refusal into an error. */
import { UserError } from "../../config/mod.ts";
import { type ActorRef, type ActorSystem, MICROS_PER_SECOND } from "../../runtime/mod.ts";
import type { Adopted, LimitsKeeper } from "../controls/mod.ts";
import type {
  ControlsPort,
  ControlTree,
  FactsInForce,
  FlattenCommand,
  FlattenRun,
  FlattenView,
  LimitsCommand,
  LimitsMessage,
  LimitsReply,
  LimitsView,
  Mandates,
  Principal,
  Refusal,
  RejectSeries,
} from "../protocol/mod.ts";
import type { ControlsOverview } from "./controls_overview.ts";
import type { FlattenDesk } from "./flatten/desk.ts";
import { LIMITS_DESK } from "./tree.ts";

/** Market time, which a node at full speed passes quickly. */
const TIMEOUT = 3_600 * MICROS_PER_SECOND;

export interface ControlsDoorOptions {
  readonly system: ActorSystem;
  readonly keeper: LimitsKeeper;
  readonly issue: Mandates["issue"];
  readonly overview: ControlsOverview;
  readonly flatten: FlattenDesk;
}

export class ControlsDoor implements ControlsPort {
  readonly #options: ControlsDoorOptions;

  constructor(options: ControlsDoorOptions) {
    this.#options = options;
  }

  view(): LimitsView {
    const { keeper, overview } = this.#options;
    const view = keeper.view();
    return { ...view, alerts: overview.alerts(view.alerts) };
  }

  tree(): ControlTree {
    return this.#options.overview.tree(this.#options.keeper.view());
  }

  rejects(): RejectSeries {
    return this.#options.overview.rejects();
  }

  refusals(limit: number): readonly Refusal[] {
    return this.#options.overview.refusals(limit);
  }

  facts(): FactsInForce {
    return this.#options.overview.facts();
  }

  flattens(): FlattenView {
    return this.#options.flatten.view();
  }

  flatten(principal: Principal, command: FlattenCommand, from: string): Promise<FlattenRun> {
    const { system, flatten } = this.#options;
    return new Promise((resolve, reject) => {
      // Between two turns, as everything that comes from outside.
      system.inject(() => {
        try {
          resolve(flatten.carryOut(principal, command, from));
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  /** Between two turns. Throws what the keeper throws. */
  adopt(...asked: Parameters<LimitsKeeper["adopt"]>): Promise<Adopted> {
    const { system, keeper } = this.#options;
    return new Promise((resolve, reject) => {
      system.inject(() => {
        try {
          resolve(keeper.adopt(...asked));
        } catch (error) {
          reject(error);
        }
      });
    });
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
