/** How often what goes wrong between nodes; all default to 0. */
export interface NetworkRates {
  /** Per request and per answer: it is lost. */
  readonly lost?: number;
  /** Per request: it arrives twice. */
  readonly twice?: number;
  /** Per request to keep several letters: a part from the front is kept, and no answer comes. */
  readonly torn?: number;
  /** Per packet: it takes up to `maxLateMs` (default 500) longer. */
  readonly late?: number;
  readonly maxLateMs?: number;
  /** Per life and tick (TICK_MS): its packets are lost in one direction or both, for up to `maxCutMs` (default 2000). */
  readonly cut?: number;
  readonly maxCutMs?: number;
  /** Per life and tick: it stands still for up to `maxFreezeMs` (default 2000), and comes back as if nothing had been. */
  readonly freeze?: number;
  readonly maxFreezeMs?: number;
  /** Per life and tick: it dies with all it has in memory, and its node begins anew within `maxGoneMs` (default 1000). */
  readonly die?: number;
  /** Per life and tick: it ends in order, and its node begins anew. */
  readonly leave?: number;
  readonly maxGoneMs?: number;
  /** Per life and tick: it stands still, and a second process of its name is begun, as by somebody who takes it for dead. */
  readonly twin?: number;
  /** Per tick: the broker answers nobody, for up to `maxOutageMs` (default 1000). It keeps what it has. */
  readonly outage?: number;
  readonly maxOutageMs?: number;
  /** Least and most time of a packet, milliseconds; default 1 and 10. */
  readonly latencyMs?: readonly [number, number];
  /** Milliseconds until a call that nobody answers is given up; default 100. */
  readonly answerMs?: number;
}

/** How often it is decided whether something happens to a life. */
export const TICK_MS = 25;
