/**
 * The gateway's desk for configurations of its cluster. One person offers one, every node looks whether it can run it, and another
 * person of another role puts it in force: then, and not before, limits that can change while the node runs do, on record, and
 * nodes start with it. Nodes that refuse it, or have not said anything, stand in the way unless that person says otherwise.
 */
import { type Config, configHash, UserError, withShared } from "../../../config/mod.ts";
import { RecordType } from "../../../ffi/layout.gen.ts";
import type { AuditLog } from "../../../ffi/mod.ts";
import { BrokerError } from "../../../runtime/transport/mod.ts";
import { approveSecond, digestOf, permit, roleFor, type Waiting } from "../../controls/mod.ts";
import type {
  ConfigurationOffer,
  ConfigurationPort,
  ConfigurationSwitch,
  Principal,
  Role,
} from "../../protocol/mod.ts";
import type { ComposedNode } from "../composed_node.ts";
import { type Journal, noteDurably } from "../journal.ts";
import { wallMillis } from "../wall.ts";
import type { ClusterLink } from "./cluster_link.ts";
import type { ConfigurationBook, Offered } from "./configuration_book.ts";

export interface ConfigurationDeskOptions {
  readonly link: ClusterLink;
  readonly book: ConfigurationBook;
  /** As this gateway runs. */
  readonly config: Config;
  readonly node: ComposedNode;
  readonly journal: Journal;
  readonly audit: AuditLog;
  /** Whether it is the gateway, as far as it can know. */
  readonly held: () => boolean;
}

/** Roles whose nodes have to be able to run it. */
const RUN_IT = ["gateway", "organisms"];

const waitingOf = ({ epoch, person, role, at, hash }: Offered): Waiting & { readonly hash: string } => ({
  ...{ id: epoch, person, role: role as Role, at, hash },
});

export class ConfigurationDesk implements ConfigurationPort {
  readonly #options: ConfigurationDeskOptions;

  constructor(options: ConfigurationDeskOptions) {
    this.#options = options;
  }

  view(): ConfigurationOffer | null {
    const { link, book } = this.#options;
    const { latest } = book;
    if (latest === null) return null;
    const { offer, outcome, state } = latest;
    const { epoch, hash, person, reason } = offer;
    const acknowledged: string[] = [];
    const refused: { node: string; why: string }[] = [];
    const silent: string[] = [];
    const self = link.options.node;
    if (typeof outcome === "string") refused.push({ node: self, why: outcome });
    else acknowledged.push(self);
    for (const { node, role, offer: said } of link.board.live) {
      if (node === self || !RUN_IT.includes(role)) continue;
      if (said?.epoch !== epoch) silent.push(node);
      else if (said.refused !== null) refused.push({ node, why: said.refused });
      else acknowledged.push(node);
    }
    return { epoch, hash, person, reason, digest: digestOf(waitingOf(offer)), state, acknowledged, refused, silent };
  }

  async offer(by: Principal, shared: string, reason: string, from: string): Promise<ConfigurationOffer> {
    const { book, config } = this.#options;
    permit(by, "propose-limits");
    this.#inOffice();
    const hash = configHash(withShared(config, shared));
    const { latest } = book;
    if (latest?.state === "waiting") {
      throw new UserError(
        "CONFIGURATION_WAITS",
        `configuration epoch ${latest.offer.epoch} waits for a second person: approve or withdraw it before another is offered`,
      );
    }
    if (configHash(book.effective.config) === hash) {
      throw new UserError("CONFIGURATION_SAME", `nodes start with the configuration ${hash.slice(0, 12)} already`);
    }
    const epoch = (latest?.offer.epoch ?? 0) + 1;
    const [role, at] = [roleFor(by, "propose-limits"), wallMillis()];
    this.#record({ action: "configuration-offered", epoch, hash, who: by.id, person: by.person, from, reason });
    await this.#say({ kind: "offered", epoch, hash, shared, person: by.person, role, at, reason });
    return this.view()!;
  }

  async approve(
    by: Principal,
    { epoch, digest, without }: { readonly epoch: number; readonly digest: string; readonly without: boolean },
    from: string,
  ): Promise<ConfigurationSwitch> {
    const { node } = this.#options;
    permit(by, "approve-limits");
    this.#inOffice();
    const { offer, outcome } = this.#waiting(epoch);
    approveSecond(by, "approve-limits", waitingOf(offer), digest, wallMillis());
    const { refused, silent } = this.view()!;
    if (typeof outcome === "string") throw new UserError("CONFIGURATION_BAD", `this gateway cannot run it: ${outcome}`);
    if (!without && refused.length + silent.length > 0) {
      const why = [
        ...refused.map(({ node, why }) => `${node} refuses it (${why})`),
        ...silent.map((name) => `${name} has not said anything`),
      ];
      throw new UserError(
        "CONFIGURATION_WAITS",
        `configuration epoch ${epoch} waits: ${why.join("; ")}: mend or stop those nodes, or approve it without them`,
      );
    }
    const { hash, reason } = offer;
    const left = [...refused.map(({ node }) => node), ...silent];
    const who = { who: by.id, person: by.person, from };
    this.#record({
      action: "configuration-switched",
      epoch,
      hash,
      ...who,
      offeredBy: offer.person,
      without: left,
      reason,
    });
    await this.#say({ kind: "switched", epoch, person: by.person });
    const { changed, later } = await node.controls.adopt(outcome, who, `configuration epoch ${epoch}: ${reason}`);
    return { epoch, hash, changed: changed.length, later };
  }

  async withdraw(by: Principal, epoch: number, reason: string, from: string): Promise<void> {
    permit(by, "withdraw-limits");
    this.#inOffice();
    const { offer: { hash } } = this.#waiting(epoch);
    this.#record({ action: "configuration-withdrawn", epoch, hash, who: by.id, person: by.person, from, reason });
    await this.#say({ kind: "withdrawn", epoch, person: by.person, reason });
  }

  #waiting(epoch: number) {
    const { latest } = this.#options.book;
    if (latest === null || epoch > latest.offer.epoch) {
      throw new UserError("UNKNOWN_CHANGE", `there is no configuration epoch ${epoch}: see cluster configure`);
    }
    if (epoch < latest.offer.epoch || latest.state !== "waiting") {
      throw new UserError("CHANGE_DECIDED", `configuration epoch ${epoch} does not wait any more`);
    }
    return latest;
  }

  #inOffice(): void {
    if (this.#options.held()) return;
    throw new UserError(
      "CONFIGURATION_WAITS",
      "this gateway waits for the broker of its lease: ask again when it answers",
    );
  }

  /** On record before it counts. */
  #record(event: Readonly<Record<string, unknown>>): void {
    const { journal, audit } = this.#options;
    if (noteDurably(journal, audit, RecordType.OperatorAction, event)) return;
    throw new UserError("AUDIT_FAILED", "the audit log cannot record, so nothing was changed: mend it and start anew");
  }

  async #say(...[said]: Parameters<ConfigurationBook["say"]>): Promise<void> {
    try {
      await this.#options.book.say(said);
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      throw new UserError(error.code, `${error.message} Nothing was changed: ask again when a broker answers.`);
    }
  }
}
