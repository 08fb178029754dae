/** What must hold between any two turns, asked of the exchange itself. */
import { FIRM_SCOPE, INSTRUMENT_SCOPE_BASE, ScopeState } from "../../../ffi/layout.gen.ts";
import { LIMIT, type Trading } from "./world.ts";

/** Turns between two looks at every open order; a confirmation of a kill is looked at at once. */
const TURNS_PER_LOOK = 48;

export class Watch {
  #turns = 0;
  #pending = false;

  look(world: Trading): string | null {
    const pending = world.page.pending() !== null;
    const confirmed = this.#pending && !pending;
    this.#pending = pending;
    if (++this.#turns % TURNS_PER_LOOK !== 0 && !confirmed) return null;
    return exchangeIsRight(world) ?? mismatch(world);
  }
}

export function exchangeIsRight({ exchange, witness, page }: Trading): string | null {
  const open = new Map<number, [orders: number, buy: number, sell: number]>();
  for (const { id, strategy, instrument } of witness.live.values()) {
    const order = exchange.find(instrument, id);
    if (order === null) continue;
    const place = strategy * 1000 + instrument;
    const sums = open.get(place) ?? [0, 0, 0];
    sums[0]++;
    sums[order.side === 0 ? 1 : 2] += order.leaves;
    open.set(place, sums);
  }
  const confirmed = page.pending() === null && page.header().doneUnknown === 0;
  const killed = (scope: number) => page.scope(scope) === ScopeState.Killed;
  for (const strategy of exchange.strategies) {
    for (const instrument of exchange.instruments) {
      const [orders, buy, sell] = open.get(strategy * 1000 + instrument) ?? [0, 0, 0];
      const account = exchange.account(strategy, instrument);
      const where = `strategy ${strategy} in instrument ${instrument}`;
      if (account.openOrders !== orders) {
        return `the exchange has ${account.openOrders} orders of ${where}, of which ${orders} were seen approved`;
      }
      const worst = Math.max(Math.abs(account.position + buy), Math.abs(account.position - sell));
      if (worst > LIMIT) return `${where} may come to ${worst} lots at the exchange, ${LIMIT} are allowed`;
      const shut = killed(FIRM_SCOPE) || killed(strategy) || killed(INSTRUMENT_SCOPE_BASE + instrument);
      if (confirmed && shut && orders > 0) return `${orders} orders of ${where} rest although their kill is confirmed`;
    }
  }
  return null;
}

/** Reconciliation may find nothing. */
function mismatch({ node }: Trading): string | null {
  return node.parts.mode.concerns().find(({ id }) => /-mismatch(:|$)/.test(id))?.detail ?? null;
}
