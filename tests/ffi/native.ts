/** What the native tests share: a built core, a gate that lets one strategy trade, orders, scratch directories, scripts. */
import { fileURLToPath } from "node:url";
import { INSTRUMENT, NOW, STRATEGY, writeOrder } from "./write_order.ts";
import { ensureCore } from "../../ffi/build.ts";
import {
  AuditLog,
  ControlPage,
  GateDecisionView,
  InstrumentRulesView,
  OrderCommandView,
  OrderGate,
  StrategyLimitsView,
} from "../../ffi/mod.ts";

export { INSTRUMENT, NOW, STRATEGY, writeOrder };

ensureCore();

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export function rules(): Uint8Array<ArrayBuffer> {
  const record = new Uint8Array(InstrumentRulesView.SIZE);
  const view = new InstrumentRulesView(record);
  view.instrument = INSTRUMENT;
  view.tickStep = 1;
  view.lotStep = 1;
  view.collarBps = 1_000;
  view.referenceMaxAgeMs = 60_000;
  view.unitsPerTickLot = 100;
  view.maxQuantity = 1_000;
  return record;
}

export function limits(): Uint8Array<ArrayBuffer> {
  const record = new Uint8Array(StrategyLimitsView.SIZE);
  const view = new StrategyLimitsView(record);
  view.strategy = STRATEGY;
  view.instrument = INSTRUMENT;
  view.maxQuantity = 1_000;
  view.maxNotional = 1e12;
  view.maxPosition = 1e12;
  view.ratePerSecond = 4_000_000_000;
  view.rateBurst = 4_000_000_000;
  return record;
}

/** An audit log, a control page and a gate in which strategy 1 trades instrument 0 around 100 ticks. */
export class Bench implements Disposable {
  readonly audit: AuditLog;
  readonly control = ControlPage.memory();
  readonly gate: OrderGate;
  readonly commands = new Uint8Array(64 * OrderCommandView.SIZE);
  readonly command = new OrderCommandView(this.commands);
  readonly decisions = new Uint8Array(64 * GateDecisionView.SIZE);
  readonly decision = new GateDecisionView(this.decisions);
  #nextId = 1;

  constructor(audit = AuditLog.memory()) {
    this.audit = audit;
    this.gate = OrderGate.create({ audit, control: this.control });
    this.gate.setInstrument(rules(), NOW);
    this.gate.setLimits(limits(), NOW);
    this.gate.setReference(INSTRUMENT, 99, 101, 100, NOW);
  }

  /** Writes a good order with a fresh id at place `at` of the batch. */
  order(at: number): OrderCommandView {
    writeOrder(this.command.at(at), this.#nextId++);
    return this.command;
  }

  [Symbol.dispose](): void {
    this.gate.close();
    this.control.close();
    this.audit.close();
  }
}

/** Runs `body` in a fresh directory that is gone afterwards. */
export async function inDirectory(body: (path: string) => void | Promise<void>): Promise<void> {
  const path = await Deno.makeTempDir({ prefix: "cwts-ffi-" });
  try {
    await body(path);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

export interface ScriptResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs TypeScript in a process of its own; `$ROOT` in the source becomes the repository's URL. */
export async function runScript(
  source: string,
  options: { flags?: readonly string[]; env?: Record<string, string>; before?: string } = {},
): Promise<ScriptResult> {
  const file = await Deno.makeTempFile({ dir: ROOT, prefix: ".ffi-script-", suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, source.replaceAll("$ROOT", ROOT));
    const args = ["run", "--quiet", "--no-prompt", ...options.flags ?? ["-A"], file];
    const command = options.before
      ? new Deno.Command("bash", { args: ["-c", `${options.before}; exec "$0" "$@"`, Deno.execPath(), ...args], ...io })
      : new Deno.Command(Deno.execPath(), { args, ...io, env: options.env });
    const { code, stdout, stderr } = await command.output();
    return { code, stdout: decode(stdout), stderr: decode(stderr) };
  } finally {
    await Deno.remove(file);
  }
}

const io = { cwd: ROOT, stdin: "null", stdout: "piped", stderr: "piped" } as const;
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
