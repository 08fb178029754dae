/**
 * Errors of the REST API: RFC 9457 problem details with a stable `code` and one sentence for people.
 *
 * Handlers throw `Problem`; `problemResponse` turns whatever was thrown into the one format clients have to know.
 */
import { HTTPException } from "hono/http-exception";
import { UserError } from "../../config/errors.ts";

/** Codes of the API. Clients may depend on them; sentences may change. */
export type ProblemCode =
  | "INVALID_REQUEST"
  | "MALFORMED_JSON"
  | "UNSUPPORTED_MEDIA_TYPE"
  | "BODY_TOO_LARGE"
  | "TOKEN_REQUIRED"
  | "FOREIGN_HOST"
  | "FOREIGN_ORIGIN"
  | "NOT_FOUND"
  | "METHOD_NOT_ALLOWED"
  | "UNKNOWN_ACTOR"
  | "UNKNOWN_INSTRUMENT"
  | "UNKNOWN_ORGANISM"
  | "UNKNOWN_CRASH"
  | "UNKNOWN_SCOPE"
  | "NOT_READY"
  | "TOO_MANY_STREAMS"
  | "KILL_FAILED"
  | "REARM_FAILED"
  | "INTERNAL";

export interface FieldError {
  /** Name of the parameter or the dotted path in the body. */
  readonly field: string;
  readonly message: string;
}

export class Problem extends Error {
  constructor(
    readonly status: number,
    /** One of ours, or the node's own code of a command it could not carry out. */
    readonly code: ProblemCode | (string & Record<never, never>),
    /** One sentence, with the fix in it where there is one. */
    readonly detail: string,
    readonly errors: readonly FieldError[] = [],
  ) {
    super(detail);
    this.name = "Problem";
  }
}

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  413: "Content Too Large",
  409: "Conflict",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

export function problemResponse(problem: Problem): Response {
  const body = {
    type: `urn:cwts:problem:${problem.code}`,
    title: TITLES[problem.status] ?? "Error",
    status: problem.status,
    code: problem.code,
    detail: problem.detail,
    ...(problem.errors.length > 0 ? { errors: problem.errors } : {}),
  };
  const headers = new Headers({ "content-type": "application/problem+json" });
  if (problem.status === 401) headers.set("www-authenticate", 'Bearer realm="cwts console"');
  return new Response(JSON.stringify(body), { status: problem.status, headers });
}

/** Statuses of what access and limits refuse; the code says which it was, the sentence what to do. */
const REFUSALS: readonly (readonly [pattern: RegExp, status: number])[] = [
  [/^(TOKEN_.*|SESSION_EXPIRED|KEY_EXPIRED|KEY_REVOKED|LOGIN_FAILED|ENROLMENT_WRONG|PASSWORD_ALONE)$/, 401],
  [/^(ROLE_FORBIDDEN|OWN_ACCESS|SAME_PERSON|SAME_ROLE|NO_MANDATE)$/, 403],
  [/^UNKNOWN_(PERSON|KEY|CHANGE|ALERT)$/, 404],
  [
    /^(ROLES_CONFLICT|PERSON_EXISTS|LAST_ADMIN|KEY_COUNT|CHANGE_.*|CONFIGURATION_(WAITS|SAME)|FLATTEN_.*|KILL_LOOSENS|REARM_ACTIVE|REARM_QUIET|REARM_OVERTAKEN|LIMIT_UNCHANGED|LIMIT_LOOSENS|LIMIT_TIGHTENS|APPROVAL_DIGEST|CLOCK_JUMPED|ALERT_(ANSWERED|UNACKNOWLEDGED))$/,
    409,
  ],
  [
    /^(UNKNOWN_(ROLE|SCOPE|LIMIT|INSTRUMENT)|CONFIGURATION_BAD|LIMIT_.*|ALERT_TEXT|PERSON_NAME|PASSWORD_WEAK|KEY_.*)$/,
    422,
  ],
  [/^LOCKED_OUT$/, 429],
  [/^(ACCESS_BUSY|AUDIT_FAILED|CONTROLS_UNAVAILABLE|STORE_FAILED|STORE_RESTING|BROKER_.*)$/, 503],
];

/** What to answer for anything thrown while a request was handled. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof HTTPException && error.status === 400) {
    return new Problem(400, "MALFORMED_JSON", "the body is not valid JSON");
  }
  if (error instanceof UserError) {
    const status = REFUSALS.find(([pattern]) => pattern.test(error.code))?.[1];
    if (status !== undefined) return new Problem(status, error.code, error.message);
  }
  return new Problem(500, "INTERNAL", `the console could not answer this request: ${messageOf(error)}`);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
