/**
 * A `fetch` that fails at once for `pauseMs` after it failed. Without the pause each made-up token sends a request to an issuer that
 * is in trouble.
 */
export function pausingFetch(pauseMs: number, now: () => number = () => performance.now()): typeof fetch {
  let failure: { error: unknown; at: number } | undefined;
  return async (...call) => {
    if (failure && now() - failure.at < pauseMs) throw failure.error;
    try {
      const response = await fetch(...call);
      if (!response.ok) throw new Error(`${call[0]} was answered with ${response.status}`);
      return response;
    } catch (error) {
      failure = { error, at: now() };
      throw error;
    }
  };
}
