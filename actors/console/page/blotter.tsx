/** The order blotter: newest first, with the gate's or venue's reason for every reject. */
import type { OrderView } from "../../protocol/view.ts";
import { SHOWN_ORDERS } from "./api.ts";
import { count, price, quantity, timeOfDay, words } from "./format.ts";
import { Empty, Panel, State } from "./panel.tsx";
import { instrumentsBySymbol, orderFilter, orderProblem, orders, snapshot } from "./state.ts";

const STATUSES: readonly OrderView["status"][] = ["pending", "open", "filled", "canceled", "rejected"];

export function Blotter() {
  const shown = orders.value;
  return (
    <Panel id="blotter" title="Orders" aside={<Filters />}>
      {shown === null || shown.length === 0
        ? <Empty>{orderProblem.value ?? nothing(shown)}</Empty>
        : (
          <div class="scroll">
            <table aria-label="Orders, newest first">
              <thead>
                <tr>
                  <th scope="col">Time, UTC</th>
                  <th scope="col" class="num optional">Order</th>
                  <th scope="col">Organism</th>
                  <th scope="col">Instrument</th>
                  <th scope="col">Side</th>
                  <th scope="col" class="num">Price</th>
                  <th scope="col" class="num">Size</th>
                  <th scope="col" class="num">Filled</th>
                  <th scope="col" class="optional">Type</th>
                  <th scope="col">Status</th>
                  <th scope="col">Reason</th>
                </tr>
              </thead>
              <tbody>{shown.map((order) => <Row key={order.orderId} order={order} />)}</tbody>
            </table>
          </div>
        )}
    </Panel>
  );
}

function nothing(shown: readonly OrderView[] | null): string {
  if (shown === null) return "No orders received yet.";
  const { organism, status } = orderFilter.value;
  return organism === "" && status === "" ? "No organism has sent an order yet." : "No order matches the filter.";
}

function Filters() {
  const { organism, status } = orderFilter.value;
  const shown = orders.value?.length ?? 0;
  return (
    <div class="filters">
      <span class="muted">{shown >= SHOWN_ORDERS ? `newest ${SHOWN_ORDERS}` : `${shown} shown`}</span>
      <label>
        <span class="hidden">Organism</span>
        <select
          value={organism}
          onChange={(event) => orderFilter.value = { ...orderFilter.value, organism: event.currentTarget.value }}
        >
          <option value="">All organisms</option>
          {(snapshot.value?.organisms ?? []).map(({ id }) => <option key={id} value={id}>{id}</option>)}
        </select>
      </label>
      <label>
        <span class="hidden">Status</span>
        <select
          value={status}
          onChange={(event) => {
            orderFilter.value = { ...orderFilter.value, status: event.currentTarget.value as OrderView["status"] | "" };
          }}
        >
          <option value="">All statuses</option>
          {STATUSES.map((one) => <option key={one} value={one}>{one}</option>)}
        </select>
      </label>
    </div>
  );
}

function Row({ order }: { readonly order: OrderView }) {
  const known = instrumentsBySymbol.value.get(order.instrument);
  const lots = (value: number) => (known === undefined ? count(value) : quantity(value, known.lot));
  const ticks = known === undefined ? count(order.price) : price(order.price, known.tick);
  return (
    <tr>
      <td class="time">{timeOfDay(order.time)}</td>
      <td class="num optional muted">{order.orderId}</td>
      <td>{order.organism}</td>
      <td>{order.instrument}</td>
      <td class={order.side === "buy" ? "bid" : "ask"}>{order.side}</td>
      <td class="num">{order.type === "market" ? "market" : ticks}</td>
      <td class="num">{lots(order.quantity)}</td>
      <td class={order.filled === 0 ? "num muted" : "num"}>{lots(order.filled)}</td>
      <td class="optional muted">{order.type} {order.tif}</td>
      <td>
        <State state={order.status} />
      </td>
      <td class="reason" title={order.reason}>
        {order.code !== 0 && (
          <>
            <strong title={`code ${order.code}`}>{words(order.codeName)}</strong> {order.reason}
          </>
        )}
      </td>
    </tr>
  );
}
