/** The end of what an actor was handling, told to the messages that want to know. */
import type { ActorCell, Envelope } from "./cell.ts";

/** These are the envelopes of the batch that is about to be handled. */
export function carry(cell: ActorCell, envelopes: Envelope[]): void {
  cell.question = null;
  cell.carried = envelopes;
}

/** `well`: the handler has come to its end; else it failed, or the actor was ended in the middle. */
export function finished(cell: ActorCell, well: boolean): void {
  const { question, carried } = cell;
  if (question !== null) tell(question, well);
  if (carried === null) return;
  cell.carried = null;
  for (const one of carried) tell(one, well);
}

function tell(one: { done(): void; crashed(): void }, well: boolean): void {
  if (well) one.done();
  else one.crashed();
}
