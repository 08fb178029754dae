/** The frame every part of the page stands in: a titled section, and what to show while there is nothing to show. */
import type { ComponentChildren } from "preact";
import { useErrorBoundary } from "preact/hooks";

export function Panel({ id, title, tabs, aside, children }: {
  readonly id: string;
  readonly title: string;
  /** Shown in place of the title, where several panels share one place. */
  readonly tabs?: ComponentChildren;
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
}) {
  return (
    <section class="panel" id={id} aria-labelledby={`${id}-title`}>
      <div class="panel-head">
        {tabs}
        <h2 id={`${id}-title`} class={tabs === undefined ? undefined : "hidden"}>{title}</h2>
        {aside !== undefined && <div class="aside">{aside}</div>}
      </div>
      {children}
    </section>
  );
}

export function Empty({ children }: { readonly children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}

/** A state in words with a mark that does not depend on colour. */
export function State({ state }: { readonly state: string }) {
  return (
    <span class={`state state-${state.toLowerCase().replaceAll("_", "-")}`}>
      {state.replaceAll("_", " ")}
    </span>
  );
}

/** Keeps a part that fails to draw from taking the rest, above all the kill switch, with it. */
export function Guarded({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  const [error, reset] = useErrorBoundary();
  if (error === undefined) return <>{children}</>;
  return (
    <section class="panel" id={name}>
      <p class="empty failed" role="alert">
        The {name} panel could not be drawn: {error instanceof Error ? error.message : String(error)}{" "}
        <button type="button" onClick={reset}>Draw again</button>
      </p>
    </section>
  );
}
