/** The form of one child specification as zod sees it; every fault is one sentence that says what would be right. */
import { z } from "zod";

function show(value: unknown): string {
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  return typeof value === "string" ? `"${value}"` : String(value);
}

function field<T>(name: string, right: (value: unknown) => boolean, wanted: string) {
  return z.custom<T>(right, { error: ({ input }) => `${name} ${show(input)} must be ${wanted}.` });
}

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
const isWhole = (least: number) => (value: unknown) => Number.isSafeInteger(value) && (value as number) >= least;

const oneOf = <T extends string>(name: string, ...choices: readonly T[]) =>
  field<T>(name, (value) => choices.includes(value as T), `one of ${choices.join(", ")}`);
const milliseconds = (name: string) => field<number>(name, isWhole(1), "a whole number of milliseconds above 0");
const intensity = (name: string) => field<number>(name, isWhole(0), "a whole number of restarts, 0 or more");
const flag = (name: string) => field<boolean>(name, (value) => typeof value === "boolean", "true or false");

/** A key that does not exist is a typing error more often than not, so it is refused and not skipped. */
function strictly<S extends z.core.$ZodLooseShape>(what: string, shape: S) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? `${what} has no ${issue.keys!.map((key) => `"${key}"`).join(", ")}; it has ${Object.keys(shape).join(", ")}.`
        : `${what} ${show(issue.input)} must be an object.`,
  });
}

const backoff = strictly("backoff", {
  initialMs: field<number>("backoff.initialMs", (ms) => isNumber(ms) && ms >= 0, "0 or more"),
  maxMs: field<number>("backoff.maxMs", (ms) => isNumber(ms) && ms >= 0, "0 or more"),
  factor: field<number>("backoff.factor", (factor) => isNumber(factor) && factor >= 1, "1 or more"),
  jitter: field<number>("backoff.jitter", (part) => isNumber(part) && part >= 0 && part <= 1, "a fraction from 0 to 1"),
  resetAfterMs: field<number>("backoff.resetAfterMs", (ms) => typeof ms === "number" && ms >= 0, "0 or more"),
}).superRefine(({ initialMs, maxMs }, context) => {
  if (maxMs < initialMs) context.addIssue(`backoff.maxMs ${maxMs} must be at least initialMs.`);
});

const budget = strictly("budget", {
  intensity: intensity("budget.intensity"),
  periodMs: milliseconds("budget.periodMs"),
  onSpent: oneOf("budget.onSpent", "give-up", "quarantine").optional(),
});

const isName = (id: unknown) => typeof id === "string" && id !== "" && !id.includes("/");
const isTags = (tags: unknown) => Array.isArray(tags) && tags.every((tag) => typeof tag === "string" && tag !== "");

const RESTARTS = ["permanent", "transient", "temporary"];

const anyChild = {
  id: field<string>("id", isName, 'a name without "/", because it is one step of a path'),
  restart: oneOf("restart", ...RESTARTS).optional(),
  significant: flag("significant").optional(),
  budget: budget.optional(),
  tags: field<readonly string[]>("tags", isTags, "a list of names").optional(),
};

const isActor = (actor: unknown) => typeof (actor as { init?: unknown } | null | undefined)?.init === "function";

/**
 * Whether a worker has nothing but what every worker has, all of it right. Such ones are started by the hundred thousand,
 * and looking at them so takes a tenth of the time.
 */
export function isPlainWorker(spec: object): boolean {
  for (const key in spec) {
    if (!isPlainField(key, spec[key as keyof typeof spec])) return false;
  }
  return "id" in spec && "actor" in spec;
}

function isPlainField(key: string, value: unknown): boolean {
  switch (key) {
    case "id":
      return isName(value);
    case "actor":
      return isActor(value);
    case "args":
      return true;
    case "restart":
      return RESTARTS.includes(value as string);
    default:
      return false;
  }
}

const isTime = (time: unknown) => time === "brutal_kill" || isWhole(1)(time);
const inTime = 'a whole number of milliseconds above 0 or "brutal_kill"';

export const workerSchema = strictly("a worker", {
  ...anyChild,
  actor: z.custom(isActor, { error: "actor must be an actor definition with an init function." }),
  args: z.unknown(),
  // A worker that hangs would hang the stop of everything above it.
  shutdown: z.custom(isTime, {
    error: ({ input }) =>
      input === "infinity"
        ? "shutdown infinity is for supervisors only; give the worker a number of milliseconds."
        : `shutdown ${show(input)} must be ${inTime}.`,
  }).optional(),
  startTimeoutMs: milliseconds("startTimeoutMs").optional(),
  backoff: backoff.optional(),
  mailboxOnRestart: oneOf("mailboxOnRestart", "keep", "dead-letter").optional(),
});

const anySupervisor = {
  ...anyChild,
  strategy: oneOf("strategy", "one_for_one", "one_for_all", "rest_for_one", "dynamic"),
  intensity: intensity("intensity").optional(),
  periodMs: milliseconds("periodMs").optional(),
  autoShutdown: oneOf("autoShutdown", "never", "any_significant", "all_significant").optional(),
  onGiveUp: oneOf("onGiveUp", "escalate", "isolate", "safe-mode", "halt").optional(),
  shutdown: field("shutdown", (time) => time === "infinity" || isTime(time), `${inTime} or "infinity"`).optional(),
};

export const supervisorSchema = strictly("a supervisor", {
  ...anySupervisor,
  children: field("children", Array.isArray, "a list of child specifications"),
});

export const dynamicSchema = strictly("a dynamic supervisor", {
  ...anySupervisor,
  template: field("template", (template) => typeof template === "object" && template !== null, "a worker"),
});
