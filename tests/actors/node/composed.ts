/** A node composed in this process, in memory, whose market time the test drives. */
import { composeNode } from "../../../actors/node/compose.ts";
import { instrumentsOf } from "../../../actors/node/instruments.ts";
import { organismSpecs } from "../../../actors/node/organisms.ts";
import { nameScopes, treeOf } from "../../../actors/node/scopes.ts";
import { openWorld } from "../../../actors/node/worlds/mod.ts";
import { type Config, loadConfig } from "../../../config/mod.ts";
import { ensureCore } from "../../../ffi/build.ts";
import { AuditLog, ControlPage, OrderGate } from "../../../ffi/mod.ts";
import { ActorSystem, MICROS_PER_SECOND } from "../../../runtime/mod.ts";

ensureCore();

export interface Composed {
  readonly node: ReturnType<typeof composeNode>;
  readonly gate: OrderGate;
  readonly control: ControlPage;
  /** Lets the market come to so many seconds after its start. */
  readonly until: (seconds: number) => Promise<void>;
}

/** Composes a simulated node, lets `body` live with it, and takes it down. */
export async function composed<T>(
  body: (it: Composed) => Promise<T>,
  { live = false, change = (config) => config }: {
    readonly live?: boolean;
    readonly change?: (config: Config) => Config;
  } = {},
): Promise<T> {
  const loaded = loadConfig({
    environment: { CWTS_NODE_SPEED: "max", CWTS_CONSOLE_ENABLED: "false" },
    directory: ".",
  });
  const config = change(loaded.config);
  const instruments = instrumentsOf(config);
  const world = { ...await openWorld(config), live };
  using audit = AuditLog.memory();
  using control = ControlPage.memory();
  nameScopes(control, treeOf(config, instruments), 1);
  using gate = OrderGate.create({ audit, control });
  const node = composeNode({
    config,
    instruments,
    organisms: organismSpecs(config, instruments),
    world,
    audit,
    control,
    gate,
    wall: { nanos: () => 1, timestamp: () => "", after: () => {} },
    err: () => {},
    system: (options) => new ActorSystem(options),
  });
  node.start();
  const until = async (seconds: number) => {
    await node.parts.system.run({ until: world.start + seconds * MICROS_PER_SECOND });
  };
  const result = await body({ node, gate, control, until });
  await node.drain();
  await node.stop();
  await node.close();
  return result;
}
