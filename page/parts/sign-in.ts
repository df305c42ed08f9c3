import { useRef, useState } from 'preact/hooks';
import { useSession } from '../state/session.ts';
import { html } from './html.ts';
import { errorTitle } from './small.ts';

/** Asks for a token, which is kept until the page is closed or loaded anew. */
export const SignIn = () => {
  const session = useSession();
  const input = useRef<HTMLInputElement>(null);
  const [error, setError] = useState<Error>();
  const submit = async (event: Event) => {
    event.preventDefault();
    try {
      await session.signIn(input.current!.value.trim());
    } catch (reason) {
      setError(reason as Error);
      input.current!.select();
    }
  };
  return html`
    <main id="main" tabindex="-1" class="sign-in">
      <h1>Who are you?</h1>
      <p>This service asks for a token. It is sent with each request, and forgotten when this page is closed or loaded anew.</p>
      <form onSubmit=${submit}>
        <label for="token">Token</label>
        <input id="token" ref=${input} type="password" autocomplete="off" spellcheck=${false} required aria-describedby="token-error" />
        <p id="token-error" class="field-error" role="alert">${error && errorTitle(error)}</p>
        <button class="primary">Sign in</button>
      </form>
    </main>`;
};
