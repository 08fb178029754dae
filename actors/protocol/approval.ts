/**
 * Approval by type.
 *
 * A venue takes only an `ApprovedBatch`, and only the holder of the one approver can make one: an order that did not
 * pass the gate does not compile into the send path, and at run time `isApproved` sees through a cast.
 */
declare const approved: unique symbol;

/** Orders that passed the gate: `count` native OrderCommand records. The receiver owns the buffer. */
export interface ApprovedBatch {
  readonly kind: "ApprovedBatch";
  readonly [approved]: true;
  readonly records: Uint8Array<ArrayBuffer>;
  readonly count: number;
  /** Number on the guardian's stream to the venue, see `stream.ts`. */
  readonly sequence: number;
}

export interface Approval {
  /** For the guardian alone. `sequence` defaults to 0, outside the stream. */
  approve(records: Uint8Array<ArrayBuffer>, count: number, sequence?: number): ApprovedBatch;
  /** For venues: whether the batch came from `approve` of this approval. */
  isApproved(batch: ApprovedBatch): boolean;
}

/** One approval per node: the composition root hands `approve` to the guardian and `isApproved` to the venues. */
export function createApproval(): Approval {
  class Passed {
    readonly #passed = true;
    readonly kind = "ApprovedBatch" as const;
    declare readonly [approved]: true;
    constructor(
      readonly records: Uint8Array<ArrayBuffer>,
      readonly count: number,
      readonly sequence: number,
    ) {}
    static owns(batch: object): boolean {
      return #passed in batch;
    }
  }
  return {
    approve: (records, count, sequence = 0) => new Passed(records, count, sequence),
    isApproved: (batch) => Passed.owns(batch),
  };
}
