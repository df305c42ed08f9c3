import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { Calls } from '../../client/calls.ts';
import type { Link } from '../../client/follow.ts';
import type { Http } from '../../client/http.ts';
import type { GroupRights, Me } from '../../client/views.ts';
import { Store } from './store.ts';

/** How well the service was reached when it was last asked. */
export interface Contact {
  isOk: boolean;
  /** As of when a view shows what it knows, in seconds since 1970. */
  at: number;
}

/** What all views share: the calls, who the caller is, and how current what is shown is. */
export class Session {
  readonly http: Http;
  readonly calls: Calls;
  readonly me = new Store<Me | undefined>(undefined);
  readonly needsToken = new Store(false);
  /** The stream of the view that is open. */
  readonly link = new Store<Link>('connecting');
  readonly contact = new Store<Contact>({ isOk: true, at: Date.now() / 1000 });
  /** Seconds for which the service may have missed something, as it cannot reach Kubernetes. */
  readonly age = new Store(0);
  readonly isPaused = new Store(false);
  /** The newest thing that a screen reader should say. */
  readonly said = new Store('');
  /** Kept in memory only: a stored token could be stolen. */
  #token: string | undefined;

  constructor(fetchLike: typeof fetch) {
    this.http = {
      fetch: fetchLike,
      token: () => this.#token,
      onAge: (seconds) => {
        this.age.set(seconds);
        // While its stream is lost, a view shows what it knew before.
        const at = this.link.value === 'lost' ? this.contact.value.at : Date.now() / 1000;
        this.contact.set({ isOk: true, at });
      },
      onUnauthorized: () => this.needsToken.set(true),
    };
    this.calls = new Calls(this.http);
  }

  async signIn(token: string): Promise<void> {
    this.#token = token;
    await this.loadMe();
    this.needsToken.set(false);
  }

  async loadMe(): Promise<void> {
    this.me.set(await this.calls.me());
  }

  /** Whether the caller may do this with a group. The service has the last word on groups that it no longer lists. */
  may(what: keyof Omit<GroupRights, 'name'>, group: string): boolean {
    return this.me.value?.groups.find(({ name }) => name === group)?.[what] ?? true;
  }
}

export const SessionContext = createContext<Session | undefined>(undefined);

export const useSession = (): Session => useContext(SessionContext)!;
