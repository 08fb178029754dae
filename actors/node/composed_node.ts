/** A node put together, as those who run it hold it. */
import type { DropCopyBook } from "../auditors/drop_copy_book.ts";
import type { ControlsDoor } from "./controls_door.ts";
import type { AlertsPort, ControlsPort, PostTradePort } from "../protocol/mod.ts";
import type { NodeParts } from "./parts.ts";
import type { LiveNodeView } from "./view.ts";

export interface ComposedNode {
  readonly parts: NodeParts;
  readonly view: LiveNodeView;
  /** Limits, and how they are changed. */
  readonly controls: ControlsPort & Pick<ControlsDoor, "adopt">;
  /** What is known after trade. */
  readonly postTrade: PostTradePort & { readonly dropCopy: { readonly book: DropCopyBook } };
  /** What somebody has to answer. */
  readonly alerts: AlertsPort;
  /** Restarts of actors so far. */
  readonly restarts: () => number;
  /** Why the log can no longer record; null while it can. */
  readonly auditFault: () => Error | null;
  /** Starts the tree; its actors have started when this returns. */
  start(): void;
  /** Organisms go first and withdraw what they have resting; the rest of the tree lives to see it confirmed. */
  drain(): Promise<void>;
  /** Stops the tree in reverse and puts the totals on record. */
  stop(): Promise<void>;
  /** Gives back what the world took. */
  close(): Promise<void>;
}
