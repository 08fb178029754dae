/** What a machine must have for the tests of each broker; they are skipped, and counted, where it has not. */
import { javaProgram } from "./kafka.ts";
import { natsProgram } from "./nats.ts";
import { redisProgram } from "./redis.ts";
import { findProgram } from "./service.ts";

export type BrokerKind = "memory" | "redis" | "nats" | "kafka";

const PROGRAMS = {
  memory: {},
  redis: { "redis-server": redisProgram },
  nats: { "nats-server": natsProgram },
  kafka: { java: javaProgram },
} as const;

/** The programs that are missing; empty where it can run. `secured`: certificates are made as well. */
export function missing(kind: BrokerKind, secured = false): readonly string[] {
  const programs = { ...PROGRAMS[kind], ...(secured ? { openssl: findProgram("openssl") } : {}) };
  return Object.entries(programs).filter(([, path]) => path === null).map(([name]) => name);
}

/** " [needs java]", or nothing. */
export function need(programs: readonly string[]): string {
  return programs.length === 0 ? "" : ` [needs ${programs.join(", ")}]`;
}
