/**
 * The npm package `nodejs-order-book` on a tape, in a process of its own.
 *
 *     deno run -A bench/opponents/nodejs_order_book.ts TAPE RUNS LIMIT
 *
 * Used as its own measurement uses it: one `OrderBook`, no journal. Ids are strings, made before the clock starts; the
 * objects of its calls are made inside, because its interface asks for a new one each time. A move is its `modify`,
 * which takes the order out and enters it again, as the tape means. It answers every order with the lists of orders that
 * were done and the one that was filled in part; there is no record of a single fill, so fills are counted from those.
 */
import { OrderBook, Side, type TimeInForce } from "nodejs-order-book";
import { quantile } from "../harness.ts";

const WORDS = 5;
const WARM_UP = 1;
/** The package declares the names of its times in force and does not export them. */
const IOC = "IOC" as TimeInForce.IOC;

class Tape {
  readonly #words: Int32Array;
  readonly #ids: string[];
  readonly operations: number;
  book = new OrderBook();

  constructor(file: string, limit: number) {
    const bytes = Deno.readFileSync(file);
    this.#words = new Int32Array(bytes.buffer, 0, Math.min(bytes.byteLength / 4, limit * WORDS));
    this.operations = this.#words.length / WORDS;
    this.#ids = Array.from({ length: this.operations }, (_, n) => String(this.#words[n * WORDS + 1]));
  }

  id(n: number): string {
    return this.#ids[n];
  }

  apply(n: number) {
    const words = this.#words;
    const at = n * WORDS;
    const id = this.#ids[n];
    switch (words[at]) {
      case 0:
        return this.book.limit({
          id,
          side: words[at + 2] === 0 ? Side.BUY : Side.SELL,
          price: words[at + 3],
          size: words[at + 4],
        });
      case 1:
        return this.book.limit({
          id,
          side: words[at + 2] === 0 ? Side.BUY : Side.SELL,
          price: words[at + 3],
          size: words[at + 4],
          timeInForce: IOC,
        });
      case 2:
        return this.book.cancel(id);
      default:
        return this.book.modify(id, { price: words[at + 3], size: words[at + 4] });
    }
  }
}

/** What the tape does to a book. */
function outcome(tape: Tape) {
  tape.book = new OrderBook();
  const open = new Set<string>();
  let fills = 0;
  let refused = 0;
  for (let n = 0; n < tape.operations; n++) {
    const answer = tape.apply(n);
    const id = tape.id(n);
    if (answer === undefined) refused++;
    else if ("done" in answer) {
      if (answer.err !== null) refused++;
      // Makers that are done and the one that is filled in part; the taker stands in these lists too.
      for (const one of answer.done) if (one.id !== id) open.delete(one.id) && fills++;
      if (answer.partial !== null && answer.partial.id !== id) fills++;
      if (tape.book.order(id) === undefined) open.delete(id);
      else open.add(id);
    } else open.delete(id);
  }
  const [asks, bids] = tape.book.depth();
  return { fills, refused, open_orders: open.size, levels: asks.length + bids.length };
}

function pass(tape: Tape): number {
  tape.book = new OrderBook();
  const begun = performance.now();
  for (let n = 0; n < tape.operations; n++) tape.apply(n);
  return tape.operations / (performance.now() - begun) * 1000;
}

function clocked(count: number, step: (n: number) => void): Record<string, number> {
  const nanos = new Float64Array(count);
  for (let n = 0; n < count; n++) {
    const begun = performance.now();
    step(n);
    nanos[n] = (performance.now() - begun) * 1e6;
  }
  nanos.sort();
  const at = (share: number) => Math.round(quantile(nanos, share));
  return { samples: count, p50_ns: at(0.5), p99_ns: at(0.99), p999_ns: at(0.999), p9999_ns: at(0.9999), max_ns: at(1) };
}

if (import.meta.main) {
  const [file, runs, limit] = Deno.args;
  const tape = new Tape(file, Number(limit));
  const done = outcome(tape);
  for (let run = 0; run < WARM_UP; run++) pass(tape);
  const rates = Array.from({ length: Number(runs) }, () => Math.round(pass(tape)));
  const clock = clocked(200_000, () => {});
  tape.book = new OrderBook();
  const times = clocked(tape.operations, (n) => tape.apply(n));
  console.log(JSON.stringify({
    engine: "nodejs-order-book",
    operations: tape.operations,
    ...done,
    rates,
    ...times,
    clock_ns: clock.p50_ns,
  }));
}
