/** The way to a broker as one text: kind, host, port, and how to log in. */
export interface BrokerUrl {
  readonly kind: "redis" | "nats" | "kafka";
  readonly host: string;
  readonly port: number;
  readonly user?: string;
  readonly password?: string;
  /** `caFile`: authorities to trust instead of the machine's. */
  readonly tls?: { readonly caFile?: string };
}

const PORTS = { redis: 6379, nats: 4222, kafka: 9092 } as const;
const KINDS = Object.keys(PORTS) as readonly BrokerUrl["kind"][];

export const BROKER_URL =
  'must be a broker such as "redis://127.0.0.1:6379", "nats+tls://user@host" or "kafka://host:9092"';

/**
 * `kind://[user[:password]@]host[:port][?ca=file]`, with "+tls" behind the kind for TLS. A password that is not to stand in a
 * file or a list of processes comes from the environment: `passwordOf` is asked for it. Throws a RangeError with BROKER_URL.
 */
export function parseBrokerUrl(
  text: string,
  passwordOf: (kind: string) => string | undefined = () => undefined,
): BrokerUrl {
  const match = /^([a-z]+)(\+tls)?:\/\/(.+)$/.exec(text);
  const kind = KINDS.find((one) => one === match?.[1]);
  let url: URL;
  try {
    if (match === null || kind === undefined) throw new RangeError(BROKER_URL);
    // Only schemes that the standard calls special have hosts that are checked.
    url = new URL(`http://${match[3]}`);
  } catch {
    throw new RangeError(BROKER_URL);
  }
  const { hostname, username, searchParams } = url;
  const strange = [...searchParams.keys()].some((name) => name !== "ca");
  const ca = searchParams.get("ca");
  if (strange || (url.pathname !== "/" && url.pathname !== "") || (ca !== null && match[2] === undefined)) {
    throw new RangeError(BROKER_URL);
  }
  const user = username === "" ? undefined : decodeURIComponent(username);
  // Port 80 is the one that `http` does not show.
  const port = url.port === "" ? (/:80(?=[/?]|$)/.test(match[3]) ? 80 : PORTS[kind]) : Number(url.port);
  return {
    kind,
    host: hostname.replace(/^\[|\]$/g, ""),
    port,
    ...(user === undefined ? {} : { user }),
    ...(url.password !== "" || user !== undefined
      ? { password: url.password === "" ? passwordOf(kind) : decodeURIComponent(url.password) }
      : {}),
    ...(match[2] === undefined ? {} : { tls: ca === null ? {} : { caFile: ca } }),
  };
}

/** For people: without the password. */
export const brokerName = ({ kind, host, port }: BrokerUrl): string => `${kind}://${host}:${port}`;
