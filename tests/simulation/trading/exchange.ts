/** What the exchange itself has: positions and open orders of our strategies, asked of the matching engine. */
import type { MatchingEngine, OrderStatus, OwnerAccount } from "../../../ffi/mod.ts";

export class ExchangeView {
  constructor(
    private readonly engine: MatchingEngine,
    readonly strategies: readonly number[],
    readonly instruments: readonly number[],
  ) {}

  account(strategy: number, instrument: number): OwnerAccount {
    return this.engine.account(instrument, strategy);
  }

  find(instrument: number, orderId: number): OrderStatus | null {
    return this.engine.find(instrument, orderId);
  }

  stateHash(): string {
    return this.engine.stateHash();
  }
}
