import type { Address } from '../model/address.ts';
import { formatClock, formatDuration } from '../model/time.ts';
import { useSession } from '../state/session.ts';
import { useStore } from '../state/store.ts';
import { html } from './html.ts';

/** The bar on top: where one is, how current the page is, and who one is. */
export const Header = ({ view }: { view: Address['view'] }) => {
  const me = useStore(useSession().me);
  const current = (tab: 'runs' | 'groups') => ((tab === 'groups') === (view === 'groups') ? 'page' : undefined);
  return html`
    <header class="top">
      <a class="skip" href="#main" onClick=${skipToMain}>Skip to content</a>
      <a class="brand" href="#/runs"><${Mark} />Async API</a>
      <nav aria-label="Main">
        <a href="#/runs" aria-current=${current('runs')}>Runs</a>
        <a href="#/groups" aria-current=${current('groups')}>Groups</a>
      </nav>
      <${Freshness} />
      ${me && html`<span class="me" title="You are known to the service by this name">${me.name}</span>`}
      <a class="docs" href="/docs">REST API</a>
    </header>`;
};

const Mark = () => html`
  <svg class="mark" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
    <rect x="2" y="4" width="12" height="4" rx="2" /><rect x="6" y="10" width="16" height="4" rx="2" /><rect x="10" y="16" width="8" height="4" rx="2" />
  </svg>`;

/** The location's hash is the address of a view, so the link may not change it. */
function skipToMain(event: Event): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

/** Whether what is shown is current, in words, with the button that pauses it. */
const Freshness = () => {
  const session = useSession();
  const [link, contact, age, isPaused] = [
    useStore(session.link),
    useStore(session.contact),
    useStore(session.age),
    useStore(session.isPaused),
  ];
  const asOf = `Shown as of ${formatClock(contact.at)}`;
  const [kind, words, more] = isPaused
    ? ['paused', 'Paused', asOf]
    : !contact.isOk || link === 'lost'
      ? ['lost', 'No connection', asOf]
      : age > 0
        ? ['old', 'Kubernetes does not respond', `Shown as of ${formatDuration(age)} ago`]
        : link === 'connecting'
          ? ['connecting', 'Connecting …']
          : link === 'refused'
            ? ['connecting', 'Not followed']
            : ['live', link === 'ended' ? 'Up to date' : 'Live'];
  return html`
    <span class="freshness is-${kind}">
      <span role="status">${words}</span>
      ${more && html`<span>${more}</span>`}
      <button type="button" class="quiet" aria-pressed=${isPaused} onClick=${() => session.isPaused.set(!isPaused)}>
        ${isPaused ? 'Go on' : 'Pause'}
      </button>
    </span>`;
};
