import { useEffect, useRef } from 'preact/hooks';
import type { Address } from './model/address.ts';
import { Header } from './parts/header.ts';
import { html } from './parts/html.ts';
import { SignIn } from './parts/sign-in.ts';
import { type Session, SessionContext } from './state/session.ts';
import { useStore } from './state/store.ts';
import { useAddress } from './state/use-address.ts';
import { useContact } from './state/use-contact.ts';
import { useLive } from './state/use-live.ts';
import { Groups } from './views/groups.ts';
import { Job } from './views/job.ts';
import { Run } from './views/run.ts';
import { Runs } from './views/runs.ts';

export const App = ({ session }: { session: Session }) =>
  html`<${SessionContext.Provider} value=${session}><${Page} session=${session} /><//>`;

const Page = ({ session }: { session: Session }) => {
  const address = useAddress();
  const needsToken = useStore(session.needsToken);
  const said = useStore(session.said);
  useContact(session, useLive() && !needsToken);
  useTitleAndFocus(address);
  return html`
    <${Header} view=${address.view} />
    ${needsToken ? html`<${SignIn} />` : html`<main id="main" tabindex="-1">${viewOf(address)}</main>`}
    <p class="unseen" role="status">${said}</p>`;
};

function viewOf(address: Address) {
  switch (address.view) {
    case 'runs':
      return html`<${Runs} address=${address} />`;
    case 'groups':
      return html`<${Groups} selected=${address.group} />`;
    case 'run':
      return html`<${Run} key=${address.id} address=${address} />`;
    case 'job':
      return html`<${Job} key=${`${address.id} ${address.number}`} id=${address.id} number=${address.number} />`;
  }
}

const titleOf = (address: Address): string => {
  switch (address.view) {
    case 'runs':
      return address.group ? `Runs of ${address.group}` : 'Runs';
    case 'groups':
      return address.group ?? 'Groups';
    case 'run':
      return `Run ${address.id.slice(0, 8)}`;
    case 'job':
      return `Job ${address.number} of run ${address.id.slice(0, 8)}`;
  }
};

/** A new view begins at its top and takes the focus, as a new page would. */
function useTitleAndFocus(address: Address): void {
  const place = address.view === 'run' || address.view === 'job' ? `${address.view} ${address.id}` : address.view;
  const isFirst = useRef(true);
  useEffect(() => {
    document.title = `${titleOf(address)} · Async API`;
    if (!isFirst.current) {
      scrollTo(0, 0);
      document.getElementById('main')?.focus({ preventScroll: true });
    }
    isFirst.current = false;
  }, [place]);
}
