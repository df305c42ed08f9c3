/** A fence refused to send a call. No later try of the call can do better, so nobody repeats it. */
export class FencedError extends Error {
  override readonly name = 'FencedError';
}
