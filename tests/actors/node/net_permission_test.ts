/** What a node may not reach is refused before it starts, with the flag that lets it; and that flag does. */
import assert from "node:assert/strict";
import { refuseUnreachable } from "../../../actors/node/net_permission.ts";
import { loadConfig } from "../../../config/mod.ts";
import { outside, ROOT } from "../../cli/run.ts";
import { withDirectory } from "./run.ts";

const FAR = { CWTS_AUDIT_BROKER: "redis://192.0.2.7", CWTS_AUDIT_TSA: "https://tsa.invalid/here" };
const FLAG = "--allow-net=127.0.0.1,localhost,[::1],192.0.2.7:6379,tsa.invalid:443";

Deno.test("every place that is closed is named with its key, and the flag names all that is configured", () => {
  const { config } = loadConfig({ environment: { ...FAR, CWTS_AUDIT_WITNESS: "http://[::1]:7000/add-checkpoint" } });
  const asked: string[] = [];
  const only = (...open: string[]) => (at: string) => (asked.push(at), open.includes(at));
  assert.throws(() => refuseUnreachable(config, only("[::1]:7000")), {
    code: "NET_PERMISSION",
    message:
      `audit.broker is at 192.0.2.7:6379, audit.tsa is at tsa.invalid:443, which this process may not reach: start it ` +
      `with deno run -P=node "${FLAG}" main.ts start`,
  });
  assert.deepEqual(asked, ["192.0.2.7:6379", "tsa.invalid:443", "[::1]:7000"]);
  refuseUnreachable(config, () => true);
  refuseUnreachable(loadConfig({ environment: {} }).config, () => false);
});

Deno.test("a node by its task refuses a broker elsewhere, makes nothing, and starts with the flag it names", () =>
  withDirectory(async (directory) => {
    const data = `${directory}/data`;
    const start = ["start", "--speed", "max", "--console-port", "off", "--data-dir", data, "--duration", "2s"];
    const refused = await outside(start, FAR);
    assert.notEqual(refused.exit, 0);
    const flag = /deno run -P=node "(\S+)" main\.ts start/.exec(refused.err)?.[1];
    assert.equal(flag, FLAG);
    assert.throws(() => Deno.statSync(data), Deno.errors.NotFound);
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "-P=node", flag!, "main.ts", ...start],
      cwd: ROOT,
      env: { NO_COLOR: "1", CWTS_AUDIT_TSA: FAR.CWTS_AUDIT_TSA },
      stdin: "null",
    }).output();
    const said = new TextDecoder().decode(stderr);
    assert.equal(code, 0, said);
    assert.match(said, /TIMESTAMP_UNREACHABLE: no time stamp from https:\/\/tsa\.invalid\/here: /);
    assert.doesNotMatch(said, /Requires net access|NotCapable/);
  }));
