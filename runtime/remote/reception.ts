/**
 * A letter from another node on its last steps: to the actor that it is for. It is done with when that actor's handler is, so
 * that a node which dies in between gets it again.
 */
import type { ActorRef } from "../actor.ts";
import type { WireEnvelope } from "../message.ts";
import type { ActorSystem } from "../system.ts";
import type { Letter } from "../transport/mod.ts";
import type { MessageFate } from "../internal/arrival.ts";
import type { Asked } from "../internal/far.ts";
import { BUSY, cellOf } from "../internal/cell.ts";
import type { Wall } from "../internal/wall.ts";
import { type Address, addressSchema, addressText } from "./address.ts";
import { type Control, controlDef, type DoorMessage } from "./control.ts";
import { type Exports, isCell } from "./exports.ts";
import { type Incoming, Refused } from "./intake.ts";
import { ASK, LEFT, TO, WAITING } from "./post.ts";

/** Between two tries of an actor whose mailbox is full, milliseconds: meanwhile the letters stay with the broker. */
const FULL_MS = 50;
export const TO_DOOR = "door";

export interface ReceptionOptions {
  readonly system: ActorSystem;
  readonly wall: Wall;
  readonly node: string;
  readonly epoch: number;
  readonly exports: Exports;
  readonly door: ActorRef<DoorMessage>;
  readonly answer: (node: string, control: Control) => void;
  /** What the handling of a message causes here belongs to the trace that it came with. */
  readonly traced: (root: number, trace: string) => void;
}

/** A question's number and who waits for its answer. */
interface Question {
  readonly ask: number;
  readonly waiting: readonly string[];
}

export class Reception {
  /** Answers that nobody waited for any more. */
  late = 0;
  private closed = false;

  constructor(private readonly options: ReceptionOptions) {}

  close(): void {
    this.closed = true;
  }

  readonly handle = async (incoming: Incoming): Promise<void> => {
    const { headers = {} } = incoming.letter;
    if (headers[TO] === TO_DOOR) return await this.control(incoming);
    const to = addressIn(headers[TO]);
    const question = questionIn(headers);
    const found = "epoch" in to && to.epoch !== this.options.epoch ? undefined : this.options.exports.find(to);
    if ("ask" in to) return await this.settle(incoming, found?.ref as unknown as Asked | undefined, found?.def);
    if (found === undefined) {
      // Whoever asks is told, and needs no dead letter beside that.
      if (question !== null) return this.fail(incoming, question, "dead");
      throw new Refused("NAME_UNKNOWN", `nobody is here under ${addressText(to)}.`);
    }
    if (incoming.def !== found.def) throw unexpected(incoming, found.def.id);
    await this.bring(incoming, found.ref, question);
  };

  /**
   * A question to one who waits for the answer to a question that it is a part of: it would wait behind that one, and must be
   * refused at once.
   */
  readonly lane = ({ headers = {} }: Letter): string | null => {
    if (headers[WAITING] === undefined || headers[WAITING] === "[]") return null;
    try {
      const found = this.options.exports.find(addressIn(headers[TO]));
      const place = found === undefined ? null : `${this.options.node}${found.ref.path}`;
      return place !== null && questionIn(headers)?.waiting.includes(place) ? `circle ${place}` : null;
    } catch {
      return null;
    }
  };

  private async control(incoming: Incoming): Promise<void> {
    if (incoming.def !== controlDef as unknown) throw unexpected(incoming, controlDef.id);
    const { envelope } = incoming.letter;
    const control = incoming.message as Control;
    await this.deliver(
      this.options.door,
      { kind: "Control", from: envelope.node, epoch: envelope.epoch, control },
      envelope,
    );
  }

  private async bring(incoming: Incoming, ref: ActorRef<never>, question: Question | null): Promise<void> {
    const { system, node } = this.options;
    const { letter: { envelope, headers = {} }, message } = incoming;
    if (!isCell(ref)) return await this.tell(ref, message);
    const cell = cellOf(ref);
    const place = `${node}${cell.path}`;
    const circle = question?.waiting.indexOf(place) ?? -1;
    // It waits for the answer to a question of which this one is a part.
    if (question !== null && circle >= 0 && cell.life === BUSY) {
      return this.fail(incoming, question, "cycle", [...question.waiting.slice(circle), place]);
    }
    const deadline = deadlineIn(headers, system.clock.now());
    const waiting = question?.waiting ?? [];
    const opened = (root: number) => this.options.traced(root, headers.traceparent ?? "");
    for (;;) {
      const fate = await this.deliver(ref, message as never, { ...envelope, deadline }, { waiting, opened });
      if (fate === "handled" || fate === "dropped" || fate === "expired") return;
      if (fate === "crashed") throw new Error(`${cell.path} crashed`);
      if (question !== null) return this.fail(incoming, question, fate === "dead" ? "dead" : "overloaded");
      if (fate === "dead") throw new Refused("NAME_UNKNOWN", `${cell.path} has ended for good.`);
      if (this.closed) throw new Error("the node is closing");
      await this.options.wall.sleep(FULL_MS).done;
    }
  }

  private deliver<M>(
    ref: ActorRef<M>,
    message: M,
    origin: WireEnvelope,
    more: { readonly waiting?: readonly string[]; readonly opened?: (root: number) => void } = {},
  ): Promise<MessageFate> {
    return new Promise((settled) => this.options.system.deliver(ref, message, origin, { ...more, settled }));
  }

  /** To an adapter, which is no actor itself: done with when it has it. */
  private tell(ref: ActorRef<never>, message: unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      this.options.system.inject(() => {
        const fate = ref.tell(message as never);
        if (fate === "enqueued" || fate === "diverted" || fate === "dropped") resolve();
        else if (fate === "dead") reject(new Refused("NAME_UNKNOWN", `${ref.path} has ended for good.`));
        else reject(new Error(`${ref.path} has no room`));
      });
    });
  }

  private settle(incoming: Incoming, asked: Asked | undefined, def: unknown): Promise<void> {
    if (asked !== undefined && incoming.def !== def) throw unexpected(incoming, (def as Incoming["def"]).id);
    return new Promise((resolve) => {
      this.options.system.inject(() => {
        if (asked === undefined || !asked.awaited) this.late++;
        else asked.tell(incoming.message);
        resolve();
      });
    });
  }

  private fail(
    incoming: Incoming,
    { ask }: Question,
    failure: "dead" | "overloaded" | "cycle",
    path?: readonly string[],
  ): void {
    const { node, epoch } = incoming.letter.envelope;
    this.options.answer(node, { kind: "AskFailed", ask, epoch, failure, ...(path && { path: [...path] }) });
  }
}

function unexpected({ def: { id } }: Incoming, wanted: string): Refused {
  return new Refused("MESSAGE_UNEXPECTED", `"${id}" came to one that takes "${wanted}".`);
}

function addressIn(header: string | undefined): Address {
  const read = addressSchema.safeParse(parsed(header));
  if (read.success) return read.data;
  throw new Refused("MESSAGE_UNEXPECTED", "its header does not say for whom it is.");
}

function questionIn(headers: Readonly<Record<string, string>>): Question | null {
  if (headers[ASK] === undefined) return null;
  const ask = Number(headers[ASK]);
  const waiting = parsed(headers[WAITING] ?? "[]");
  if (
    Number.isSafeInteger(ask) && ask > 0 && Array.isArray(waiting) && waiting.every((one) => typeof one === "string")
  ) {
    return { ask, waiting };
  }
  throw new Refused("MESSAGE_UNEXPECTED", "its headers are those of no question.");
}

/** By this node's clock: what was left when it was sent, from now on. */
function deadlineIn(headers: Readonly<Record<string, string>>, now: number): number {
  const left = headers[LEFT] === undefined ? Infinity : Number(headers[LEFT]);
  return left >= 0 ? now + left : now;
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
