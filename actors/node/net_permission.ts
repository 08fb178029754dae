/**
 * Whether this process may reach what its configuration names. A node may reach this machine alone unless its command line says
 * more; asked while it runs, Deno would put the question to whoever sits at the terminal, and the node would wait for the answer.
 */
import { type Config, parseBroker, UserError } from "../../config/mod.ts";

/** What the permissions of a node have already. */
const HERE = ["127.0.0.1", "localhost", "[::1]"];

interface Place {
  readonly key: string;
  /** Host and port, as `--allow-net` has them. */
  readonly at: string;
}

/** Before anything is made on disk. Throws NET_PERMISSION, with the flag that is needed. */
export function refuseUnreachable(config: Config, granted = mayReach): void {
  const places = placesOf(config);
  const closed = places.filter(({ at }) => !granted(at));
  if (closed.length === 0) return;
  const net = [...new Set([...HERE, ...places.map(({ at }) => at)])].filter((at) =>
    !HERE.some((here) => at.startsWith(`${here}:`))
  );
  throw new UserError(
    "NET_PERMISSION",
    `${
      closed.map(({ key, at }) => `${key} is at ${at}`).join(", ")
    }, which this process may not reach: start it with ` +
      `deno run -P=node "--allow-net=${net.join(",")}" main.ts start`,
  );
}

const mayReach = (host: string): boolean => Deno.permissions.querySync({ name: "net", host }).state === "granted";

function placesOf({ audit, cluster }: Config): Place[] {
  const brokers = [
    ...(audit.broker === undefined ? [] : [["audit.broker", audit.broker]]),
    ...cluster.brokers.map((broker) => ["cluster.brokers", broker]),
  ].map(([key, broker]) => {
    const { host, port } = parseBroker(broker);
    return { key, at: `${host.includes(":") ? `[${host}]` : host}:${port}` };
  });
  const vouchers = [["audit.tsa", audit.tsa], ["audit.witness", audit.witness]].flatMap(([key, text]) => {
    if (text === undefined) return [];
    const { hostname, port, protocol } = new URL(text);
    return [{ key: key!, at: `${hostname}:${port || (protocol === "https:" ? 443 : 80)}` }];
  });
  return [...brokers, ...vouchers];
}
