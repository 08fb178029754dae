/** The page in a browser over the model node, for one test. */
import { type ConsoleServer, loadAssets, startConsole } from "../../../actors/console/mod.ts";
import { type OpenPage, withPage } from "../../e2e/browser.ts";
import { type AlertRig, openAlerts } from "../alerts/rig.ts";
import { type Desk, openDesk } from "../access/desk.ts";
import { configOf, openRig, type Rig } from "../controls/rig.ts";
import { TOKEN } from "./client.ts";
import { createModelFeed } from "./feed.ts";
import { createModelNode, type ModelNode, type ModelOptions } from "./model.ts";

export interface Scene extends OpenPage {
  readonly model: ModelNode;
  readonly server: ConsoleServer;
  readonly desk: Desk;
  readonly limits: Rig;
  readonly alerts: AlertRig;
}

/** Limits for the organisms and instruments of the model node, in a gate of their own. */
const MODEL_LIMITS = `
[firm.limits]
max_gross = "50000"
max_open_orders = 100
[[firm.limits.instruments]]
symbol = "ALPHA"
max_position = 600
[[customers]]
id = "house"
[[accounts]]
id = "main"
[accounts.limits]
max_gross = "40000"
[[controls.capital]]
scope = "account:main"
amount = "100000"
credit = "60000"
max_loss = "5000"
[[controls.mandates]]
organism = "anglerfish"
until = "2026-01-08T09:00:00Z"
[[controls.mandates]]
organism = "tardigrade"
[[controls.restrictions]]
scope = "firm"
symbol = "GAMMA"
sides = "sells"
list = 7
${["ALPHA", "BETA", "GAMMA"].map((symbol) => `[[instruments]]\nsymbol = "${symbol}"\nstart_price = "100"\n`).join("")}
${
  ["anglerfish", "platypus", "tardigrade"].map((id, i) =>
    `[[organisms]]\nid = "${id}"\nspecies = "anglerfish"\ninstruments = ["${["ALPHA", "BETA", "GAMMA"][i]}"]\n` +
    `[organisms.limits]\nmax_position = 500\n`
  ).join("")
}`;

export async function scene(
  test: (scene: Scene) => Promise<void>,
  options: ModelOptions & { ticks?: number; host?: string; viewport?: { width: number; height: number } } = {},
): Promise<void> {
  const model = createModelNode(options);
  model.tick(options.ticks ?? 0);
  const desk = openDesk({ ownerToken: TOKEN });
  using limits = openRig({ config: configOf(MODEL_LIMITS) });
  const alerts = openAlerts();
  const host = options.host ?? "127.0.0.1";
  const server = await startConsole({
    view: model,
    host,
    port: 0,
    access: desk.access,
    controls: limits.controls,
    postTrade: createModelFeed(),
    alerts: alerts.desk,
    assets: await loadAssets(),
  });
  try {
    await withPage(async (open) => {
      await open.page.goto(server.url.replace("0.0.0.0", "127.0.0.1"));
      await test({ ...open, model, server, desk, limits, alerts });
    }, options.viewport);
  } finally {
    await server.close();
    desk.access.close();
  }
}
