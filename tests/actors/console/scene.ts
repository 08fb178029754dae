/** The page in a browser over the model node, for one test. */
import { type ConsoleServer, loadAssets, startConsole } from "../../../actors/console/mod.ts";
import { type OpenPage, withPage } from "../../e2e/browser.ts";
import { type Desk, openDesk } from "../access/desk.ts";
import { openRig, type Rig } from "../controls/rig.ts";
import { TOKEN } from "./client.ts";
import { createModelFeed } from "./feed.ts";
import { createModelNode, type ModelNode, type ModelOptions } from "./model.ts";

export interface Scene extends OpenPage {
  readonly model: ModelNode;
  readonly server: ConsoleServer;
  readonly desk: Desk;
  readonly limits: Rig;
}

export async function scene(
  test: (scene: Scene) => Promise<void>,
  options: ModelOptions & { ticks?: number; host?: string; viewport?: { width: number; height: number } } = {},
): Promise<void> {
  const model = createModelNode(options);
  model.tick(options.ticks ?? 0);
  const desk = openDesk({ ownerToken: TOKEN });
  using limits = openRig();
  const host = options.host ?? "127.0.0.1";
  const server = await startConsole({
    view: model,
    host,
    port: 0,
    access: desk.access,
    controls: limits.controls,
    postTrade: createModelFeed(),
    assets: await loadAssets(),
  });
  try {
    await withPage(async (open) => {
      await open.page.goto(server.url.replace("0.0.0.0", "127.0.0.1"));
      await test({ ...open, model, server, desk, limits });
    }, options.viewport);
  } finally {
    await server.close();
    desk.access.close();
  }
}
