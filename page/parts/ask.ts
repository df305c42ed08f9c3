import { useEffect, useRef, useState } from 'preact/hooks';
import { html } from './html.ts';
import { errorTitle } from './small.ts';

interface Question {
  title: string;
  /** What will happen. */
  text: string;
  /** The words of the button that does it. */
  yes: string;
  isDangerous?: boolean;
  act(): Promise<unknown>;
}

/** A button that asks before it acts, and says why it failed. The focus goes back to it. */
export const AskButton = ({
  label,
  question,
  disabled,
}: {
  label: string;
  question: Question;
  disabled?: string | undefined;
}) => {
  const [isOpen, setOpen] = useState(false);
  return html`
    <button
      type="button"
      aria-disabled=${disabled ? 'true' : undefined}
      title=${disabled}
      onClick=${() => !disabled && setOpen(true)}
    >${label}</button>
    ${isOpen && html`<${Ask} question=${question} onClose=${() => setOpen(false)} />`}`;
};

const Ask = ({ question, onClose }: { question: Question; onClose(): void }) => {
  const dialog = useRef<HTMLDialogElement>(null);
  const [error, setError] = useState<Error>();
  const [isActing, setActing] = useState(false);
  const { title, text, yes, isDangerous, act } = question;
  useEffect(() => dialog.current!.showModal(), []);
  const run = async () => {
    setActing(true);
    try {
      await act();
      dialog.current?.close();
    } catch (reason) {
      setError(reason as Error);
      setActing(false);
    }
  };
  return html`
    <dialog ref=${dialog} aria-labelledby="ask-title" aria-describedby="ask-text" onClose=${onClose}>
      <h2 id="ask-title">${title}</h2>
      <p id="ask-text">${text}</p>
      ${error && html`<p class="error-box" role="alert">${errorTitle(error)}</p>`}
      <div class="buttons">
        <button type="button" onClick=${() => dialog.current!.close()}>Keep as it is</button>
        <button type="button" class=${isDangerous ? 'danger' : 'primary'} disabled=${isActing} onClick=${run}>${yes}</button>
      </div>
    </dialog>`;
};
