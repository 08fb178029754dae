/**
 * A process that decides on orders as fast as it can until its stop word is stored, and then says of each decision whether
 * it was accepted. Decision n (from 1) is about strategy 1 + (n - 1) % 4 in instrument ((n - 1) >> 2) % 4.
 *
 *     deno run -A bench/kill/gate_process.ts <directory of the control page> <file for the answer>
 */
import { GateDecisionView, ScopeState } from "../../ffi/layout.gen.ts";
import { ControlPage } from "../../ffi/mod.ts";
import { BATCH, INSTRUMENTS, Shop, STRATEGIES } from "./shop.ts";

/** A scope that no order falls under. */
export const STOP_SCOPE = 127;

function decide(directory: string, file: string): void {
  using page = ControlPage.open(directory);
  using shop = new Shop(page);
  page.attach(Deno.pid);
  const decision = new GateDecisionView(shop.decisions);
  let accepted = new Uint8Array(1 << 20);
  let sequence = 0;
  while (page.scope(STOP_SCOPE) === ScopeState.Active) {
    for (let i = 0; i < BATCH; i++) {
      shop.order(i, STRATEGIES[(sequence + i) % 4], INSTRUMENTS[((sequence + i) >> 2) % 4], false);
    }
    shop.submit(BATCH);
    if (sequence + BATCH >= accepted.length) {
      const larger = new Uint8Array(accepted.length * 2);
      larger.set(accepted);
      accepted = larger;
    }
    for (let i = 0; i < BATCH; i++) {
      const { sequence: number, code } = decision.at(i);
      if (number !== ++sequence) throw new Error(`decision ${number} is not the next after ${sequence - 1}`);
      accepted[number] = code === 0 ? 1 : 0;
    }
  }
  Deno.writeFileSync(file, accepted.subarray(0, sequence + 1));
}

if (import.meta.main) decide(Deno.args[0], Deno.args[1]);
