/** The REST API of access: log-in, one's own password and keys, and the people who may come in. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { deleteCookie, setCookie } from "hono/cookie";
import type { AccessPort } from "../protocol/access.ts";
import { ACTIONS, ROLES } from "../protocol/roles.ts";
import { problemContent } from "./api.ts";
import { SESSION_COOKIE } from "./guard.ts";
import { writingApp } from "./writing_app.ts";

const name = z.string().min(1).max(64);
/** Names, not the lists of them, so that a wrong one is answered with the nearest right one. */
const names = z.array(z.string().max(64)).max(32);
const secret = z.string().min(1).max(1_024);
const millis = z.number().describe("wall milliseconds since 1970");
const roles = z.array(z.enum(ROLES));
const actions = z.array(z.enum(ACTIONS as [typeof ACTIONS[number], ...typeof ACTIONS[number][]]));

const Self = z.object({
  kind: z.enum(["person", "machine", "owner"]),
  id: z.string(),
  roles,
  actions,
}).openapi("Self");
const SessionOpened = z.object({
  person: z.string(),
  roles,
  actions,
  idleUntil: millis,
  expires: millis,
  token: z.string().optional().describe("only when asked for with bearer"),
}).openapi("SessionOpened");
const Invited = z.object({ person: z.string(), token: z.string().describe("shown once"), expires: millis })
  .openapi("Invitation");
const Person = z.object({
  id: z.string(),
  roles,
  state: z.enum(["active", "invited", "disabled"]),
  lockedUntil: millis.nullable(),
  sessions: z.int(),
}).openapi("Person");
const Key = z.object({
  id: z.string().describe("the part of the key that may be seen"),
  person: z.string(),
  label: z.string(),
  actions,
  created: millis,
  expires: millis,
  state: z.enum(["active", "expired", "revoked"]),
}).openapi("Key");
const KeyMade = Key.extend({ key: z.string().describe("shown once") }).openapi("KeyMade");
const Done = z.object({ done: z.literal(true) }).openapi("Done");
const DONE = { done: true } as const;

const LogIn = z.strictObject({
  person: name,
  password: secret,
  bearer: z.boolean().default(false).describe("answer the token instead of a cookie, for programs"),
}).openapi("LogIn");
const Enrolment = z.strictObject({ person: name, token: secret, password: secret }).openapi("Enrolment");
const NewPassword = z.strictObject({ current: secret, next: secret }).openapi("NewPassword");
const KeyWanted = z.strictObject({ label: z.string().max(64), actions: names, days: z.number() }).openapi("KeyWanted");
const PersonWanted = z.strictObject({ person: name, roles: names }).openapi("PersonWanted");
const RolesWanted = z.strictObject({ roles: names }).openapi("RolesWanted");
const DisabledWanted = z.strictObject({ disabled: z.boolean() }).openapi("DisabledWanted");

const id = z.object({ id: z.string().min(1).max(64).openapi({ param: { name: "id", in: "path" } }) });
const items = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });

function route<R extends z.ZodType, P extends z.ZodObject = z.ZodObject>(
  method: "get" | "delete",
  path: string,
  summary: string,
  answer: R,
  params: P = z.object({}) as P,
) {
  return createRoute({
    method,
    path,
    tags: ["access"],
    summary,
    request: { params },
    responses: answers(summary, answer),
  });
}

function writing<B extends z.ZodType, R extends z.ZodType, P extends z.ZodObject = z.ZodObject>(
  method: "post" | "put",
  path: string,
  summary: string,
  body: B,
  answer: R,
  params: P = z.object({}) as P,
) {
  const request = { params, body: { required: true, content: { "application/json": { schema: body } } } } as const;
  return createRoute({ method, path, tags: ["access"], summary, request, responses: answers(summary, answer) });
}

function answers<R extends z.ZodType>(description: string, schema: R) {
  return { 200: { description, content: { "application/json": { schema } } }, default: problemContent } as const;
}

// deno-fmt-ignore
const routes = {
  logIn: writing("post", "/session", "Log in", LogIn, SessionOpened),
  self: route("get", "/session", "Who the credential stands for, and what it may do", Self),
  logOut: route("delete", "/session", "Log out", Done),
  enrol: writing("post", "/enrolment", "Set the first password with an invitation", Enrolment, Done),
  password: writing("put", "/password", "Change one's password; ends one's sessions", NewPassword, Done),
  keys: route("get", "/keys", "One's keys; those of all for whoever reads people", items(Key)),
  createKey: writing("post", "/keys", "Make a key for a machine", KeyWanted, KeyMade),
  revokeKey: route("delete", "/keys/{id}", "Revoke a key", Done, id),
  people: route("get", "/people", "People and their roles", items(Person)),
  add: writing("post", "/people", "Add a person", PersonWanted, Invited),
  roles: writing("put", "/people/{id}/roles", "Change what a person holds", RolesWanted, Done, id),
  invite: writing("post", "/people/{id}/invitation", "A new invitation in place of the password", z.strictObject({}), Invited, id),
  disable: writing("put", "/people/{id}/disabled", "Take access away or give it back", DisabledWanted, Done, id),
  endSessions: route("delete", "/people/{id}/sessions", "End the sessions of a person", Done, id),
};

export function accessApi(access: AccessPort): OpenAPIHono {
  const app = writingApp(["GET", "DELETE"]);

  app.openapi(routes.logIn, async (c) => {
    const { person, password, bearer } = c.req.valid("json");
    const { token, ...login } = await access.login(person, password, c.get("from"));
    if (bearer) return c.json({ ...login, roles: [...login.roles], actions: [...login.actions], token }, 200);
    // Not "secure": the console speaks plain HTTP, to loopback or through a tunnel.
    setCookie(c, SESSION_COOKIE, token, { httpOnly: true, sameSite: "Strict", path: "/" });
    return c.json({ ...login, roles: [...login.roles], actions: [...login.actions] }, 200);
  });
  app.openapi(routes.self, (c) => {
    const { kind, id, roles, actions } = c.get("principal");
    return c.json({ kind, id, roles: [...roles], actions: [...actions] }, 200);
  });
  app.openapi(routes.logOut, (c) => {
    access.logout(c.get("principal"), c.get("from"));
    deleteCookie(c, SESSION_COOKIE, { path: "/" });
    return c.json(DONE, 200);
  });
  app.openapi(routes.enrol, async (c) => {
    const { person, token, password } = c.req.valid("json");
    await access.enrol(person, token, password, c.get("from"));
    return c.json(DONE, 200);
  });
  app.openapi(routes.password, async (c) => {
    const { current, next } = c.req.valid("json");
    await access.setPassword(c.get("principal"), current, next, c.get("from"));
    return c.json(DONE, 200);
  });
  app.openapi(routes.keys, (c) => c.json({ items: access.keys(c.get("principal")).map(plainKey) }, 200));
  app.openapi(routes.createKey, (c) => {
    const { key, ...view } = access.createKey(c.get("principal"), c.req.valid("json"), c.get("from"));
    return c.json({ ...plainKey(view), key }, 200);
  });
  app.openapi(routes.revokeKey, (c) => {
    access.revokeKey(c.get("principal"), c.req.valid("param").id, c.get("from"));
    return c.json(DONE, 200);
  });
  app.openapi(routes.people, (c) => {
    return c.json({ items: access.people().map((person) => ({ ...person, roles: [...person.roles] })) }, 200);
  });
  app.openapi(routes.add, (c) => {
    const { person, roles } = c.req.valid("json");
    return c.json(access.addPerson(c.get("principal"), person, roles, c.get("from")), 200);
  });
  app.openapi(routes.roles, (c) => {
    access.setRoles(c.get("principal"), c.req.valid("param").id, c.req.valid("json").roles, c.get("from"));
    return c.json(DONE, 200);
  });
  app.openapi(routes.invite, (c) => {
    return c.json(access.invite(c.get("principal"), c.req.valid("param").id, c.get("from")), 200);
  });
  app.openapi(routes.disable, (c) => {
    const { disabled } = c.req.valid("json");
    access.setDisabled(c.get("principal"), c.req.valid("param").id, disabled, c.get("from"));
    return c.json(DONE, 200);
  });
  app.openapi(routes.endSessions, (c) => {
    access.endSessions(c.get("principal"), c.req.valid("param").id, c.get("from"));
    return c.json(DONE, 200);
  });
  return app;
}

function plainKey<K extends { readonly actions: readonly unknown[] }>(key: K) {
  return { ...key, actions: [...key.actions] as K["actions"][number][] };
}
