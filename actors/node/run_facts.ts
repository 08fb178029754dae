/** What a node says of itself when something failed: the run that a crash was in, and what a branch that gave up means. */
import { basename } from "node:path";
import { ABI_VERSION, LAYOUT_HASH } from "../../ffi/layout.gen.ts";
import { type Config, configHash, VERSION } from "../../config/mod.ts";
import type { Micros, SystemEvent } from "../../runtime/mod.ts";
import { concern } from "../protocol/mod.ts";

export function concernOf({ path, onGiveUp }: SystemEvent & { readonly kind: "gave-up" }, time: Micros) {
  const mild = onGiveUp === "safe-mode" || onGiveUp === "isolate";
  const detail = `${path} gave up restarting its children`;
  return concern({ kind: mild ? "gave-up" : "halted", subject: path, active: true, detail, time });
}

/** What a crash record says of the run beside its seed: enough to start it again. */
export function crashFacts({ feed, chaos, ...config }: Config): Record<string, string> {
  const facts: Record<string, string> = {
    version: VERSION,
    build: `abi ${ABI_VERSION}, records ${LAYOUT_HASH}`,
    config: configHash({ feed, chaos, ...config }),
    feed: [feed.kind, feed.paths.map((path) => basename(path)).join(",")].filter((part) => part !== "").join(":"),
  };
  if (chaos.rate > 0) facts.chaos = String(chaos.rate);
  return facts;
}
