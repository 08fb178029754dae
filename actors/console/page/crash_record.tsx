/// <reference lib="dom" />
/** The record of one crash, in a window of its own: what happened, what was done, how it came to that, what was around it. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { type CrashView, replayCommand, supervisionOf } from "../../protocol/crashes.ts";
import { CrashState } from "./crash_state.tsx";
import { Chain, LatestMessages } from "./crash_messages.tsx";
import { openRecord } from "./crash_requests.ts";
import { count, counted, dateTime, NONE, span, timeOfDay } from "./format.ts";
import { chosenCrash, snapshot } from "./state.ts";

type Entry = readonly [name: string, value: ComponentChildren];

export function CrashWindow() {
  const dialog = useRef<HTMLDialogElement>(null);
  const open = openRecord.value;
  const shown = open !== null;
  useLayoutEffect(() => {
    if (shown && dialog.current?.open === false) dialog.current.showModal();
    if (!shown && dialog.current?.open === true) dialog.current.close();
  }, [shown]);
  return (
    <dialog
      ref={dialog}
      class="crash"
      aria-labelledby="crash-title"
      onClose={() => chosenCrash.value = null}
      onClick={(event) => event.target === dialog.current && (chosenCrash.value = null)}
    >
      {open !== null && (
        <div class="crash-page">
          <header class="crash-head">
            <h2 id="crash-title">
              Crash {open.id} {open.kind === "here" && <span class="muted">of {open.crash.path}</span>}
            </h2>
            <Neighbours id={open.id} />
          </header>
          {open.kind === "loading" && <p class="empty">Reading the record.</p>}
          {open.kind === "failed" && <p class="empty failed">The record could not be read: {open.detail}.</p>}
          {open.kind === "here" && <Record crash={open.crash} />}
        </div>
      )}
    </dialog>
  );
}

function Neighbours({ id }: { readonly id: number }) {
  const total = snapshot.value?.crashes.total ?? id;
  const go = (to: number) => () => chosenCrash.value = to;
  return (
    <div class="crash-buttons">
      <button type="button" disabled={id <= 1} aria-label="The crash before" onClick={go(id - 1)}>‹</button>
      <button type="button" disabled={id >= total} aria-label="The crash after" onClick={go(id + 1)}>›</button>
      <button type="button" onClick={() => chosenCrash.value = null}>Close</button>
    </div>
  );
}

function Record({ crash }: { readonly crash: CrashView }) {
  const { record, decision } = crash;
  return (
    <div class="crash-body scroll">
      <p class="crash-reason">{record.reason}</p>
      {record.causes.slice(1).map((cause) => <p key={cause} class="crash-cause">caused by {cause}</p>)}
      <ol class="story" aria-label="What happened and what was done">
        <li>
          <b>{timeOfDay(crash.time)}</b> {record.type} in life {crash.incarnation + 1},{" "}
          {record.message === null ? "between messages" : (
            <>
              handling <em>{record.message.message}</em>
            </>
          )}
          {record.nativeCall !== null && (
            <>
              , in the native call <code>{record.nativeCall}</code>
            </>
          )}
        </li>
        <li class={`decision-${decision.kind}`}>
          <b>{decision.time === null ? "now" : timeOfDay(decision.time)}</b>{" "}
          <span class={`decision decision-${decision.kind}`}>{decision.detail}</span>
        </li>
      </ol>
      <Budget crash={crash} />
      <div class="crash-columns">
        <div>
          <Part title="Why it was handling that">
            <Chain record={record} />
          </Part>
          <Part title="The latest messages it took">
            <LatestMessages record={record} />
          </Part>
          {record.content !== null && (
            <Part title="That message">
              <pre class="scroll">{JSON.stringify(record.content, null, 1)}</pre>
            </Part>
          )}
          <Part title="Around it">
            <Facts entries={around(crash)} />
          </Part>
        </div>
        <div>
          <Part title="State">
            <CrashState before={record.stateBefore} after={record.state} />
          </Part>
          {record.stack !== null && (
            <Part title="Stack">
              <pre class="scroll">{record.stack.split("\n").slice(1).map((line) => line.trim()).join("\n") || NONE}</pre>
            </Part>
          )}
          <Part title="To stand just before it again">
            <Replay crash={crash} />
          </Part>
        </div>
      </div>
    </div>
  );
}

function Part({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
  return (
    <section class="part" aria-label={title}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

/** Restarts left as a bar that empties. */
function Budget({ crash }: { readonly crash: CrashView }) {
  const report = supervisionOf(crash.record);
  if (report === null) return null;
  const { supervisor, strategy, child, own, budget: { left, intensity, periodMs, onGiveUp } } = report;
  const share = intensity === 0 ? 0 : left / intensity;
  const level = share <= 0.1 ? "high" : share <= 0.3 ? "mid" : "low";
  const stops = typeof child.shutdown === "number"
    ? `${child.shutdown / 1000} s to stop`
    : `stops by ${child.shutdown}`;
  const { backoff } = child;
  return (
    <div class="budget">
      <span class="gauge" aria-hidden="true">
        <span class={`gauge-fill gauge-${level}`} style={{ width: `${share * 100}%` }} />
      </span>
      <p>
        <b>{left} of {counted(intensity, "restart")}</b> in {periodMs / 1000} s were left to {supervisor}{" "}
        ({strategy}), then <b>{onGiveUp}</b>.{" "}
        {own !== null && `Of its own ${own.left} of ${own.intensity} in ${own.periodMs / 1000} s. `}
        <span class="muted">
          {child.restart}, {stops}, {backoff === null
            ? "no delay"
            : `delay ${backoff.initialMs} ms × ${backoff.factor} up to ${backoff.maxMs} ms, ${child.failures} failed in a row`}
          , mailbox {child.mailboxOnRestart === "keep" ? "kept" : "emptied"}
        </span>
      </p>
    </div>
  );
}

function around({ record, time }: CrashView): readonly Entry[] {
  const { mailbox, timers, watchers, awaited, children, names } = record;
  const kinds = Object.entries(mailbox.kinds).map(([kind, n]) => `${kind} ${count(n)}`).join(", ");
  const waiting = mailbox.waiting === 0 ? "nothing waiting" : `${count(mailbox.waiting)} waiting: ${kinds}`;
  return [
    ["Mailbox", mailbox.stashed > 0 ? `${waiting}; ${count(mailbox.stashed)} set aside` : waiting],
    ["Timers", timers.map(({ key, due }) => `${key} in ${span(due - time)}`).join(", ") || "none"],
    ["Watchers", watchers.join(", ") || "none"],
    ["Awaited", awaited.join(", ") || "nobody"],
    ...children.length > 0 ? [["Children", children.join(", ")] as const] : [],
    ...names.length > 0 ? [["Names", names.join(", ")] as const] : [],
  ];
}

function Facts({ entries }: { readonly entries: readonly Entry[] }) {
  return (
    <dl class="facts-list">
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Replay({ crash }: { readonly crash: CrashView }) {
  const { record, auditIndex, wall } = crash;
  const { seed, message, position } = record.replay;
  const { config, version, build } = record.facts;
  return (
    <>
      <pre class="command">{replayCommand(record) ?? `deno task start --seed ${seed}`}</pre>
      <Facts
        entries={[
          ["Message", message === 0 ? "between messages" : `#${message}`],
          ...Object.entries(position).map(([name, n]): Entry => [words(name), count(n)]),
          ["Configuration", <code key="config" title={config}>{config?.slice(0, 12) ?? NONE}</code>],
          ["Build", `${version ?? NONE}, ${build ?? NONE}`],
          ["On record as", auditIndex === null ? "not recorded" : `audit record ${count(auditIndex)}`],
          ["Market time", dateTime(crash.time)],
          ["On the wall", wall ?? NONE],
        ]}
      />
    </>
  );
}

/** "auditRecords" as "Audit records". */
function words(name: string): string {
  const text = name.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  return text[0].toUpperCase() + text.slice(1);
}
