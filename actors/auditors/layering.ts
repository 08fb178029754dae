/**
 * Layering and spoofing, found in the stream of execution reports: orders at several prices of one side, an execution on the
 * other, and the orders of the first side cancelled at once (FINRA 5210.03, first type). One such episode is anybody's; a
 * pattern is several in a day. What is read are the reports that the gate and the log have; owners are accounts, so that two
 * strategies of one account do not hide what they do together.
 *
 * Whoever makes a market looks much like this: both sides stand at several prices, and a fill on one makes it cancel the
 * other. What is different is that its orders stand on both sides in like measure, and come back. An episode therefore also
 * needs its own side to be as much heavier than the other as `volumeRatio` says, and most of what was cancelled to stay away;
 * and it is a pattern only where it is the habit: where most of the times that such orders stood ended so.
 *
 * Not found: pressure that is put back within two windows, moved away instead of cancelled, spread over instruments, or of an
 * account that makes a market beside it more often than not.
 */
import { ExecType, type ExecutionView } from "../../ffi/layout.gen.ts";
import { type Micros, MICROS_PER_MS } from "../../runtime/mod.ts";

export interface LayeringRule {
  readonly levels: number;
  readonly volumeRatio: number;
  readonly depthShare: number;
  readonly cancelRatio: number;
  readonly windowMs: number;
  readonly lifeMs: number;
  readonly habit: number;
  /** In a day. */
  readonly episodes: number;
}

/** One time that it happened. Lots, market microseconds; ids as far as `MOST_IDS` goes. */
export interface Episode {
  /** Of the orders that were cancelled. */
  readonly side: "buy" | "sell";
  readonly time: Micros;
  readonly prices: number;
  readonly lots: number;
  readonly cancelled: number;
  readonly executed: number;
  readonly depthShare: number;
  readonly medianLifeMs: number;
  readonly orders: readonly number[];
  readonly executions: readonly number[];
}

export interface LayeringWatchOptions {
  readonly rule: LayeringRule;
  /** Whose strategy it is. */
  readonly ownerOf: (strategy: number) => string;
  /** Lots that everybody shows at the five best prices of a side; 0 where nobody knows. */
  readonly visible: (instrument: number, side: number) => number;
  /** A pattern, with the latest of its episodes; called again for each further one. */
  readonly found: (pattern: Pattern) => void;
}

export interface Pattern {
  readonly owner: string;
  readonly instrument: number;
  /** Episodes of the day, and the times that such orders stood when something was executed. */
  readonly count: number;
  readonly times: number;
  /** Oldest first. */
  readonly latest: readonly Episode[];
}

const MICROS_PER_DAY = 86_400_000_000;
const MOST_IDS = 50;
/** Episodes that a pattern carries; those before were in the patterns before. */
const LATEST = 3;
/** Part of what was cancelled that may be back for it to count as taken away. */
const BACK = 0.5;

interface Open {
  readonly side: number;
  price: number;
  lots: number;
  readonly placed: Micros;
}

interface Candidate {
  readonly side: number;
  readonly time: Micros;
  readonly prices: number;
  readonly lots: number;
  readonly share: number;
  /** Lots of each order when the execution came. */
  readonly layers: ReadonlyMap<number, number>;
  readonly executions: number[];
  readonly lives: number[];
  executed: number;
  cancelled: number;
  back: number;
}

/** One owner in one instrument. */
interface Book {
  readonly owner: string;
  readonly instrument: number;
  readonly open: Map<number, Open>;
  /** Largest share of what was visible, by side, since it stood at enough prices. */
  readonly share: [number, number];
  readonly candidates: Candidate[];
  /** Of the day: the latest episodes, how many there were, and of how many candidates. */
  latest: Episode[];
  count: number;
  times: number;
  day: number;
}

export class LayeringWatch {
  readonly #options: LayeringWatchOptions;
  readonly #books = new Map<string, Book>();
  #pending = 0;

  constructor(options: LayeringWatchOptions) {
    this.#options = options;
  }

  /** Whether something was seen whose end is still to come. */
  get pending(): boolean {
    return this.#pending > 0;
  }

  /** Market time after which what is pending is decided. */
  get settleAfter(): Micros {
    return 2 * this.#window + 1;
  }

  get #window(): Micros {
    return this.#options.rule.windowMs * MICROS_PER_MS;
  }

  /** Reports were lost: what stands is not known any more, and nothing is made of a guess. */
  forget(): void {
    for (const book of this.#books.values()) {
      book.open.clear();
      this.#pending -= book.candidates.splice(0).length;
    }
  }

  /** Takes `count` reports, in their order. */
  take(view: ExecutionView, count: number): void {
    for (let i = 0; i < count; i++) this.#report(view.at(i));
  }

  /** Decides what is old enough. */
  look(time: Micros): void {
    for (const book of this.#pending > 0 ? this.#books.values() : []) this.#settle(book, time);
  }

  #report(view: ExecutionView): void {
    const { execType, side, orderId, instrument, price, quantity, leaves, time } = view;
    const book = this.#bookOf(this.#options.ownerOf(view.owner), instrument);
    this.#settle(book, time);
    const known = book.open.get(orderId);
    switch (execType) {
      case ExecType.New:
        book.open.set(orderId, { side, price, lots: quantity, placed: time });
        this.#placed(book, side, quantity);
        return;
      case ExecType.Trade:
        if (leaves === 0) book.open.delete(orderId);
        return this.#executed(book, view);
      case ExecType.Canceled:
        if (known !== undefined) this.#cancelled(book, orderId, known, quantity, time);
        break;
      case ExecType.Replaced:
        if (known !== undefined) this.#amended(book, orderId, known, price, leaves, time);
        return;
      case ExecType.Rejected:
      case ExecType.Expired:
        break;
      case ExecType.Restated:
        if (known !== undefined) known.lots = leaves;
        if (leaves > 0) return;
        break;
      default:
        return;
    }
    book.open.delete(orderId);
  }

  #bookOf(owner: string, instrument: number): Book {
    const key = `${instrument} ${owner}`;
    let book = this.#books.get(key);
    if (book === undefined) {
      book = {
        owner,
        instrument,
        open: new Map(),
        share: [0, 0],
        candidates: [],
        latest: [],
        count: 0,
        times: 0,
        day: NaN,
      };
      this.#books.set(key, book);
    }
    return book;
  }

  #placed(book: Book, side: number, lots: number): void {
    for (const candidate of book.candidates) if (candidate.side === side) candidate.back += lots;
    const stands = standing(book, side);
    if (stands.prices < this.#options.rule.levels) book.share[side] = 0;
    else {
      const visible = this.#options.visible(book.instrument, side);
      book.share[side] = Math.max(book.share[side], stands.lots / Math.max(stands.lots, visible));
    }
  }

  #executed(book: Book, { side, orderId, quantity, time }: ExecutionView): void {
    const { levels, volumeRatio, depthShare } = this.#options.rule;
    const opposite = 1 - side;
    const going = book.candidates.findLast((one) => one.side === opposite && time <= one.time + this.#window);
    if (going !== undefined) {
      going.executed += quantity;
      if (going.executions.at(-1) !== orderId) going.executions.push(orderId);
      return;
    }
    const stands = standing(book, opposite);
    const heavier = stands.lots >= volumeRatio * standing(book, side).lots;
    const share = book.share[opposite];
    if (stands.prices < levels || stands.lots < volumeRatio * quantity || !heavier || share < depthShare) return;
    this.#pending++;
    book.candidates.push({
      ...{ side: opposite, time, ...stands, share, executions: [orderId], executed: quantity },
      ...{ lives: [], cancelled: 0, back: 0 },
      layers: new Map([...book.open].flatMap(([id, { side, lots }]) => side === opposite ? [[id, lots] as const] : [])),
    });
  }

  /** What an amendment takes away is cancelled, what it adds is placed: otherwise that would be the way around. */
  #amended(book: Book, id: number, order: Open, price: number, leaves: number, time: Micros): void {
    const before = order.lots;
    order.price = price;
    order.lots = leaves;
    if (leaves < before) this.#cancelled(book, id, order, before - leaves, time);
    else this.#placed(book, order.side, leaves - before);
  }

  #cancelled(book: Book, id: number, { side, placed }: Open, lots: number, time: Micros): void {
    for (const candidate of book.candidates) {
      const stood = candidate.side === side ? candidate.layers.get(id) : undefined;
      if (stood === undefined || time > candidate.time + this.#window) continue;
      candidate.cancelled += Math.min(stood, lots);
      candidate.lives.push(time - placed);
    }
  }

  #settle(book: Book, now: Micros): void {
    while (book.candidates.length > 0 && now > book.candidates[0].time + 2 * this.#window) {
      this.#pending--;
      this.#decide(book, book.candidates.shift()!);
    }
  }

  #decide(book: Book, candidate: Candidate): void {
    const { habit, episodes } = this.#options.rule;
    const day = Math.floor(candidate.time / MICROS_PER_DAY);
    if (day !== book.day) Object.assign(book, { day, latest: [], count: 0, times: 0 });
    book.times++;
    const episode = this.#episodeOf(candidate);
    if (episode === null) return;
    book.count++;
    book.latest = [...book.latest, episode].slice(-LATEST);
    const { owner, instrument, count, times, latest } = book;
    if (count >= episodes && count >= habit * times) this.#options.found({ owner, instrument, count, times, latest });
  }

  #episodeOf({ side, time, prices, lots, executed, cancelled, back, share, layers, executions, lives }: Candidate) {
    const { volumeRatio, cancelRatio, lifeMs } = this.#options.rule;
    const medianLifeMs = (lives.toSorted((a, b) => a - b)[Math.floor(lives.length / 2)] ?? Infinity) / MICROS_PER_MS;
    if (cancelled < cancelRatio * lots || lots < volumeRatio * executed) return null;
    if (medianLifeMs > lifeMs || back > BACK * cancelled) return null;
    const episode: Episode = {
      ...{
        side: side === 0 ? "buy" : "sell",
        time,
        prices,
        lots,
        cancelled,
        executed,
        depthShare: share,
        medianLifeMs,
      },
      orders: [...layers.keys()].slice(0, MOST_IDS),
      executions: executions.slice(0, MOST_IDS),
    };
    return episode;
  }
}

/** What an owner has on a side. */
function standing({ open }: Book, side: number): { readonly prices: number; readonly lots: number } {
  const prices = new Set<number>();
  let lots = 0;
  for (const order of open.values()) {
    if (order.side !== side) continue;
    prices.add(order.price);
    lots += order.lots;
  }
  return { prices: prices.size, lots };
}
