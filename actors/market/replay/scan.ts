/**
 * Reads the usual shapes of Binance's depthUpdate, trade and bookTicker straight from bytes.
 *
 * A capture is tens of megabytes of decimals in quotes; turning every line into a string, an object and then numbers
 * costs several times as much as what follows. This scanner knows exactly the shapes that are common (no spaces, plain
 * decimals on the tick) and gives up on anything else by returning false, whatever the cause: then `decode.ts`, which
 * is slow, complete and validates with zod, either reads the line or explains what is wrong with it. So this file
 * never has to report an error and never accepts what the other would refuse; a test holds the two equal.
 */
import { type CaptureMessage, MessageKind, NO_PREVIOUS } from "./message.ts";
import type { Scale } from "./scale.ts";

const QUOTE = 0x22;
const COMMA = 0x2c;
const DOT = 0x2e;
const COLON = 0x3a;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const BRACE = 0x7d;
const ZERO = 0x30;

const encoder = new TextEncoder();
const STREAM = encoder.encode('{"stream":"');
const DATA = encoder.encode('","data":{');
const DEPTH = encoder.encode("depth");
const TICKER = encoder.encode("bookTicker");
const TRADE = encoder.encode("trade");
const DEPTH_EVENT = encoder.encode("depthUpdate");
const MARKET = encoder.encode("MARKET");
const TRUE = encoder.encode("true");
const FALSE = encoder.encode("false");

const MAX_SAFE = Number.MAX_SAFE_INTEGER;
/** "pu" is the only key of two letters; it borrows a code no letter has. */
const KEY_PU = 1;
const MAX_STREAM_NAME = 64;

const key = (name: string): number => name.charCodeAt(0);
const K_E = key("E"), K_T = key("T"), K_U = key("U"), K_X = key("X"), K_A = key("A"), K_B = key("B"), K_M = key("M");
const k_e = key("e"), k_t = key("t"), k_u = key("u"), k_s = key("s"), k_a = key("a"), k_b = key("b"), k_m = key("m");
const k_p = key("p"), k_q = key("q");

/** Fields that were seen, as bits, to require the right ones at the end. */
const SAW_SYMBOL = 1, SAW_FIRST = 2, SAW_LAST = 4, SAW_BIDS = 8, SAW_ASKS = 16, SAW_TIME = 32;
const SAW_PRICE = 64, SAW_QUANTITY = 128, SAW_MAKER = 256, SAW_BID_QUANTITY = 512, SAW_ASK_QUANTITY = 1024;
const SAW_EVENT = 2048;
const DEPTH_FIELDS = SAW_SYMBOL | SAW_FIRST | SAW_LAST | SAW_BIDS | SAW_ASKS | SAW_TIME | SAW_EVENT;
const TRADE_FIELDS = SAW_SYMBOL | SAW_LAST | SAW_PRICE | SAW_QUANTITY | SAW_MAKER | SAW_TIME | SAW_EVENT;
const TOP_FIELDS = SAW_SYMBOL | SAW_LAST | SAW_BIDS | SAW_ASKS | SAW_BID_QUANTITY | SAW_ASK_QUANTITY;

const POWERS = Array.from({ length: 16 }, (_, n) => 10 ** n);

export class Scanner {
  readonly #symbol: Uint8Array;
  readonly #price: Scale;
  readonly #quantity: Scale;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;

  constructor(symbol: string, price: Scale, quantity: Scale) {
    this.#symbol = encoder.encode(symbol);
    this.#price = price;
    this.#quantity = quantity;
  }

  /** Fills `out` from the JSON in bytes[start, end). False: not a usual shape, `out` is undefined. */
  scan(bytes: Uint8Array, start: number, end: number, out: CaptureMessage): boolean {
    this.#bytes = bytes;
    this.#at = start;
    if (!this.#literal(STREAM)) return false;
    const limit = this.#at + MAX_STREAM_NAME;
    let at = this.#at;
    while (bytes[at] !== 0x40) {
      if (at >= limit || bytes[at] === QUOTE) return false;
      at++;
    }
    this.#at = ++at;
    let read: boolean;
    switch (bytes[at]) {
      case 0x64: // d: "depth", "depth@100ms" but not "depth20"
        if (!this.#literal(DEPTH)) return false;
        at = this.#at;
        if (bytes[at] !== QUOTE && bytes[at] !== 0x40) return false;
        while (bytes[at] !== QUOTE) {
          if (at >= limit) return false;
          at++;
        }
        this.#at = at;
        read = this.#literal(DATA) && this.#depth(out);
        break;
      case 0x62: // b
        read = this.#literal(TICKER) && this.#literal(DATA) && this.#top(out);
        break;
      case 0x74: // t
        read = this.#literal(TRADE) && this.#literal(DATA) && this.#trade(out);
        break;
      default:
        return false;
    }
    return read && this.#bytes[this.#at] === BRACE && this.#at + 1 === end;
  }

  #depth(out: CaptureMessage): boolean {
    let saw = 0;
    out.kind = MessageKind.Diff;
    out.previousId = NO_PREVIOUS;
    out.bidCount = 0;
    out.levelCount = 0;
    for (;;) {
      let bit: number;
      switch (this.#key()) {
        case k_e:
          if (!this.#text(DEPTH_EVENT)) return false;
          bit = SAW_EVENT;
          break;
        case K_E:
          if ((out.eventTime = this.#integer()) < 0) return false;
          bit = SAW_TIME;
          break;
        case K_T:
          if (this.#integer() < 0) return false;
          bit = 0;
          break;
        case k_s:
          if (!this.#text(this.#symbol)) return false;
          bit = SAW_SYMBOL;
          break;
        case K_U:
          if ((out.firstId = this.#integer()) < 0) return false;
          bit = SAW_FIRST;
          break;
        case k_u:
          if ((out.lastId = this.#integer()) < 0) return false;
          bit = SAW_LAST;
          break;
        case KEY_PU:
          if ((out.previousId = this.#integer()) < 0) return false;
          bit = 0;
          break;
        case k_b:
          if ((saw & SAW_ASKS) !== 0 || !this.#levels(out)) return false;
          out.bidCount = out.levelCount;
          bit = SAW_BIDS;
          break;
        case k_a:
          if (!this.#levels(out)) return false;
          bit = SAW_ASKS;
          break;
        default:
          return false;
      }
      if ((saw & bit) !== 0) return false;
      saw |= bit;
      const next = this.#bytes[this.#at++];
      if (next === BRACE) return saw === DEPTH_FIELDS;
      if (next !== COMMA) return false;
    }
  }

  #trade(out: CaptureMessage): boolean {
    let saw = 0;
    out.kind = MessageKind.Trade;
    for (;;) {
      let bit = 0;
      switch (this.#key()) {
        case k_e:
          if (!this.#text(TRADE)) return false;
          bit = SAW_EVENT;
          break;
        case K_E:
          if ((out.eventTime = this.#integer()) < 0) return false;
          bit = SAW_TIME;
          break;
        case K_T:
          if (this.#integer() < 0) return false;
          break;
        case k_s:
          if (!this.#text(this.#symbol)) return false;
          bit = SAW_SYMBOL;
          break;
        case k_t:
          if ((out.lastId = this.#integer()) < 0) return false;
          bit = SAW_LAST;
          break;
        case k_p:
          if ((out.price = this.#decimal(this.#price)) <= 0) return false;
          bit = SAW_PRICE;
          break;
        case k_q:
          if ((out.quantity = this.#decimal(this.#quantity)) <= 0) return false;
          bit = SAW_QUANTITY;
          break;
        case K_X:
          if (!this.#text(MARKET)) return false;
          break;
        case k_m:
          if (this.#literal(TRUE)) out.aggressor = 1;
          else if (this.#literal(FALSE)) out.aggressor = 0;
          else return false;
          bit = SAW_MAKER;
          break;
        case K_M:
          if (!this.#literal(TRUE) && !this.#literal(FALSE)) return false;
          break;
        default:
          return false;
      }
      if ((saw & bit) !== 0) return false;
      saw |= bit;
      const next = this.#bytes[this.#at++];
      if (next === BRACE) return saw === TRADE_FIELDS;
      if (next !== COMMA) return false;
    }
  }

  #top(out: CaptureMessage): boolean {
    let saw = 0;
    out.kind = MessageKind.Top;
    out.eventTime = 0;
    for (;;) {
      let bit = 0;
      switch (this.#key()) {
        case k_e:
          if (!this.#text(TICKER)) return false;
          break;
        case K_E:
          if ((out.eventTime = this.#integer()) < 0) return false;
          break;
        case K_T:
          if (this.#integer() < 0) return false;
          break;
        case k_s:
          if (!this.#text(this.#symbol)) return false;
          bit = SAW_SYMBOL;
          break;
        case k_u:
          if ((out.lastId = this.#integer()) < 0) return false;
          bit = SAW_LAST;
          break;
        case k_b:
          if ((out.bid = this.#decimal(this.#price)) <= 0) return false;
          bit = SAW_BIDS;
          break;
        case K_B:
          if ((out.bidQuantity = this.#decimal(this.#quantity)) <= 0) return false;
          bit = SAW_BID_QUANTITY;
          break;
        case k_a:
          if ((out.ask = this.#decimal(this.#price)) <= 0) return false;
          bit = SAW_ASKS;
          break;
        case K_A:
          if ((out.askQuantity = this.#decimal(this.#quantity)) <= 0) return false;
          bit = SAW_ASK_QUANTITY;
          break;
        default:
          return false;
      }
      if ((saw & bit) !== 0) return false;
      saw |= bit;
      const next = this.#bytes[this.#at++];
      if (next === BRACE) return saw === TOP_FIELDS;
      if (next !== COMMA) return false;
    }
  }

  /** `"x":` gives the code of x, `"pu":` KEY_PU, anything else 0. */
  #key(): number {
    const bytes = this.#bytes;
    let at = this.#at;
    if (bytes[at] !== QUOTE) return 0;
    let code = bytes[at + 1];
    if (bytes[at + 2] === QUOTE) {
      at += 3;
    } else if (code === k_p && bytes[at + 2] === k_u && bytes[at + 3] === QUOTE) {
      code = KEY_PU;
      at += 4;
    } else return 0;
    if (bytes[at] !== COLON) return 0;
    this.#at = at + 1;
    return code;
  }

  #literal(expected: Uint8Array): boolean {
    const bytes = this.#bytes;
    const at = this.#at;
    for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return false;
    this.#at = at + expected.length;
    return true;
  }

  /** The expected text in quotes. */
  #text(expected: Uint8Array): boolean {
    if (this.#bytes[this.#at] !== QUOTE) return false;
    this.#at++;
    if (!this.#literal(expected)) return false;
    return this.#bytes[this.#at++] === QUOTE;
  }

  /** A non-negative integer, or −1. */
  #integer(): number {
    const bytes = this.#bytes;
    let at = this.#at;
    const first = at;
    let value = 0;
    for (;;) {
      const digit = bytes[at] - ZERO;
      if (!(digit >= 0 && digit <= 9)) break;
      value = value * 10 + digit;
      at++;
    }
    this.#at = at;
    // JSON has no leading zeros; the other reader refuses them, so this one does not accept them.
    if (at === first || value > MAX_SAFE || (bytes[first] === ZERO && at > first + 1)) return -1;
    return value;
  }

  /** A decimal in quotes as an integer number of steps, or −1. */
  #decimal(scale: Scale): number {
    const bytes = this.#bytes;
    let at = this.#at;
    if (bytes[at++] !== QUOTE) return -1;
    const first = at;
    let value = 0;
    let digit = bytes[at] - ZERO;
    while (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      digit = bytes[++at] - ZERO;
    }
    if (at === first) return -1;
    let left = scale.decimals;
    if (bytes[at] === DOT) {
      digit = bytes[++at] - ZERO;
      if (!(digit >= 0 && digit <= 9)) return -1;
      while (digit >= 0 && digit <= 9) {
        if (left > 0) {
          value = value * 10 + digit;
          left--;
        } else if (digit !== 0) return -1;
        digit = bytes[++at] - ZERO;
      }
    }
    if (bytes[at] !== QUOTE) return -1;
    this.#at = at + 1;
    if (left > 0) value *= POWERS[left];
    if (value > MAX_SAFE) return -1;
    const unit = scale.unit;
    if (unit === 1) return value;
    return value % unit === 0 ? value / unit : -1;
  }

  /** `[["price","quantity"],…]`, appended to the levels of `out`. */
  #levels(out: CaptureMessage): boolean {
    const bytes = this.#bytes;
    if (bytes[this.#at++] !== OPEN) return false;
    if (bytes[this.#at] === CLOSE) {
      this.#at++;
      return true;
    }
    let count = out.levelCount;
    for (;;) {
      if (bytes[this.#at++] !== OPEN) return false;
      const price = this.#decimal(this.#price);
      if (price <= 0 || bytes[this.#at++] !== COMMA) return false;
      const quantity = this.#decimal(this.#quantity);
      if (quantity < 0 || bytes[this.#at++] !== CLOSE) return false;
      if (count === out.prices.length) out.grow();
      out.prices[count] = price;
      out.quantities[count] = quantity;
      count++;
      const next = bytes[this.#at++];
      if (next === CLOSE) break;
      if (next !== COMMA) return false;
    }
    out.levelCount = count;
    return true;
  }
}
