/// <reference lib="deno.worker" />
/** The thread of the hasher: Argon2id in WebAssembly, one after the other. */
import { argon2id, argon2Verify } from "hash-wasm";
import type { HashAnswer, HashJob } from "./hasher.ts";

/** RFC 9106 and the OWASP cheat sheet's first choice: 19 MiB, two passes, one lane. */
const COST = { memorySize: 19_456, iterations: 2, parallelism: 1, hashLength: 32 } as const;

async function run(job: HashJob): Promise<string | boolean> {
  if (job.kind === "verify") return await argon2Verify({ password: job.password, hash: job.hash });
  return await argon2id({ ...COST, password: job.password, salt: job.salt, outputType: "encoded" });
}

self.onmessage = async ({ data }: MessageEvent<HashJob>) => {
  let answer: HashAnswer;
  try {
    answer = { ok: true, value: await run(data) };
  } catch (error) {
    answer = { ok: false, detail: (error as Error).message };
  }
  self.postMessage(answer);
};
