/** Alerts that the firm was given, and the facts the gate goes by: two lists in one place. Nothing here can be changed. */
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { FactsInForce } from "../../protocol/controls.ts";
import { AlertCards } from "./alert_cards.tsx";
import { answerable, facts, limits } from "./controls_requests.ts";
import { counted, dateTime, words } from "./format.ts";
import { wallTime } from "./limit_text.ts";
import { Empty, Panel } from "./panel.tsx";

const shown = signal<"alerts" | "facts">("alerts");

export function AlertsAndFacts() {
  const waiting = answerable.value.value?.waiting ?? 0;
  const latched = facts.value.value?.latches.length ?? 0;
  return (
    <Panel
      id="alerts"
      title={shown.value === "alerts" ? "Alerts" : "Facts in force"}
      tabs={
        <div class="tabs" role="tablist" aria-label="Alerts and facts">
          <Tab name="alerts">
            Alerts {waiting > 0 && <span class="badge badge-alarm">{waiting} unanswered</span>}
          </Tab>
          <Tab name="facts">
            Facts in force {latched > 0 && <span class="badge badge-alarm">{latched} latched</span>}
          </Tab>
        </div>
      }
    >
      {shown.value === "alerts" ? <Alerts /> : <Facts />}
    </Panel>
  );
}

function Tab({ name, children }: { readonly name: "alerts" | "facts"; readonly children: ComponentChildren }) {
  return (
    <button
      type="button"
      role="tab"
      class="tab"
      aria-selected={shown.value === name}
      onClick={() => shown.value = name}
    >
      {children}
    </button>
  );
}

function Alerts() {
  const { value, problem } = limits.value;
  const none = value === null || value.alerts.length === 0;
  const silence = problem ?? (value === null ? "No alerts received yet." : "No alert since the node started.");
  if (none && (answerable.value.value?.alerts.length ?? 0) === 0) return <Empty>{silence}</Empty>;
  return (
    <div class="scroll">
      <AlertCards />
      {!none && (
        <ol class="alert-list" aria-label="Changes and warnings of limits, newest first">
          {value.alerts.map((alert, index) => (
            <li key={`${alert.at} ${index}`}>
              <span class="muted">{wallTime(alert.at).slice(5)}</span> {alert.text}
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}

const STATE_WORDS = { "in-force": "", "ends-soon": "ends soon", "ended": "ended" } as const;

function Facts() {
  const { value, problem } = facts.value;
  if (value === null) return <Empty>{problem ?? "No facts received yet."}</Empty>;
  return (
    <div class="scroll facts-list">
      <Group title="Latched" empty="No scope was refused for a latch.">
        {value.latches.map((latch) => (
          <li key={`${latch.scope} ${latch.codeName}`} class="failed" title={latch.sentence}>
            {latch.scope}: {words(latch.codeName)} since {dateTime(latch.since)}, {counted(latch.refusals, "order")}
            {" "}
            refused
          </li>
        ))}
      </Group>
      <Group title="Demanded data" empty="Nothing is demanded.">
        {value.demands.map(({ instrument, demands }) => (
          <li key={instrument}>{instrument ?? "every instrument"}: {demands.join(", ")}</li>
        ))}
      </Group>
      {value.lists !== null && (
        <Group title="Restricted and borrow lists" empty="">
          <li>
            count <Until of={value.lists} />
          </li>
        </Group>
      )}
      <Group title="Mandates" empty="No organism has a mandate.">
        {value.mandates.map((mandate) => (
          <li key={mandate.organism}>
            {mandate.organism}, {mandate.venues.length === 1 ? "venue" : "venues"} {mandate.venues.join(", ")},{" "}
            <Until of={mandate} />
          </li>
        ))}
      </Group>
      <Group title="Restrictions" empty="Nothing is restricted.">
        {value.restrictions.map((one, index) => (
          <li key={index}>
            {one.symbol ?? `issuer ${one.issuer}`} for {one.scope}:{" "}
            {one.sides === "both" ? "no orders" : `no ${one.sides}`}
            , list {one.list}, <Until of={one} />
          </li>
        ))}
      </Group>
      {value.locates.length > 0 && (
        <Group title="Locates" empty="">
          {value.locates.map((one, index) => (
            <li key={index}>
              {one.quantity} lots of {one.symbol} for {one.account}, locate {one.locate}, <Until of={one} />
            </li>
          ))}
        </Group>
      )}
    </div>
  );
}

function Group({ title, empty, children }: {
  readonly title: string;
  readonly empty: string;
  readonly children: ComponentChildren;
}) {
  const none = Array.isArray(children) && children.length === 0;
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      {none ? <p class="muted">{empty}</p> : <ul>{children}</ul>}
    </section>
  );
}

function Until({ of }: { readonly of: Pick<FactsInForce["mandates"][number], "until" | "state"> }) {
  const word = STATE_WORDS[of.state];
  return (
    <>
      {of.until === null ? "without end" : `until ${dateTime(of.until).slice(0, 16)}`}
      {word !== "" && <strong class={of.state === "ended" ? "failed" : "warn"}>, {word}</strong>}
    </>
  );
}
