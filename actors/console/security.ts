/**
 * Who may talk to the console.
 *
 * A browser on the operator's machine visits other sites too. Those must not read the console through a name that
 * resolves to 127.0.0.1 (DNS rebinding: the Host check), nor make the operator's browser send a command (the Origin
 * and Sec-Fetch-Site checks). Whoever gets past these is asked who he is: see `guard.ts`.
 */
import type { MiddlewareHandler } from "hono";
import { Problem } from "./problem.ts";

const LOOPBACK_NAME = /^(localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
const IP_LITERAL = /^(\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]+\])$/;

/** No inline script, no other host, nothing framed, no string ever turned into markup. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": CONTENT_SECURITY_POLICY,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
};

export function isLoopback(host: string): boolean {
  return LOOPBACK_NAME.test(bracketed(host.toLowerCase()));
}

/** An address as it stands in a URL: IPv6 in brackets. */
export function bracketed(host: string): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}

/** Sets the security headers on every answer, errors included. */
export const securityHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  for (const name in SECURITY_HEADERS) c.res.headers.set(name, SECURITY_HEADERS[name]);
  if (!c.res.headers.has("cache-control")) c.res.headers.set("cache-control", "no-store");
};

/**
 * Refuses a Host header that is not this console. Bound to loopback: loopback names only. Bound elsewhere: also the
 * bound name and IP literals, which cannot be rebound; a foreign name stays refused.
 */
export function hostCheck(bound: string): MiddlewareHandler {
  const own = bracketed(bound.toLowerCase());
  const open = !isLoopback(bound);
  return async (c, next) => {
    const name = hostName(c.req.header("host"));
    const known = LOOPBACK_NAME.test(name) || (open && (name === own || IP_LITERAL.test(name)));
    if (!known) {
      throw new Problem(403, "FOREIGN_HOST", `the Host header "${name}" is not this console: open it by its address`);
    }
    await next();
  };
}

function hostName(header: string | undefined): string {
  return (header ?? "").toLowerCase().replace(/:\d*$/, "");
}

/** Refuses what another site made the browser send. Clients that are not browsers send neither header. */
export const originCheck: MiddlewareHandler = async (c, next) => {
  const origin = c.req.header("origin");
  const site = c.req.header("sec-fetch-site");
  const foreign = (origin !== undefined && origin !== `http://${c.req.header("host")}`) ||
    (site !== undefined && site !== "same-origin" && site !== "none");
  if (foreign) {
    throw new Problem(403, "FOREIGN_ORIGIN", "the request comes from another site: use the console's own page");
  }
  await next();
};
