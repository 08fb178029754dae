/** The latest refusals: which check decided, what it measured, against which limit, and whose it was. */
import type { Refusal } from "../../protocol/controls.ts";
import { refusals } from "./controls_requests.ts";
import { count, fixed, money, price, quantity, span, timeOfDay, words } from "./format.ts";
import { Empty, Panel } from "./panel.tsx";
import { instrumentsBySymbol } from "./state.ts";

export function Refusals() {
  const { value, problem } = refusals.value;
  const items = value?.items ?? [];
  return (
    <Panel id="refusals" title="Latest refusals" aside={items.length > 0 ? `newest ${items.length}` : undefined}>
      {items.length === 0
        ? <Empty>{problem ?? (value === null ? "No refusals received yet." : "The gate has refused nothing.")}</Empty>
        : (
          <div class="scroll">
            <table class="fixed" aria-label="Latest refusals">
              <thead>
                <tr>
                  <th scope="col" class="w-clock">Time, UTC</th>
                  <th scope="col" class="w-check">Check</th>
                  <th scope="col" class="num">Measured</th>
                  <th scope="col" class="num">Limit</th>
                  <th scope="col" class="w-whose">Whose limit</th>
                  <th scope="col" class="w-symbol spare">In</th>
                </tr>
              </thead>
              <tbody>{items.map((one) => <Row key={one.sequence} one={one} />)}</tbody>
            </table>
          </div>
        )}
    </Panel>
  );
}

function Row({ one }: { readonly one: Refusal }) {
  const title = `${words(one.codeName)}: ${one.sentence} (code ${one.code}, order ${one.orderId} of ${one.organism})`;
  return (
    <tr title={title}>
      <td class="time">{timeOfDay(one.time).slice(0, 12)}</td>
      <th scope="row" class="check">{one.check.replaceAll("_", " ")}</th>
      <td class="num measured">{measure(one, one.measured)}</td>
      <td class="num limit">{measure(one, one.limit)}</td>
      <td class="clip whose">{one.scope}</td>
      <td class="spare muted">{one.instrument ?? "all"}</td>
    </tr>
  );
}

/** In the unit people use for what the check measures. */
export function measure({ unit, instrument }: Pick<Refusal, "unit" | "instrument">, value: number): string {
  const known = instrument === null ? undefined : instrumentsBySymbol.value.get(instrument);
  switch (unit) {
    case "money":
      return money(value);
    case "ticks":
      return known === undefined ? `${count(value)} ticks` : price(value, known.tick);
    case "lots":
      return known === undefined ? `${count(value)} lots` : quantity(value, known.lot);
    case "nanoseconds":
      return value < 0 ? "never" : span(value / 1000);
    case "bp":
      return `${fixed(value, 0)} bp`;
    default:
      return fixed(value, 0);
  }
}
