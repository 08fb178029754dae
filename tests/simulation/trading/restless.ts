/**
 * An organism that tries everything a desk lets it write: all kinds of orders near the market and absurdly far from it,
 * amendments and cancels of whatever it has open, and now and then an error of its own. It loses money on purpose.
 */
import { z } from "zod";
import type {
  ExecutionReport,
  Micros,
  NewOrder,
  OrganismContext,
  OrganismDefinition,
} from "../../../actors/organisms/organism.ts";
import { BUY, MICROS_PER_MS, MICROS_PER_SECOND, SELL } from "../../../actors/organisms/organism.ts";

const parameters = z.strictObject({
  everyMs: z.number().positive().default(12).describe("Milliseconds between two ideas, on average."),
  errors: z.number().min(0).max(1).default(0.004).describe("Chance that an idea is an error."),
});

const TIFS = ["gtc", "ioc", "fok", "day", "gtd"] as const;
const SELF_TRADE = ["none", "cancel-newest", "cancel-oldest", "cancel-both", "decrement"] as const;

export const restless: OrganismDefinition<z.infer<typeof parameters>> = {
  species: "restless",
  summary: "Tries every order there is, to see what the house makes of it.",
  parameters,
  discipline: () => ({
    minimumRestingMs: 10,
    messagesPerSecond: 100_000,
    messageBurst: 10_000,
    maximumMessagesPerFill: 1000,
    messageAllowance: 100_000,
  }),
  create(context, { everyMs, errors }) {
    const { random } = context;
    const middle = new Map<number, number>();
    const answers = new Answers(context);
    const again = () =>
      context.setTimer("idea", Math.max(1, Math.round(random.exponential(1 / everyMs) * MICROS_PER_MS)));
    again();
    return {
      onBook(top) {
        if (top.bid > 0 && top.ask > 0) middle.set(top.instrument, Math.floor((top.bid + top.ask) / 2));
      },
      onTimer() {
        again();
        if (random.next() < errors) throw new Error("an idea that was an error");
        const { id } = context.instruments[random.int(context.instruments.length)];
        const mid = middle.get(id);
        if (mid !== undefined) act(context, id, mid, answers);
      },
      inspect: () => answers.missing(),
      onReport(report) {
        answers.heard(report);
        if (random.next() < errors / 4) throw new Error("a report that was too much");
      },
    };
  },
};

/** A desk answers each amendment it takes: replaced, refused, or the order ends. */
class Answers {
  readonly #asked = new Map<number, Micros>();
  readonly #never: number[] = [];

  constructor(private readonly context: OrganismContext) {}

  /** Of an order that is not changing: whatever was asked before has been answered. */
  asked(orderId: number): void {
    if (this.#asked.has(orderId)) this.#never.push(orderId);
    this.#asked.set(orderId, this.context.now());
  }

  heard({ orderId, type }: ExecutionReport): void {
    if (type === "replaced" || type === "cancel-rejected") this.#asked.delete(orderId);
  }

  /** Orders of which an amendment was never answered, and since when those that still wait do. */
  missing(): Unanswered {
    const open = this.context.instruments.flatMap(({ id }) => this.context.openOrders(id)).map(({ orderId }) =>
      orderId
    );
    return { never: this.#never, waiting: [...this.#asked].filter(([id]) => open.includes(id)) };
  }
}

export interface Unanswered {
  readonly never: readonly number[];
  readonly waiting: readonly (readonly [orderId: number, since: Micros])[];
}

function act(context: OrganismContext, instrument: number, mid: number, answers: Answers): void {
  const { random } = context;
  const open = context.openOrders(instrument);
  const idea = random.next();
  if (open.length > 0 && idea < 0.25) return context.cancel(open[random.int(open.length)].orderId);
  if (open.length > 0 && idea < 0.45) {
    const { orderId, price, changing } = open[random.int(open.length)];
    if (!changing) answers.asked(orderId);
    return context.amend(orderId, Math.max(1, (price || mid) + random.int(5) - 2), 1 + random.int(50));
  }
  context.submit(anyOrder(context, instrument, mid));
}

/** An order a desk takes; what the gate and the venue make of it is theirs. */
function anyOrder({ random, now }: OrganismContext, instrument: number, mid: number): NewOrder {
  const side = random.int(2) === 0 ? BUY : SELL;
  const quantity = 1 + random.int(random.int(10) === 0 ? 100 : 15);
  const far = random.int(25) === 0 ? mid : 4;
  const price = Math.max(1, mid + random.int(2 * far + 1) - far);
  const common = { instrument, side, quantity, reduceOnly: random.int(12) === 0 } as const;
  const selfTrade = SELF_TRADE[random.int(SELF_TRADE.length)];
  const kind = random.int(10);
  if (kind === 0) return { ...common, type: "market", tif: random.int(2) === 0 ? "ioc" : "fok" };
  if (kind === 1) return { ...common, type: "stop", trigger: price };
  if (kind === 2) {
    return { ...common, type: "stop-limit", trigger: price, price: Math.max(1, price + random.int(3) - 1) };
  }
  const tif = TIFS[random.int(TIFS.length)];
  const rests = tif !== "ioc" && tif !== "fok";
  const expires = tif === "gtd"
    ? (Math.floor(now() / MICROS_PER_SECOND) + 1 + random.int(2)) * MICROS_PER_SECOND
    : undefined;
  const display = rests && random.int(8) === 0 ? 1 + random.int(quantity) : undefined;
  return { ...common, price, tif, expires, display, selfTrade, postOnly: rests && random.int(3) === 0 };
}
