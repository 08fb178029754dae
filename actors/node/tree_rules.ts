/**
 * What must hold of every tree a node runs, whatever the configuration made of it; looked at before anything starts.
 *
 * The tags: "sends-orders" is whoever may ask for an order, "gate" the guardian that every order passes, "mode-control" who
 * can take the node out of trading, "venue" where orders go.
 */
import { checkTree, type ChildSpec, type TreeRule } from "../../supervision/mod.ts";

export const SENDS_ORDERS = "sends-orders";
export const GATE = "gate";
export const MODE_CONTROL = "mode-control";
export const VENUE = "venue";

export const NODE_RULES: readonly TreeRule[] = [
  { kind: "exists", of: GATE, because: "every order has to pass one" },
  { kind: "exists", of: MODE_CONTROL, because: "somebody has to halt the node" },
  { kind: "stands-behind", of: SENDS_ORDERS, needs: GATE, because: "no order may reach a venue unchecked" },
  { kind: "stands-behind", of: SENDS_ORDERS, needs: MODE_CONTROL, because: "it must be possible to halt it" },
  {
    kind: "fails-into",
    of: SENDS_ORDERS,
    actions: ["safe-mode", "halt"],
    because: "a strategy that fails for good leaves a position behind",
  },
  { kind: "fails-into", of: GATE, actions: ["halt"], because: "without the guardian nothing may be traded" },
  { kind: "fails-into", of: MODE_CONTROL, actions: ["halt"], because: "without it nothing could be halted later" },
  { kind: "fails-into", of: VENUE, actions: ["halt"], because: "without the venue nobody knows what was filled" },
];

/** The tree itself; throws a sentence for every rule that it breaks. */
export function mustHold<S extends ChildSpec>(tree: S): S {
  const broken = checkTree(tree, NODE_RULES);
  if (broken.length > 0) throw new Error(`The tree of the node breaks its rules. ${broken.join(" ")}`);
  return tree;
}
