/** Mode, feed, clocks and connection; below it the one line that says what is wrong, or that nothing is. */
import type { ComponentChildren } from "preact";
import { controlsSeen, currency, link, now, place, snapshot } from "./state.ts";
import { dateTime, NONE, uptime } from "./format.ts";
import { wallMillis } from "./wall.ts";

const MODE_NAMES = {
  FullPerformance: "Full performance",
  SafeMode: "Safe mode",
  EmergencyShutdown: "Emergency shutdown",
} as const;

const MODE_MEANINGS = {
  FullPerformance: "orders pass to the gate's checks",
  SafeMode: "only orders that reduce a position pass",
  EmergencyShutdown: "no order passes",
} as const;

export function Header() {
  const s = snapshot.value;
  const firm = s?.scopes.find((scope) => scope.name === "firm");
  return (
    <header class="top">
      <h1>
        CWTS <span class="muted">{s?.version}</span>
      </h1>
      <Places />
      <div class="modes" role="status" aria-live="polite">
        {s === null
          ? <span class="mode mode-unknown">Mode not received</span>
          : (
            <span class={`mode mode-${s.mode}`} title={MODE_MEANINGS[s.mode]}>
              {MODE_NAMES[s.mode]}
              <span class="hidden">: {MODE_MEANINGS[s.mode]}</span>
            </span>
          )}
        {firm !== undefined && firm.state !== "ACTIVE" && (
          <span class="mode mode-EmergencyShutdown">Firm {firm.state.replaceAll("_", " ")}</span>
        )}
      </div>
      <dl class="facts">
        <Fact name="Feed" value={s?.feed} wide />
        <Fact name="Speed" value={s === null ? undefined : s.speed === "max" ? "max" : `×${s.speed}`} />
        <Fact name="Market time, UTC" value={s === null ? undefined : dateTime(s.time)} wide />
        <Fact name="Seed" value={s?.seed} />
        <Fact name="Uptime" value={s === null ? undefined : uptime(s.uptimeSeconds)} />
        <Fact name="Money" value={s === null ? undefined : currency.value ?? "several"} />
      </dl>
      <Connection />
    </header>
  );
}

/** Desk or controls. The address says which, so that a reload and the way back stay where one was. */
function Places() {
  const changes = snapshot.value?.controls.changes ?? 0;
  return (
    <nav class="places" aria-label="Pages">
      <a href="#desk" aria-current={place.value === "desk" ? "page" : undefined}>Desk</a>
      <a href="#controls" aria-current={place.value === "controls" ? "page" : undefined}>
        Controls
        {changes > controlsSeen.value && place.value !== "controls" && (
          <span class="news" title="limits changed, wait, or come near">
            <span class="hidden">, something changed</span>
          </span>
        )}
      </a>
    </nav>
  );
}

function Fact({ name, value, wide }: {
  readonly name: string;
  readonly value: string | number | undefined;
  readonly wide?: boolean;
}) {
  return (
    <div class={wide === true ? "fact wide" : "fact"}>
      <dt>{name}</dt>
      <dd title={value === undefined ? undefined : String(value)}>{value ?? NONE}</dd>
    </div>
  );
}

const LINK_NAMES = {
  connecting: "Connecting",
  live: "Live",
  paused: "Paused",
  lost: "Connection lost",
  locked: "Token needed",
} as const;

function Connection() {
  const { kind } = link.value;
  return (
    <div class={`link link-${kind}`} role="status">
      <span class="lamp" aria-hidden="true" />
      {LINK_NAMES[kind]}
    </div>
  );
}

/** Always one line high, so that nothing moves when trouble comes or goes. */
export function Notices() {
  const l = link.value;
  const s = snapshot.value;
  if (l.kind === "lost") {
    const age = Math.max(0, Math.round((Math.max(now.value, wallMillis()) - l.since) / 1000));
    const last = s === null ? "nothing was received yet" : `figures are as of ${dateTime(s.time)} market time`;
    return (
      <Notice level="alarm">Not live for {age} s: {l.detail}. {sentence(last)}; trying again every second.</Notice>
    );
  }
  if (l.kind === "locked") {
    return <Notice level="alarm">Reading needs the operator token here: enter it under Kill switch, or log in.</Notice>;
  }
  if (s === null) return <Notice level="calm">Waiting for the first snapshot.</Notice>;
  if (s.concerns.length === 0) return <Notice level="calm">No active concerns.</Notice>;
  const alarm = s.concerns.some((concern) => concern.demands === "EmergencyShutdown");
  return (
    <Notice level={alarm ? "alarm" : "warning"}>
      {s.concerns.map((concern) => `${concern.id}: ${concern.detail} (demands ${concern.demands})`).join(" · ")}
    </Notice>
  );
}

function sentence(text: string): string {
  return text[0].toUpperCase() + text.slice(1);
}

function Notice({ level, children }: {
  readonly level: "calm" | "warning" | "alarm";
  readonly children: ComponentChildren;
}) {
  return <p class={`notice notice-${level}`} role="status" aria-live="polite">{children}</p>;
}
