/// <reference lib="dom" />
/** The kill of every node: it stays usable whatever the state of the page's connection. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { signal } from "@preact/signals";
import { authorised, problemText } from "./api.ts";
import { Panel } from "./panel.tsx";
import { self, token } from "./state.ts";

const scope = signal("firm");
const reason = signal("");
const asking = signal(false);
const sending = signal(false);
const outcome = signal<{ readonly ok: boolean; readonly text: string } | null>(null);

interface Killed {
  readonly acknowledged: readonly string[];
  readonly silent: readonly string[];
  readonly failed: readonly string[];
}

async function carryOut(): Promise<void> {
  [asking.value, sending.value] = [false, true];
  try {
    const response = await fetch("/api/v1/cluster/kill", {
      method: "POST",
      headers: authorised({ "content-type": "application/json" }),
      body: JSON.stringify({ scope: scope.value.trim(), reason: reason.value.trim() }),
    });
    if (!response.ok) outcome.value = { ok: false, text: await problemText(response) };
    else outcome.value = told(scope.value, await response.json() as Killed);
  } catch {
    outcome.value = {
      ok: false,
      text: "the console cannot be reached from this page; use the kill command in a terminal",
    };
  }
  sending.value = false;
}

function told(name: string, { acknowledged, silent, failed }: Killed): { readonly ok: boolean; readonly text: string } {
  const who = acknowledged.length === 0 ? "no node has said so" : `obeyed by ${acknowledged.join(", ")}`;
  const not = silent.length === 0 ? "" : `; NO ANSWER from ${silent.join(", ")}: kill each on its own machine`;
  const brokers = failed.length === 0 ? "" : `; ${failed.join("; ")}`;
  return { ok: silent.length === 0 && acknowledged.length > 0, text: `${name} KILLED: ${who}${not}${brokers}` };
}

export function NodesKill() {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    if (asking.value && dialog.current?.open === false) dialog.current.showModal();
    if (!asking.value && dialog.current?.open === true) dialog.current.close();
  }, [asking.value]);
  const incomplete = (token.value === "" && self.value === null) || reason.value.trim() === "" ||
    scope.value.trim() === "";
  return (
    <Panel id="kill" title="Kill every node">
      <form class="kill-form" autocomplete="off" onSubmit={(event) => event.preventDefault()}>
        <label>
          <span>Scope</span>
          <input
            type="text"
            spellcheck={false}
            value={scope.value}
            onInput={(e) => scope.value = e.currentTarget.value}
          />
        </label>
        <label>
          <span>Reason</span>
          <input
            type="text"
            maxLength={200}
            placeholder="recorded on every node"
            value={reason.value}
            onInput={(event) => reason.value = event.currentTarget.value}
          />
        </label>
        <label>
          <span>Token</span>
          <input
            type="password"
            autocomplete="off"
            placeholder={self.value === null ? "printed when the console started" : "not needed: you are logged in"}
            value={token.value}
            onInput={(event) => token.value = event.currentTarget.value.trim()}
          />
        </label>
        <div class="kill-buttons">
          <button
            type="button"
            class="danger"
            disabled={incomplete || sending.value}
            onClick={() => [outcome.value, asking.value] = [null, true]}
          >
            Kill {scope.value} everywhere…
          </button>
        </div>
      </form>
      <div class="kill-result" role="status" aria-live="assertive">
        {sending.value
          ? <p>Sent over every broker; waiting for the nodes.</p>
          : outcome.value === null
          ? <p class="muted">{incomplete ? "A kill needs a reason and the token." : `Ready: ${scope.value}.`}</p>
          : <p class={outcome.value.ok ? undefined : "failed"}>{outcome.value.text}</p>}
      </div>
      <dialog ref={dialog} aria-labelledby="confirm-title" onClose={() => asking.value = false}>
        <h2 id="confirm-title">Kill {scope.value} on every node?</h2>
        <p>
          The gateway's gate refuses every order of{" "}
          {scope.value}, resting orders are cancelled, and organisms nodes send none.
        </p>
        <p>It stays so, also after a restart, until two persons re-arm it on the gateway.</p>
        <p class="muted">Reason: {reason.value}</p>
        <div class="confirm-buttons">
          <button type="button" class="danger" onClick={carryOut}>Kill {scope.value} now</button>
          <button type="button" onClick={() => asking.value = false}>Go back</button>
        </div>
      </dialog>
    </Panel>
  );
}
