/** Alerts that wait for somebody: what, since when, who was told, and the two answers, each in words and one alert at a time. */
import { signal } from "@preact/signals";
import { ageText, type Alert } from "../../protocol/alerts.ts";
import { answerable, answerAlert, type Outcome } from "./controls_requests.ts";
import { wallTime } from "./limit_text.ts";
import { whyNot } from "./permission.ts";
import { now, self, token } from "./state.ts";

/** Words being written, by alert. */
const words = signal<Readonly<Record<number, string>>>({});
const busy = signal(false);
const outcome = signal<Outcome | null>(null);

export function AlertCards() {
  const { value, at } = answerable.value;
  if (value === null) return null;
  const open = value.alerts.filter(({ state }) => state !== "closed");
  // Ages go by the node's clock, and on between two reads by the page's.
  const nodeNow = value.now + Math.max(0, now.value - at);
  return (
    <div class="changes" aria-label="Alerts that wait">
      {open.map((alert) => <Card key={alert.id} alert={alert} now={nodeNow} />)}
      {open.length === 0 && <p class="empty">No alert waits for anybody.</p>}
      {!value.attended && (
        <p class="muted">Nobody is expected to answer in this run: critical alerts do not escalate.</p>
      )}
      <p role="status" aria-live="polite" class={outcome.value?.ok === false ? "outcome failed" : "outcome"}>
        {outcome.value?.text}
      </p>
    </div>
  );
}

function Card({ alert, now }: { readonly alert: Alert; readonly now: number }) {
  const refused = whyNot("answer-alerts", { self: self.value, token: token.value !== "" });
  const wordless = (words.value[alert.id] ?? "").trim() === "";
  const urgent = alert.severity === "critical" && alert.state === "raised";
  const { acknowledged } = alert;
  return (
    <article class="change-card" data-alert={alert.id} aria-label={`Alert ${alert.id}`}>
      <h3>
        <span class="muted">#{alert.id}</span> <span class={urgent ? "failed" : ""}>{alert.severity}</span>{" "}
        {alert.state}, {ageText(now - alert.raised)} old
      </h3>
      <p>{alert.text}</p>
      <p class="muted">
        {wallTime(alert.raised)}
        {alert.count > 1 && `, ${alert.count} times`}
        {alert.escalated.map(({ to, afterMs }) =>
          to === "trigger"
            ? `; nobody answered, so trading was stopped after ${ageText(afterMs)}`
            : `; ${to} told after ${ageText(afterMs)}`
        )}
        {acknowledged !== null &&
          `; ${acknowledged.person} after ${ageText(acknowledged.afterMs)}: ${acknowledged.text}`}
        {alert.ended !== null && "; its cause is over"}
      </p>
      <div class="decide">
        <label>
          <span class="hidden">Words about alert {alert.id}</span>
          <input
            type="text"
            maxLength={200}
            placeholder={alert.state === "raised" ? "what you found, recorded" : "what was done, recorded"}
            value={words.value[alert.id] ?? ""}
            onInput={(event) => words.value = { ...words.value, [alert.id]: event.currentTarget.value }}
          />
        </label>
        <button
          type="button"
          disabled={refused !== null || wordless || busy.value}
          title={refused ?? undefined}
          onClick={() => send(alert)}
        >
          {alert.state === "raised" ? "Acknowledge" : "Close"}
        </button>
      </div>
      {refused !== null && <p class="why-not">{refused}</p>}
    </article>
  );
}

async function send({ id, state }: Alert): Promise<void> {
  busy.value = true;
  outcome.value = await answerAlert(
    id,
    state === "raised" ? "acknowledgement" : "action",
    (words.value[id] ?? "").trim(),
  );
  if (outcome.value.ok) words.value = { ...words.value, [id]: "" };
  busy.value = false;
}
