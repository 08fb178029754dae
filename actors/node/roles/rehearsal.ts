/**
 * Puts a node together in memory and throws it away: what a standby does while it waits, so that code is compiled and the
 * native library loaded when its hour comes. It takes a second the first time, and a third of one afterwards.
 */
import type { Config } from "../../../config/mod.ts";
import { AuditLog, ControlPage, OrderGate } from "../../../ffi/mod.ts";
import { ActorSystem } from "../../../runtime/mod.ts";
import type { ChildSpec } from "../../../supervision/mod.ts";
import { thisBuild } from "../build.ts";
import { composeNode } from "../compose.ts";
import { deploymentOf } from "../deployment.ts";
import { instrumentsOf } from "../instruments.ts";
import { nameScopes, treeOf } from "../scopes.ts";
import { openWorld } from "../worlds/mod.ts";

export async function rehearse(config: Config, organisms: readonly ChildSpec[]): Promise<void> {
  const instruments = instrumentsOf(config);
  using audit = AuditLog.memory();
  using control = ControlPage.memory();
  nameScopes(control, treeOf(config, instruments), 1);
  using gate = OrderGate.create({ audit, control });
  const node = composeNode({
    ...{ config, instruments, organisms, audit, control, gate },
    deployment: deploymentOf(thisBuild(), config, null),
    world: await openWorld(config),
    wall: { nanos: () => 1, timestamp: () => "", after: () => {} },
    err: () => {},
    system: (options) => new ActorSystem(options),
  });
  await node.close();
}
