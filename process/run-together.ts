/** A part of a process. Works until the signal aborts. */
export type Part = (signal: AbortSignal) => Promise<void>;

/**
 * Runs parts until the signal aborts or one of them ends, by itself or by an error. Then the signal of all aborts, and it waits for
 * all to end. Throws the first error. So no process goes on without one of its parts.
 */
export async function runTogether(parts: Part[], signal?: AbortSignal): Promise<void> {
  const ended = new AbortController();
  const all = signal ? AbortSignal.any([signal, ended.signal]) : ended.signal;
  const errors: unknown[] = [];
  const run = async (part: Part) => {
    try {
      await part(all);
    } catch (error) {
      errors.push(error);
    }
    ended.abort();
  };
  await Promise.all(parts.map(run));
  if (errors.length > 0) throw errors[0];
}

/** Resolves when the signal aborts, at once if it has. */
export const whenAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
