/** Kill states as a tree: what each scope's own switch says, the strictest that holds for it, and a button to kill it. */
import { signal } from "@preact/signals";
import { tree } from "./controls_requests.ts";
import { FlattenButton, Flattens } from "./flatten.tsx";
import { askKill, Confirmation, KillOutcome, killReason } from "./kill.tsx";
import { Empty, Panel, State } from "./panel.tsx";
import { whyNot } from "./permission.ts";
import { type KillState, killStates, scopeRows } from "./scope_rows.ts";
import { self, snapshot, token } from "./state.ts";

const folded = signal<ReadonlySet<string>>(new Set());
/** Recorded when nothing else is written. */
const USUAL_REASON = "killed from the controls page";

export function KillTree() {
  const s = snapshot.value;
  const { value, problem } = tree.value;
  if (s === null || value === null) {
    return (
      <Panel id="kill-states" title="Kill states">
        <Empty>{problem ?? "No scopes received yet."}</Empty>
        <Confirmation />
      </Panel>
    );
  }
  const states = killStates(value.scopes, new Map(s.scopes.map(({ name, state }) => [name, state])), s.mode);
  const shut = [...states.values()].filter(({ effective }) => effective !== "ACTIVE").length;
  const refused = whyNot("kill", { self: self.value, token: token.value !== "" });
  return (
    <Panel
      id="kill-states"
      title="Kill states"
      aside={shut === 0 ? `${states.size} scopes, all active` : `${shut} of ${states.size} not active`}
    >
      <form class="kill-line" autocomplete="off" onSubmit={(event) => event.preventDefault()}>
        <label>
          <span>Reason</span>
          <input
            type="text"
            maxLength={200}
            placeholder={USUAL_REASON}
            value={killReason.value}
            onInput={(event) => killReason.value = event.currentTarget.value}
          />
        </label>
        {self.value === null && (
          <label>
            <span>Token</span>
            <input
              type="password"
              autocomplete="off"
              spellcheck={false}
              placeholder="printed when the node started"
              value={token.value}
              onInput={(event) => token.value = event.currentTarget.value.trim()}
            />
          </label>
        )}
      </form>
      <div class="scroll">
        <table class="fixed kill-tree" aria-label="Kill states">
          <thead>
            <tr>
              <th scope="col">Scope</th>
              <th scope="col" class="w-state optional">Own switch</th>
              <th scope="col" class="w-effective">In effect</th>
              <th scope="col" class="w-change">
                <span class="hidden">Kill</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {scopeRows(value.scopes, folded.value).map(({ scope, depth }) => (
              <Row
                key={scope.name}
                name={scope.name}
                depth={depth}
                state={states.get(scope.name)!}
                refused={refused}
              />
            ))}
          </tbody>
        </table>
      </div>
      <div class="kill-result" role="status" aria-live="assertive">
        <KillOutcome idle={refused ?? "Re-arming: under Desk, or in a terminal."} />
      </div>
      <Flattens />
      <Confirmation />
    </Panel>
  );
}

function Row({ name, depth, state, refused }: {
  readonly name: string;
  readonly depth: number;
  readonly state: KillState;
  readonly refused: string | null;
}) {
  const { own, effective, by } = state;
  return (
    <tr data-kill={name} style={{ "--depth": depth }}>
      <th scope="row" class="indented" title={name}>{name}</th>
      <td class="optional">{own === null ? <span class="muted">no switch</span> : <State state={own} />}</td>
      <td>
        <State state={effective} />
        {by !== null && by !== name && <span class="muted">&nbsp;by {by}</span>}
      </td>
      <td class="change">
        {effective === "REDUCE_ONLY" && <FlattenButton name={name} />}
        {own !== null && (
          <button
            type="button"
            class="small danger"
            disabled={refused !== null || own === "KILLED"}
            title={refused ?? undefined}
            aria-label={`Kill ${name}…`}
            onClick={() => askKill(name, USUAL_REASON)}
          >
            Kill…
          </button>
        )}
      </td>
    </tr>
  );
}
