import { render } from 'preact';
import { App } from './app.ts';
import { html } from './parts/html.ts';
import { Session } from './state/session.ts';

const session = new Session((input, init) => fetch(input, init));
// Without it nothing is known to be forbidden, and the service refuses what is. A 401 asks for a token.
session.loadMe().catch(() => {});
render(html`<${App} session=${session} />`, document.getElementById('app')!);
