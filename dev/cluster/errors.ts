/** A failure the user can mend: its message says what to do, so no stack is shown. */
export class UserError extends Error {
  override name = 'UserError';
}
