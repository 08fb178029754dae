/** What crashed and what its supervisor did about it, newest first; a click opens the record. */
import { type CrashSummary, tally } from "../../protocol/crashes.ts";
import { BottomTabs } from "./bottom_tabs.tsx";
import { SHOWN_CRASHES } from "./crash_requests.ts";
import { count, NONE, timeOfDay } from "./format.ts";
import { Empty, Panel } from "./panel.tsx";
import { chosenCrash, crashes, crashProblem, snapshot } from "./state.ts";

export function Crashes() {
  const shown = crashes.value;
  const total = snapshot.value?.crashes.total ?? 0;
  return (
    <Panel
      id="crashes"
      title="Crashes"
      tabs={<BottomTabs />}
      aside={shown.length > 0 &&
        (shown.length >= SHOWN_CRASHES ? `newest ${shown.length} of ${count(total)}` : tally(shown))}
    >
      {shown.length === 0
        ? <Empty>{crashProblem.value ?? (total === 0 ? "No actor has crashed." : "No crash received yet.")}</Empty>
        : (
          <div class="scroll">
            <table class="fixed crash-list" aria-label="Crashes, newest first">
              <thead>
                <tr>
                  <th scope="col" class="w-time">Time, UTC</th>
                  <th scope="col" class="w-count num">No.</th>
                  <th scope="col" class="w-actor">Actor</th>
                  <th scope="col" class="w-kind spare">Handling</th>
                  <th scope="col">Reason</th>
                  <th scope="col" class="w-count num" title="restarts the supervisor had left">Left</th>
                  <th scope="col" class="w-decision">Then</th>
                </tr>
              </thead>
              <tbody>{shown.map((crash) => <Row key={crash.id} crash={crash} />)}</tbody>
            </table>
          </div>
        )}
    </Panel>
  );
}

function Row({ crash }: { readonly crash: CrashSummary }) {
  const { id, time, path, type, message, reason, restartsLeft, decision } = crash;
  return (
    <tr data-crash={id} onClick={() => chosenCrash.value = id}>
      <td class="time">{timeOfDay(time)}</td>
      <td class="id num">
        <button type="button" class="plain" aria-label={`Open crash ${id}`}>{id}</button>
      </td>
      <td class="actor clip" title={`${path}, ${type}`}>{shortPath(path)}</td>
      <td class="kind spare muted clip">{message ?? NONE}</td>
      <td class="why clip" title={reason}>{reason}</td>
      <td class={`left num ${restartsLeft !== null && restartsLeft <= 2 ? "warn" : "muted"}`}>
        {restartsLeft ?? NONE}
      </td>
      <td class="then clip" title={decision.detail}>
        <span class={`decision decision-${decision.kind}`}>{decision.detail}</span>
      </td>
    </tr>
  );
}

/** Without the root, which all have in common. */
export function shortPath(path: string): string {
  const steps = path.split("/").filter((step) => step !== "");
  return steps.length <= 1 ? path : steps.slice(1).join("/");
}
