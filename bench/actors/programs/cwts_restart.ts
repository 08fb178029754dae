/** What a crash and the restart after it cost, crash record and all; and whether a million of them leave anything behind. */
import { type ActorDef, type ActorRef, ActorSystem } from "../../../runtime/mod.ts";
import { supervise, worker } from "../../../supervision/mod.ts";
import { expect, heapInUse, seconds } from "../measuring.ts";
import type { Program } from "../port.ts";

/** Virtual time between two crashes, longer than the period of the budget. */
const APART_MICROS = 2_000;

class Fragile {
  readonly system = new ActorSystem({ seed: 1, start: 0, speed: "max" });
  private incarnations = 0;
  private crashes = 0;
  private readonly ref: ActorRef<"crash">;

  constructor(failure: () => Error) {
    const counting: ActorDef<"crash"> = {
      type: "fragile",
      init: () => {
        this.incarnations++;
        return {
          receive() {
            throw failure();
          },
        };
      },
    };
    supervise(this.system, "top", {
      id: "top",
      strategy: "one_for_one",
      intensity: 1,
      periodMs: 1,
      children: [worker("a", counting, undefined)],
    });
    this.ref = this.system.find("/top/a") as ActorRef<"crash">;
  }

  /** Microseconds per crash and restart. */
  async crash(times: number): Promise<number> {
    const took = await seconds(async () => {
      for (let i = 0; i < times; i++) {
        this.ref.tell("crash");
        await this.system.run({ until: ++this.crashes * APART_MICROS });
      }
    });
    expect("incarnations", this.incarnations, this.crashes + 1);
    return took * 1e6 / times;
  }
}

/** `premade_us`: without the error of its own, whose stack trace V8 has to write. */
export const restart: Program = async (_engine, { restarts }) => {
  const value = await new Fragile(() => new Error("on purpose")).crash(restarts);
  const failure = new Error("on purpose");
  return { value, more: { premade_us: await new Fragile(() => failure).crash(restarts) } };
};

/** `grown_bytes`: what the heap holds more after all than after a tenth of them. */
export const restartMany: Program = async (_engine, { restarts }) => {
  const fragile = new Fragile(() => new Error("on purpose"));
  await fragile.crash(restarts / 10);
  const before = heapInUse();
  const value = await fragile.crash(restarts - restarts / 10);
  return { value, more: { grown_bytes: heapInUse() - before } };
};
