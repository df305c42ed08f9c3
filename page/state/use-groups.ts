import { useEffect, useState } from 'preact/hooks';
import type { GroupView } from '../../client/views.ts';
import { useSession } from './session.ts';

/** config.yaml changes seldom. */
const INTERVAL_MS = 10_000;

/** The groups, read again now and then while `isLive`. */
export function useGroups(isLive: boolean): { groups: GroupView[] | undefined; error: Error | undefined } {
  const session = useSession();
  const [state, setState] = useState<{ groups: GroupView[] | undefined; error: Error | undefined }>({
    groups: undefined,
    error: undefined,
  });
  useEffect(() => {
    if (!isLive) return;
    let isOpen = true;
    const load = async () => {
      try {
        const groups = await session.calls.groups();
        if (!isOpen) return;
        session.link.set('live');
        setState({ groups, error: undefined });
      } catch (error) {
        if (!isOpen) return;
        session.link.set('lost');
        setState((before) => ({ ...before, error: error as Error }));
      }
    };
    void load();
    const timer = setInterval(load, INTERVAL_MS);
    return () => {
      isOpen = false;
      clearInterval(timer);
    };
  }, [session, isLive]);
  return state;
}
