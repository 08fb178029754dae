/**
 * The chain of causes: which message is being handled now, and what a message sent now is caused by.
 *
 * One thread handles one message at a time, so "now" is four numbers shared by the whole system. A message that is sent
 * gets the next id; its cause is the message being handled, its root the message that came from outside and began the
 * chain. Outside every handler cause and sender are 0, and a message sent there is its own root.
 */
const LAST = 0;
const CURRENT = 1;
const ROOT = 2;
const SENDER = 3;

export class Causes {
  /** An array of doubles: ids outgrow small integers. */
  private readonly now = new Float64Array(4);

  /** Id of the message being handled; 0 outside. */
  get current(): number {
    return this.now[CURRENT];
  }

  get root(): number {
    return this.now[ROOT];
  }

  /** Id of the actor that acts; 0 outside. */
  get sender(): number {
    return this.now[SENDER];
  }

  set sender(actor: number) {
    this.now[SENDER] = actor;
  }

  /** Numbers a message that is sent now: id, cause, root, sender. */
  stamp(numbers: number[], at: number): void {
    const now = this.now;
    const id = ++now[LAST];
    numbers[at] = id;
    numbers[at + 1] = now[CURRENT];
    numbers[at + 2] = now[CURRENT] === 0 ? id : now[ROOT];
    numbers[at + 3] = now[SENDER];
  }

  /** The message with these numbers is being handled from now on. */
  enter(numbers: readonly number[], at: number): void {
    this.now[CURRENT] = numbers[at];
    this.now[ROOT] = numbers[at + 2];
  }

  /** Speaks of an earlier moment: what is sent now was caused then. */
  resume(current: number, root: number, sender: number): void {
    const now = this.now;
    now[CURRENT] = current;
    now[ROOT] = root;
    now[SENDER] = sender;
  }

  /** The actor acts, but not because of a message. */
  forget(): void {
    this.now[CURRENT] = this.now[ROOT] = 0;
  }

  /** Nobody handles anything. */
  leave(): void {
    this.resume(0, 0, 0);
  }
}
