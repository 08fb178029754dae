/**
 * Rules about whole trees, held against a specification before anything starts: "whoever sends orders stands behind a
 * gate", "whoever sends orders can be halted". The rules speak of tags; what a tag means is for those who set it.
 */
import { type ChildSpec, type GiveUp, isDynamicSpec, isSupervisorSpec } from "./spec.ts";

export type TreeRule =
  /** Each child tagged `of` has an ancestor tagged `needs`, or a child tagged so that started before it. */
  | { readonly kind: "stands-behind"; readonly of: string; readonly needs: string; readonly because: string }
  /**
   * If each child tagged `of` fails for good, the supervisors above it come to one of `actions`: the nearest that does not
   * escalate has it.
   */
  | {
    readonly kind: "fails-into";
    readonly of: string;
    readonly actions: readonly GiveUp[];
    readonly because: string;
  }
  /** The tree has at least one child tagged `of`: without it a rule about it says nothing. */
  | { readonly kind: "exists"; readonly of: string; readonly because: string };

interface Place {
  readonly path: string;
  readonly tags: readonly string[];
  /** From the nearest up to the root, itself first when it is a supervisor. */
  readonly giveUps: readonly GiveUp[];
  /** Tags of everything above it, and of everything that started before it. */
  readonly behind: ReadonlySet<string>;
}

/** Everything about the tree that breaks a rule, one sentence each; empty when all hold. */
export function checkTree(spec: ChildSpec, rules: readonly TreeRule[]): string[] {
  const places: Place[] = [];
  visit(spec, "", [], new Set(), places);
  return rules.flatMap((rule) => broken(rule, places));
}

/** In start order. `behind` grows with every place that has been passed. */
function visit(spec: ChildSpec, above: string, giveUps: readonly GiveUp[], behind: Set<string>, places: Place[]): void {
  const path = `${above}/${spec.id}`;
  const tags = spec.tags ?? [];
  const own = isSupervisorSpec(spec) ? [spec.onGiveUp ?? "escalate", ...giveUps] : giveUps;
  places.push({ path, tags, giveUps: own, behind: new Set(behind) });
  for (const tag of tags) behind.add(tag);
  if (isDynamicSpec(spec)) visit(spec.template, path, own, behind, places);
  else if (isSupervisorSpec(spec)) { for (const child of spec.children) visit(child, path, own, behind, places); }
}

function broken(rule: TreeRule, places: readonly Place[]): string[] {
  const concerned = places.filter(({ tags }) => tags.includes(rule.of));
  switch (rule.kind) {
    case "exists":
      return concerned.length > 0 ? [] : [`nothing in the tree is tagged "${rule.of}", but ${rule.because}.`];
    case "stands-behind":
      return concerned.filter(({ behind }) => !behind.has(rule.needs)).map(({ path }) =>
        `${path} is tagged "${rule.of}" and needs something tagged "${rule.needs}" above it or started before it, ` +
        `because ${rule.because}.`
      );
    case "fails-into":
      return concerned.flatMap(({ path, giveUps }) => {
        const end = giveUps.find((action) => action !== "escalate") ?? "escalate";
        return rule.actions.includes(end) ? [] : [
          `${path} is tagged "${rule.of}" and fails into ${end}, not ${rule.actions.join(" or ")}; ${rule.because}.`,
        ];
      });
  }
}
