/// <reference lib="dom" />
/**
 * Log-in, where people are enrolled. The session lives in a cookie that no script can read, so the page only knows whom
 * the node takes it for.
 */
import { signal } from "@preact/signals";
import { problemText } from "./api.ts";
import { link, type Self, self } from "./state.ts";
import { connect } from "./stream.ts";

const person = signal("");
const password = signal("");
const busy = signal(false);
const problem = signal<string | null>(null);

/** Asks whom the node takes this page for: a cookie outlives a reload. */
export async function startSession(): Promise<void> {
  try {
    const response = await fetch("/api/v1/session");
    const who = response.ok ? await response.json() as Self & { kind: string } : null;
    self.value = who?.kind === "person" ? who : null;
  } catch {
    self.value = null;
  }
}

async function send(method: "POST" | "DELETE", body?: unknown): Promise<void> {
  busy.value = true;
  try {
    const response = await fetch("/api/v1/session", {
      method,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    problem.value = response.ok ? null : await problemText(response);
  } catch {
    problem.value = "the node cannot be reached";
  }
  busy.value = false;
  await startSession();
  connect();
}

async function logIn(event: Event): Promise<void> {
  event.preventDefault();
  const sent = { person: person.value.trim(), password: password.value };
  password.value = "";
  await send("POST", sent);
}

export function Login() {
  if (self.value !== null) {
    return (
      <p class="login" role="status">
        {self.value.id} <span class="muted">({self.value.roles.join(", ")})</span>{" "}
        <button type="button" disabled={busy.value} onClick={() => send("DELETE")}>Log out</button>
      </p>
    );
  }
  if (link.value.kind !== "locked") return null;
  return (
    <form class="login" aria-label="Log in" onSubmit={logIn}>
      <label>
        <span>Name</span>
        <input
          type="text"
          autocomplete="username"
          spellcheck={false}
          value={person.value}
          onInput={(event) => person.value = event.currentTarget.value}
        />
      </label>
      <label>
        <span>Password</span>
        <input
          type="password"
          autocomplete="current-password"
          value={password.value}
          onInput={(event) => password.value = event.currentTarget.value}
        />
      </label>
      <button type="submit" disabled={busy.value || person.value.trim() === "" || password.value === ""}>Log in</button>
      {problem.value !== null && <span class="failed" role="alert">{problem.value}</span>}
    </form>
  );
}
