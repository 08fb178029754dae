/** The one kind of error that is shown to people as it is: a sentence with the fix in it, and a stable code. */
export class UserError extends Error {
  override readonly name = "UserError";
  constructor(readonly code: string, message: string) {
    super(message);
  }
}
