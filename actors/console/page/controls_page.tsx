/** The controls: limits and who may change them, kill states, what the gate refused, and the facts it goes by. */
import { Awaiting } from "./awaiting.tsx";
import { AlertsAndFacts } from "./facts.tsx";
import { KillTree } from "./kill_tree.tsx";
import { LimitChange } from "./limit_change.tsx";
import { LimitTree } from "./limit_tree.tsx";
import { Guarded } from "./panel.tsx";
import { Refusals } from "./refusals.tsx";
import { Rejects } from "./rejects.tsx";

export function ControlsPage() {
  return (
    <main class="controls">
      <KillTree />
      <Guarded name="limits">
        <LimitTree />
      </Guarded>
      <Guarded name="awaiting">
        <Awaiting />
      </Guarded>
      <Guarded name="rejects">
        <Rejects />
      </Guarded>
      <Guarded name="refusals">
        <Refusals />
      </Guarded>
      <Guarded name="alerts">
        <AlertsAndFacts />
      </Guarded>
      <LimitChange />
    </main>
  );
}
