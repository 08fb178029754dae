/** What the gate decided, and why it refused. */
import { CODE_TEXT } from "../../../ffi/layout.gen.ts";
import { count, fixed, words } from "./format.ts";
import { Empty, Panel } from "./panel.tsx";
import { snapshot } from "./state.ts";

const SENTENCES = new Map(Object.values(CODE_TEXT).map(([name, sentence]) => [name, sentence]));

export function Gate() {
  const gate = snapshot.value?.gate;
  if (gate === undefined) {
    return (
      <Panel id="gate" title="Gate">
        <Empty>No snapshot received yet.</Empty>
      </Panel>
    );
  }
  const reasons = Object.entries(gate.rejected).filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]);
  const rejected = reasons.reduce((sum, [, n]) => sum + n, 0);
  const most = Math.max(1, reasons[0]?.[1] ?? 0);
  return (
    <Panel id="gate" title="Gate" aside={`${count(gate.decisions)} decisions`}>
      <dl class="tally">
        <div>
          <dt>Accepted</dt>
          <dd>{count(gate.accepted)} {share(gate.accepted, gate.decisions)}</dd>
        </div>
        <div>
          <dt>Rejected</dt>
          <dd class={rejected > 0 ? "warn" : undefined}>{count(rejected)} {share(rejected, gate.decisions)}</dd>
        </div>
      </dl>
      {reasons.length === 0
        ? <Empty>{gate.decisions === 0 ? "No decision yet." : "No order was rejected."}</Empty>
        : (
          <div class="scroll">
            <table aria-label="Rejects by reason">
              <tbody>
                {reasons.map(([name, n]) => (
                  <tr key={name} title={SENTENCES.get(name)}>
                    <th scope="row" class="bar-cell">
                      <span class="bar" style={{ width: `${(n / most) * 100}%` }} aria-hidden="true" />
                      <span class="bar-label">{words(name)}</span>
                    </th>
                    <td class="num">{count(n)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
    </Panel>
  );
}

function share(part: number, whole: number) {
  return whole === 0 ? null : <span class="muted">{fixed((part / whole) * 100, 1)}%</span>;
}
