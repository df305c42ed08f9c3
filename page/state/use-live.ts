import { useEffect, useState } from 'preact/hooks';
import { useSession } from './session.ts';
import { useStore } from './store.ts';

/** Whether to follow changes: not while paused, and not while nobody sees the window. */
export function useLive(): boolean {
  const isPaused = useStore(useSession().isPaused);
  const [isVisible, setVisible] = useState(!document.hidden);
  useEffect(() => {
    const update = () => setVisible(!document.hidden);
    document.addEventListener('visibilitychange', update);
    return () => document.removeEventListener('visibilitychange', update);
  }, []);
  return isVisible && !isPaused;
}
