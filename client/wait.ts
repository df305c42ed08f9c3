import type { Follower } from './follow.ts';
import { connectionError } from './retry.ts';
import type { ServerEvent } from './sse.ts';
import type { RunView } from './views.ts';

/** What a wait needs of a service. */
export interface Waitable {
  run(id: string): Promise<RunView>;
  followRun(id: string, follower: Follower, signal: AbortSignal): Promise<void>;
}

export interface WaitOptions {
  /** Gives up with its reason; the run goes on. */
  signal?: AbortSignal | undefined;
  /** The run's events as they come. */
  onEvents?: ((events: ServerEvent[]) => void) | undefined;
  /** Whether the events come at the moment. */
  onContact?: ((isConnected: boolean) => void) | undefined;
  /** How long the service may be out of reach, in milliseconds; 120,000 by default. */
  maxLostMs?: number | undefined;
}

/**
 * Resolves to a run once it is over. Rejects with an ApiError if the service refuses, a TypeError if it stays out of reach, and the
 * signal's reason if that aborts.
 */
export async function waitForRun(service: Waitable, id: string, options: WaitOptions = {}): Promise<RunView> {
  const { signal = new AbortController().signal, onEvents = () => {}, onContact = () => {} } = options;
  const { maxLostMs = 120_000 } = options;
  const giveUp = new AbortController();
  let lost: ReturnType<typeof setTimeout> | undefined;
  let refusal: Error | undefined;
  const unreachable = () => giveUp.abort(connectionError(`it was out of reach for ${maxLostMs / 1000} s`));
  try {
    await service.followRun(
      id,
      {
        onEvents,
        onLink: (link, error) => {
          if (link === 'refused') refusal = error;
          if (link === 'lost') lost ??= setTimeout(unreachable, maxLostMs);
          if (link === 'live' || link === 'ended') {
            clearTimeout(lost);
            lost = undefined;
          }
          if (link !== 'connecting') onContact(link !== 'lost');
        },
      },
      AbortSignal.any([signal, giveUp.signal]),
    );
  } finally {
    clearTimeout(lost);
  }
  signal.throwIfAborted();
  giveUp.signal.throwIfAborted();
  if (refusal) throw refusal;
  return service.run(id);
}
