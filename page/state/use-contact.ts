import { useEffect } from 'preact/hooks';
import { send } from '../../client/http.ts';
import type { Session } from './session.ts';

const INTERVAL_MS = 10_000;
/** Rights change seldom. */
const RIGHTS_EVERY = 6;

/** Asks the service now and then whether it is there and how old what it knows is; views of finished runs have no stream. */
export function useContact(session: Session, isLive: boolean): void {
  useEffect(() => {
    if (!isLive) return;
    let count = 0;
    const ask = () => {
      count += 1;
      if (count % RIGHTS_EVERY === 0) void session.loadMe().catch(() => {});
      send(session.http, '/runs?limit=1', { method: 'HEAD', signal: AbortSignal.timeout(INTERVAL_MS) }).catch(() =>
        session.contact.set({ ...session.contact.value, isOk: false }),
      );
    };
    const timer = setInterval(ask, INTERVAL_MS);
    return () => clearInterval(timer);
  }, [session, isLive]);
}
