/** The order blotter: newest first, with the gate's or venue's reason for every reject. */
import type { OrderView } from "../../protocol/view.ts";
import { SHOWN_ORDERS } from "./api.ts";
import { BottomTabs } from "./bottom_tabs.tsx";
import { count, price, quantity, timeOfDay, words } from "./format.ts";
import { Empty, Panel, State } from "./panel.tsx";
import { instrumentsBySymbol, orderFilter, orderProblem, orders, snapshot } from "./state.ts";

const STATUSES: readonly OrderView["status"][] = ["pending", "open", "filled", "canceled", "expired", "rejected"];

export function Blotter() {
  const shown = orders.value;
  return (
    <Panel id="blotter" title="Orders" tabs={<BottomTabs />} aside={<Filters />}>
      {shown === null || shown.length === 0
        ? <Empty>{orderProblem.value ?? nothing(shown)}</Empty>
        : (
          <div class="scroll">
            <table class="fixed orders" aria-label="Orders, newest first">
              <thead>
                <tr>
                  <th scope="col" class="w-time">Time, UTC</th>
                  <th scope="col" class="w-id num optional">Order</th>
                  <th scope="col" class="w-name">Organism</th>
                  <th scope="col" class="w-symbol">Instrument</th>
                  <th scope="col" class="w-side">Side</th>
                  <th scope="col" class="w-price num">Price</th>
                  <th scope="col" class="w-size num">Size</th>
                  <th scope="col" class="w-size num">Filled</th>
                  <th scope="col" class="w-type spare">Type</th>
                  <th scope="col" class="w-state">Status</th>
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
      <td class="organism clip">{order.organism}</td>
      <td class="instrument clip">{order.instrument}</td>
      <td class={order.side === "buy" ? "side bid" : "side ask"}>{order.side}</td>
      <td class="price num">{order.type === "market" ? "market" : ticks}</td>
      <td class="size num">{lots(order.quantity)}</td>
      <td class={order.filled === 0 ? "filled num muted" : "filled num"}>{lots(order.filled)}</td>
      <td class="spare muted">{order.type} {order.tif}</td>
      <td class="status">
        <State state={order.status} />
      </td>
      <td class={order.status === "rejected" ? "reason refused" : "reason"} title={order.reason}>
        {order.code !== 0 && (
          <>
            <strong title={`code ${order.code}`}>{words(order.codeName)}</strong> {order.reason}
          </>
        )}
      </td>
    </tr>
  );
}
