/** An error that the user can fix. Its message says how, so it is shown without a stack. */
export class UserError extends Error {
  override name = 'UserError';
}
