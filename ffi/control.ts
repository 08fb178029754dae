/**
 * The control page: scope states that the gate obeys from its next order on, shared by mapping one file.
 *
 * Another process, for example `kill` in another terminal, opens the same directory and stores a word; neither needs
 * the other's event loop.
 */
import { bytes, check, NativeHandle, NONE, opened, text, utf8 } from "./handle.ts";
import { ControlHeaderView, ControlReceiptView } from "./layout.gen.ts";
import { type Core, core } from "./library.ts";

export interface ControlReceipt {
  /** Number of the request. */
  readonly epoch: number;
  /** The decision the gate was on right after the store: no later one accepts. */
  readonly gateSequence: number;
}

export interface ControlHeader {
  readonly version: number;
  /** Process that holds the page; 0 when none runs. */
  readonly ownerPid: number;
  /** Wall nanoseconds. */
  readonly heartbeat: number;
  readonly gateSequence: number;
  readonly requestEpoch: number;
  readonly doneEpoch: number;
  readonly doneCancelled: number;
  readonly doneUnknown: number;
  readonly doneNanos: number;
  /** 0 FullPerformance, 1 SafeMode, 2 EmergencyShutdown. */
  readonly mode: number;
  /** Wall nanoseconds. */
  readonly requestWall: number;
  readonly requestGateSequence: number;
  /** Why the last request was made, and by whom. */
  readonly reason: string;
  readonly actor: string;
}

export class ControlPage extends NativeHandle {
  readonly #core: Core;
  readonly #text = new Uint8Array(256);
  readonly #receiptBytes = new Uint8Array(ControlReceiptView.SIZE);
  readonly #receipt = new ControlReceiptView(this.#receiptBytes);
  readonly #headerBytes = new Uint8Array(ControlHeaderView.SIZE);
  readonly #header = new ControlHeaderView(this.#headerBytes);

  private constructor(symbols: Core, handle: bigint) {
    super(handle, symbols.cwts_control_close);
    this.#core = symbols;
  }

  /** Maps the page of a directory, and makes it when it is not there. */
  static open(directory: string): ControlPage {
    return ControlPage.#open(directory, 1);
  }

  /** Maps the page of a directory and never makes one: a command must not mistake an empty directory for a node. */
  static openExisting(directory: string): ControlPage {
    return ControlPage.#open(directory, 0);
  }

  static #open(directory: string, make: 0 | 1): ControlPage {
    const symbols = core();
    const path = utf8(directory);
    return new ControlPage(symbols, opened(symbols.cwts_control_open(path, path.length, make)));
  }

  /** A page no other process sees. */
  static memory(): ControlPage {
    const symbols = core();
    return new ControlPage(symbols, opened(symbols.cwts_control_memory()));
  }

  /** State word of a scope (`ScopeState`). */
  scope(scope: number): number {
    return check(this.#core.cwts_control_scope(this.handle, scope));
  }

  /** The strictest state of firm, strategy, its account and customer, instrument and system mode: what the gate goes by. */
  effective(strategy: number, instrument: number): number {
    return check(this.#core.cwts_control_effective(this.handle, strategy, instrument));
  }

  /** Stores a scope's state. The gate is shut for it when this returns. Wall time in nanoseconds. */
  request(scope: number, state: number, reason: string, actor: string, wallNanos: number): ControlReceipt {
    return this.#store(this.#core.cwts_control_request, scope, state, reason, actor, wallNanos);
  }

  /** Makes a scope at least as strict as `state`; a stricter one stays, whoever stores at the same time. */
  tighten(scope: number, state: number, reason: string, actor: string, wallNanos: number): ControlReceipt {
    return this.#store(this.#core.cwts_control_tighten, scope, state, reason, actor, wallNanos);
  }

  #store(
    store: Core["cwts_control_request"],
    scope: number,
    state: number,
    reason: string,
    actor: string,
    wallNanos: number,
  ): ControlReceipt {
    const why = utf8(reason);
    const who = utf8(actor);
    const out = this.#receiptBytes;
    check(store(this.handle, scope, state, why, why.length, who, who.length, wallNanos, out, out.length));
    return { epoch: this.#receipt.epoch, gateSequence: this.#receipt.gateSequence };
  }

  /** 0 FullPerformance, 1 SafeMode, 2 EmergencyShutdown. */
  get mode(): number {
    return check(this.#core.cwts_control_mode(this.handle));
  }

  setMode(mode: number): void {
    check(this.#core.cwts_control_set_mode(this.handle, mode));
  }

  /** Name of a scope; empty when it has none. */
  name(scope: number): string {
    return text(this.#text, check(this.#core.cwts_control_name(this.handle, scope, this.#text, this.#text.length)));
  }

  /** Names a scope; at most 32 bytes. */
  setName(scope: number, name: string): void {
    const view = utf8(name);
    check(this.#core.cwts_control_set_name(this.handle, scope, view, view.length));
  }

  /** The scope of that name. */
  find(name: string): number | null {
    const view = utf8(name);
    const scope = this.#core.cwts_control_find(this.handle, view, view.length);
    return scope === NONE ? null : check(scope);
  }

  /** The scope above a scope; 0 is the firm. */
  above(scope: number): number {
    return check(this.#core.cwts_control_above(this.handle, scope));
  }

  /** Puts a scope below another: what stops the one stops the other. Before the gate makes its first decision. */
  setAbove(scope: number, above: number): void {
    check(this.#core.cwts_control_set_above(this.handle, scope, above));
  }

  /** The newest request that the node has not carried out. */
  pending(): number | null {
    const epoch = this.#core.cwts_control_pending(this.handle);
    return epoch === NONE ? null : check(epoch);
  }

  /** Confirms that a request was carried out, so that whoever made it can see. */
  done(epoch: number, cancelled: number, unknown: number, nanos: number): void {
    check(this.#core.cwts_control_done(this.handle, epoch, cancelled, unknown, nanos));
  }

  /** Says that this process holds the page; the gate's count of decisions begins anew. */
  attach(pid: number): void {
    check(this.#core.cwts_control_attach(this.handle, pid));
  }

  detach(): void {
    check(this.#core.cwts_control_detach(this.handle));
  }

  /** A sign of life of the node. Wall time in nanoseconds. */
  heartbeat(wallNanos: number): void {
    check(this.#core.cwts_control_heartbeat(this.handle, wallNanos));
  }

  /** Waits until the page is on disk, so that it survives a loss of power; a crash it survives without this. */
  flush(): void {
    check(this.#core.cwts_control_flush(this.handle));
  }

  header(): ControlHeader {
    check(this.#core.cwts_control_header(this.handle, this.#headerBytes, this.#headerBytes.length));
    const h = this.#header;
    return {
      version: h.version,
      ownerPid: h.ownerPid,
      heartbeat: h.heartbeat,
      gateSequence: h.gateSequence,
      requestEpoch: h.requestEpoch,
      doneEpoch: h.doneEpoch,
      doneCancelled: h.doneCancelled,
      doneUnknown: h.doneUnknown,
      doneNanos: h.doneNanos,
      mode: h.mode,
      requestWall: h.requestWall,
      requestGateSequence: h.requestGateSequence,
      reason: this.#textOf(this.#core.cwts_control_reason),
      actor: this.#textOf(this.#core.cwts_control_actor),
    };
  }

  #textOf(read: Core["cwts_control_reason"]): string {
    return text(this.#text, check(read(this.handle, bytes(this.#text), this.#text.length)));
  }
}
