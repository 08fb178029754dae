/** Checks a child specification without starting anything: each one's form, and what must fit together in a tree. */
import { dynamicSchema, isPlainWorker, supervisorSchema, workerSchema } from "./schema.ts";
import { type AutoShutdown, type ChildSpec, isDynamicSpec, isSupervisorSpec } from "./spec.ts";

/**
 * Specifications are not changed once made, so a supervisor's that has passed, with all its children, is not checked again
 * when its own supervisor starts it.
 */
const passed = new WeakSet<ChildSpec>();

/**
 * Everything that is wrong with the tree, one sentence each with its path; empty when it can be started. `autoShutdown`
 * is that of the supervisor it is for.
 */
export function checkSpec(spec: ChildSpec, autoShutdown: AutoShutdown | "unknown" = "unknown"): string[] {
  if (typeof spec !== "object" || spec === null) return [`a child specification is an object, not ${spec}.`];
  const problems: string[] = [];
  check(spec, String(spec.id), autoShutdown, problems);
  return problems;
}

function check(spec: ChildSpec, path: string, auto: AutoShutdown | "unknown", problems: string[]): void {
  if (isPlainWorker(spec) || (passed.has(spec) && spec.significant !== true)) return;
  const before = problems.length;
  const wrong = (sentence: string) => problems.push(`${path}: ${sentence}`);
  const { error } = schemaOf(spec).safeParse(spec);
  for (const { message } of error?.issues ?? []) wrong(message);
  if (spec.significant === true) {
    if ((spec.restart ?? "permanent") === "permanent") {
      wrong(
        "a significant child may not be permanent, because it never ends for good; make it transient or temporary.",
      );
    } else if (auto === "never") {
      wrong("a significant child needs a supervisor with autoShutdown any_significant or all_significant.");
    }
  }
  if (isDynamicSpec(spec)) checkTemplate(spec.template, path, spec.autoShutdown ?? "never", problems);
  else if (isSupervisorSpec(spec) && Array.isArray(spec.children)) {
    const seen = new Set<string>();
    for (const child of spec.children) {
      if (typeof child !== "object" || child === null) {
        wrong(`a child specification is an object, not ${child}.`);
        continue;
      }
      if (seen.has(child.id)) wrong(`id "${child.id}" is used by two children; give each its own.`);
      seen.add(child.id);
      check(child, `${path}/${child.id}`, spec.autoShutdown ?? "never", problems);
    }
  }
  if (problems.length === before && isSupervisorSpec(spec)) passed.add(spec);
}

function checkTemplate(template: ChildSpec, path: string, auto: AutoShutdown, problems: string[]): void {
  if (typeof template !== "object" || template === null) return;
  if (isSupervisorSpec(template)) {
    problems.push(`${path}: template must be a worker; a supervisor has children that are known beforehand.`);
    return;
  }
  check(template, `${path}/${template.id}`, auto, problems);
  if (template.budget?.onSpent === "quarantine") {
    problems.push(`${path}/${template.id}: a dynamic child cannot be put in quarantine; let its budget say give-up.`);
  }
}

function schemaOf(spec: ChildSpec) {
  if (isDynamicSpec(spec)) return dynamicSchema;
  return isSupervisorSpec(spec) || "children" in spec ? supervisorSchema : workerSchema;
}
