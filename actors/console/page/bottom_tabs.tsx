/** Orders or crashes: both are long lists, and one place is enough for them. */
import type { ComponentChildren } from "preact";
import { count } from "./format.ts";
import { bottom, crashes, crashesSeen, snapshot } from "./state.ts";

export function BottomTabs() {
  const total = snapshot.value?.crashes.total ?? 0;
  const fresh = total > crashesSeen.value;
  const trouble = crashes.value.some(({ decision }) => decision.kind === "gave-up");
  return (
    <div class="tabs" role="tablist" aria-label="Orders and crashes">
      <Tab name="orders">Orders</Tab>
      <Tab name="crashes">
        Crashes{" "}
        <span class={`badge ${trouble ? "badge-alarm" : fresh ? "badge-warn" : ""}`} title="since the node started">
          {count(total)}
          {trouble && <span class="hidden">, a supervisor gave up</span>}
        </span>
      </Tab>
    </div>
  );
}

function Tab({ name, children }: { readonly name: "orders" | "crashes"; readonly children: ComponentChildren }) {
  const chosen = bottom.value === name;
  return (
    <button
      type="button"
      role="tab"
      class="tab"
      aria-selected={chosen}
      onClick={() => {
        bottom.value = name;
        if (name === "crashes") crashesSeen.value = snapshot.value?.crashes.total ?? 0;
      }}
    >
      {children}
    </button>
  );
}
