import { printable } from '../../client/printable.ts';
import type { GroupView } from '../../client/views.ts';
import { html } from '../parts/html.ts';

interface Props {
  name: string;
  rules: GroupView['parameters'][string];
  value: string;
  /** What is wrong with the value, if it is to be said. */
  wrong: string | undefined;
  onInput(value: string): void;
}

/** A field of the form, with what is expected below it. The place for an error is always there, so that nothing moves. */
export const ParameterField = ({ name, rules, value, wrong, onInput }: Props) => {
  const hints = [rules.required && 'required', rules.pattern && `matches ${rules.pattern}`].filter(Boolean);
  const id = `parameter-${name}`;
  return html`
    <div class="field">
      <label for=${id}>${name}</label>
      <input
        id=${id}
        name=${name}
        value=${value}
        placeholder=${rules.default === undefined ? undefined : printable(rules.default)}
        required=${rules.required}
        aria-invalid=${wrong ? 'true' : undefined}
        aria-describedby=${`${id}-hint ${id}-error`}
        autocomplete="off"
        spellcheck=${false}
        onInput=${(event: Event) => onInput((event.target as HTMLInputElement).value)}
      />
      <p id=${`${id}-hint`} class="hint">
        ${hints.join(', ') || 'optional'}${rules.default !== undefined && html`, <bdi>${printable(rules.default)}</bdi> if empty`}
      </p>
      <p id=${`${id}-error`} class="field-error">${wrong}</p>
    </div>`;
};
