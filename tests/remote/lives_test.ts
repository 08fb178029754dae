/** A letter that takes the whole process with it is counted over the lives of a group, and is a dead letter in the end. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { heldLetter, heldLetters, Intake } from "../../runtime/remote/mod.ts";
import { Lives } from "../../runtime/remote/lives.ts";
import { inside } from "../cli/run.ts";
import { missing, need } from "../services/needs.ts";
import { startRedis } from "../services/redis.ts";
import { openBroker } from "../transport/adapters.ts";
import { until } from "../transport/letters.ts";
import { border, counted, onMemory } from "./messages.ts";
import { GROUP, type PoisonedArgs, TOPIC } from "./poisoned_node.ts";

const ROOT = new URL("../../", import.meta.url);
const [LETTERS, KEYS, POISON] = [120, 8, 60];
/** Three that the letter ends by itself, and those in which it was one of many: each comes further in its partition, or is the last of those. */
const MOST_LIVES = 3 + 1 + 2 * POISON / KEYS;
const absent = missing("redis");

function begin(args: PoisonedArgs): Deno.ChildProcess {
  const script = fileURLToPath(new URL("poisoned_node.ts", import.meta.url));
  const config = fileURLToPath(new URL("deno.json", ROOT));
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--quiet", "--config", config, script, JSON.stringify(args)],
    ...{ stdin: "null", stdout: "null", stderr: "inherit" },
  }).spawn();
}

Deno.test({
  name: `a letter that kills every process that handles it is put aside, and nothing else is lost${need(absent)}`,
  ignore: absent.length > 0,
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using server = await startRedis();
    const { port } = server;
    const broker = await openBroker("redis", { node: "writer", port });
    const file = await Deno.makeTempFile({ prefix: "cwts-lives-" });
    const handled = () => Deno.readTextFileSync(file).split("\n").slice(0, -1).map(Number);
    let reader: Deno.ChildProcess | null = null;
    try {
      const here = border("writer", counted);
      for (let n = 0; n < LETTERS; n++) await here.send(broker, TOPIC, `key-${n % KEYS}`, counted, { n });
      let deaths = 0;
      const dead = () => heldLetters(broker);
      for (let life = 1;; life++) {
        assert.ok(life <= MOST_LIVES + 1, `${deaths} lives have ended`);
        let ended = false;
        reader = begin({ port, life, poison: POISON, file });
        void reader.status.then(() => ended = true);
        await until(() => ended || new Set(handled()).size === LETTERS - 1, "it dies, or is through", 60_000);
        if (!ended) break;
        deaths++;
      }
      console.log(`put aside after ${deaths} deaths`);
      assert.ok(deaths >= 3, String(deaths));
      const all = handled();
      assert.deepEqual([...new Set(all)].sort((a, b) => a - b), [...Array(LETTERS).keys()].filter((n) => n !== POISON));
      reader!.kill("SIGTERM");
      assert.equal((await reader!.status).code, 0);
      const lag = await broker.lag(GROUP, TOPIC);
      assert.deepEqual(lag.map(({ behind }) => behind), lag.map(() => 0), "everything is dealt with");
      const letters = await dead();
      assert.equal(letters.length, 1);
      const { held } = await heldLetter(broker, letters[0].held.id);
      assert.deepEqual([held.code, held.attempts], ["PROCESS_DIED", 3]);
      assert.match(held.frame, new RegExp(`"n":${POISON}\\b`));
      const listed = await inside(["letters", "list", "--broker", `redis://127.0.0.1:${port}`]);
      assert.match(listed.out, /PROCESS_DIED +3/);
      const shown = await inside(["letters", "show", held.id, "--broker", `redis://127.0.0.1:${port}`]);
      assert.match(
        shown.out,
        /PROCESS_DIED: the process has ended 3 times while this letter was the one to be handled next/,
      );
    } finally {
      try {
        reader?.kill("SIGKILL");
      } catch { /* It has ended. */ }
      await reader?.status;
      await broker.close();
      await Deno.remove(file);
    }
  },
});

Deno.test("a life writes once for each partition, however many letters it handles, and one that ends in order counts for nothing", () =>
  onMemory(async (node, server) => {
    const [a, b] = [await node("a"), await node("b")];
    await a.createTopic("t", 2);
    const here = border("a", counted);
    for (let n = 0; n < 200; n++) await here.send(a, "t", `key-${n % 7}`, counted, { n });
    const fronts = () => [...server.registers].filter(([name]) => name.startsWith("front.g.t."));
    const life = (handle: () => Promise<void> | void) =>
      Intake.open({
        ...{
          border: border("b", counted),
          broker: b,
          group: "g",
          topic: "t",
          sessionMs: 400,
          pauseMs: 1,
          attempts: 1e6,
        },
        handle,
      });
    // Five lives that are ended in order while the first letters fail: none of them counts.
    for (let n = 0; n < 5; n++) {
      let tried = 0;
      const failing = await life(() => {
        tried++;
        throw new Error("not yet");
      });
      await until(() => tried > 0 && fronts().length > 0, "it tries");
      await failing.close();
    }
    for (const [, { value }] of fronts()) assert.equal(JSON.parse(value).lives, 0, value);
    let writes = 0;
    const { write } = b.registers;
    b.registers.write = function (name, value, revision) {
      if (name.startsWith("front.")) writes++;
      return write.call(this, name, value, revision);
    };
    let handled = 0;
    const intake = await life(() => void handled++);
    await until(() => handled === 200, "all are handled");
    assert.equal(writes, 2);
    await intake.close();
    assert.equal(writes, 2);
  }));

Deno.test("lives are counted for the same first letter alone, and whatever stands in the register is no reason to end", () =>
  onMemory(async (node, server) => {
    const broker = await node("a");
    const lives = new Lives({ broker, group: "g", topic: "t", word: "w" });
    const at = (offset: number) => ({ partition: 0, offset });
    assert.deepEqual([await lives.count(at(5)), await lives.count(at(5)), await lives.count(at(5))], [1, 2, 3]);
    await lives.takeBack(at(5), 3);
    assert.equal(await lives.count(at(5)), 3);
    await lives.takeBack(at(4), 3);
    await lives.takeBack(at(5), 2);
    assert.equal(await lives.count(at(5)), 4, "what is not this count is not taken back");
    assert.equal(await lives.count({ partition: 1, offset: 5 }), 1);
    assert.deepEqual([await lives.count(at(6)), await lives.count(at(5))], [1, 1]);
    for (const value of ["", "{", "null", '{"offset":"5","lives":2}', '{"offset":5,"lives":1e99}']) {
      server.registers.set("front.g.t.0", { value, revision: 9_999 });
      assert.equal(await lives.count(at(5)), 1, value);
    }
    server.sever("a");
    assert.equal(await lives.count(at(5)), 1, "nobody waits for a broker that does not answer");
    server.mend("a");
  }));
