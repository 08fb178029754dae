/** The books of the node: every message accounted for, and where the audit log stands. */
import { count, shortHash } from "./format.ts";
import { snapshot } from "./state.ts";

const ENDS = ["handled", "rejected", "dropped", "expired", "dead"] as const;

export function Footer() {
  const s = snapshot.value;
  if (s === null) return <footer class="bottom">No snapshot received yet.</footer>;
  const { messages: m, audit } = s;
  return (
    <footer class="bottom">
      <p id="messages">
        <b>Messages</b> {count(m.enqueued)} enqueued = {ENDS.map((end) => `${count(m[end])} ${end}`).join(" + ")} +{" "}
        {count(m.inFlight)} in flight
        <span class={m.unexplained === 0 ? "muted" : "failed"}>; {count(m.unexplained)} unexplained</span>
      </p>
      <p id="audit">
        <b>Audit</b> {count(audit.records)} records, {count(audit.durable)} durable ({audit.durability}), root{" "}
        <code title={audit.root}>{audit.root === "" ? "none yet" : shortHash(audit.root)}</code>
      </p>
      {audit.sinks.length > 0 && (
        <ul id="audit-sinks">
          {audit.sinks.map((sink) => (
            <li key={sink.where} class={sink.fault === null ? "" : "failed"}>
              {sink.where}: {count(sink.records)} records, {count(sink.checkedRecords)}{" "}
              of them compared with a checkpoint
              {sink.fault !== null && ` — ${sink.fault.code}: ${sink.fault.sentence}`}
            </li>
          ))}
        </ul>
      )}
      {audit.attestations.length > 0 && (
        <ul id="attestations">
          {audit.attestations.map(({ by, where, records, fault }) => (
            <li key={where} class={fault === null ? "" : "failed"}>
              {count(records)} records {by === "tsa" ? "stamped by" : "signed by the witness"} {where}
              {fault !== null && ` — ${fault.code}: ${fault.sentence}`}
            </li>
          ))}
        </ul>
      )}
      <p class="links-out">
        <a href="/openapi.json">API</a>
      </p>
    </footer>
  );
}
