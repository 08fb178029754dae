/** Errors that a user sees: one clear sentence with the fix in it, under a stable code. */
export class UserError extends Error {
  override readonly name = "UserError";
  constructor(readonly code: string, message: string) {
    super(message);
  }
}
