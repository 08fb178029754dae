/** Collects the commands of one step as native records. */
import { BACKGROUND_OWNER, CommandKind, OrderCommandView, OrderType, TimeInForce } from "../../../ffi/layout.gen.ts";
import type { Micros } from "../../../runtime/mod.ts";
import type { SideCode } from "../../protocol/mod.ts";

/** Ids of background orders start here, above every id a node gives to its own orders. */
export const BACKGROUND_ORDER_BASE = 2 ** 52;

const RECORD = OrderCommandView.SIZE;
const POST_ONLY = 1;

export class CommandWriter {
  #buffer = new Uint8Array(256 * RECORD);
  #view = new OrderCommandView(this.#buffer);
  #count = 0;
  #time: Micros = 0;
  #lastId = BACKGROUND_ORDER_BASE;

  get count(): number {
    return this.#count;
  }

  /** Starts a step at node time `time`. */
  begin(time: Micros): void {
    this.#time = time;
    this.#count = 0;
  }

  /** The records of the step, in a buffer of their own. */
  take(): Uint8Array<ArrayBuffer> {
    return this.#buffer.slice(0, this.#count * RECORD);
  }

  limit(owner: number, instrument: number, side: SideCode, price: number, lots: number, postOnly: boolean): number {
    return this.#enter(
      owner,
      instrument,
      side,
      price,
      lots,
      OrderType.Limit,
      TimeInForce.Gtc,
      postOnly ? POST_ONLY : 0,
    );
  }

  /** A limit order that takes what is there and leaves nothing behind. */
  immediate(owner: number, instrument: number, side: SideCode, price: number, lots: number): number {
    return this.#enter(owner, instrument, side, price, lots, OrderType.Limit, TimeInForce.Ioc, 0);
  }

  market(owner: number, instrument: number, side: SideCode, lots: number): number {
    return this.#enter(owner, instrument, side, 0, lots, OrderType.Market, TimeInForce.Ioc, 0);
  }

  cancel(owner: number, instrument: number, id: number): void {
    const view = this.#next();
    view.kind = CommandKind.Cancel;
    view.owner = BACKGROUND_OWNER + owner;
    view.instrument = instrument;
    view.orderId = id;
    view.targetId = id;
  }

  cancelOwner(owner: number, instrument: number): void {
    const view = this.#next();
    view.kind = CommandKind.CancelOwner;
    view.owner = BACKGROUND_OWNER + owner;
    view.instrument = instrument;
  }

  #enter(
    owner: number,
    instrument: number,
    side: SideCode,
    price: number,
    lots: number,
    type: number,
    tif: number,
    flags: number,
  ): number {
    const view = this.#next();
    view.kind = CommandKind.New;
    view.side = side;
    view.orderType = type;
    view.tif = tif;
    view.flags = flags;
    view.instrument = instrument;
    view.orderId = ++this.#lastId;
    view.price = price;
    view.quantity = lots;
    view.owner = BACKGROUND_OWNER + owner;
    return this.#lastId;
  }

  #next(): OrderCommandView {
    if ((this.#count + 1) * RECORD > this.#buffer.length) {
      const larger = new Uint8Array(this.#buffer.length * 2);
      larger.set(this.#buffer);
      this.#buffer = larger;
      this.#view = new OrderCommandView(larger);
    }
    const start = this.#count * RECORD;
    this.#buffer.fill(0, start, start + RECORD);
    const view = this.#view.at(this.#count++);
    view.time = this.#time;
    return view;
  }
}
