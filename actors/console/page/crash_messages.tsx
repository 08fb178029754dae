/** The messages of a crash record: the chain that led to the last one, and the latest the actor took. */
import type { CrashRecord, TracedMessage } from "../../../runtime/mod.ts";
import { shortPath } from "./crashes.tsx";

/** From the first cause down to the message that was being handled. */
export function Chain({ record }: { readonly record: CrashRecord }) {
  const { why } = record;
  if (why.length === 0) return <p class="muted pad">It ended between messages: nothing it was told made it fail.</p>;
  const steps = [...why].reverse();
  const lost = steps[0].cause;
  return (
    <ol class="chain" aria-label="Causes, the first one first">
      {lost !== 0 && <li class="muted">message #{lost}, which nobody keeps any more</li>}
      {steps.map((step, i) => (
        <li key={step.id} class={i === steps.length - 1 ? "last" : undefined}>
          <b>{step.message}</b> <span class="muted">#{step.id}</span>
          <br />
          <span class="muted">{senderOf(step)} →</span> {shortPath(step.receiver)}
        </li>
      ))}
    </ol>
  );
}

export function LatestMessages({ record }: { readonly record: CrashRecord }) {
  const { latest, message } = record;
  if (latest.length === 0) return <p class="muted pad">It had taken none in this life or the one before.</p>;
  return (
    <table class="messages" aria-label="Latest messages, oldest first">
      <thead>
        <tr>
          <th scope="col" class="num">No.</th>
          <th scope="col">Message</th>
          <th scope="col">From</th>
          <th scope="col" class="num" title="the message whose handling sent it">Cause</th>
        </tr>
      </thead>
      <tbody>
        {latest.map((one) => (
          <tr key={one.id} class={one.id === message?.id ? "fatal" : undefined}>
            <td class="num muted">{one.id}</td>
            <td>{one.message}</td>
            <td class="clip" title={one.sender ?? undefined}>{senderOf(one)}</td>
            <td class="num muted">{one.cause === 0 ? "outside" : one.cause}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function senderOf({ sender }: TracedMessage): string {
  return sender === null ? "outside" : shortPath(sender);
}
