import { useMemo, useState } from 'preact/hooks';
import { newKey } from '../../client/calls.ts';
import { ApiError } from '../../client/http.ts';
import type { DryRun, GroupView } from '../../client/views.ts';
import { givenValues, wrongValue } from '../model/parameter-check.ts';
import { html } from '../parts/html.ts';
import { errorTitle, Problems } from '../parts/small.ts';
import { useSession } from '../state/session.ts';
import { goTo } from '../state/use-address.ts';
import { ParameterField } from './parameter-field.ts';

type Values = Record<string, string>;

/** Triggers a group with parameters. What is wrong is said as it is typed; Check asks the service and starts nothing. */
export const TriggerForm = ({ group: { name, parameters } }: { group: GroupView }) => {
  const { calls } = useSession();
  const [values, setValues] = useState<Values>({});
  const [isTried, setTried] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [plan, setPlan] = useState<DryRun>();
  const [error, setError] = useState<Error>();
  // The same values with the same key start one run, however often a failed connection makes one press the button.
  const key = useMemo(newKey, [values]);
  const fields = Object.entries(parameters);
  const wrong = Object.fromEntries(fields.map(([field, rules]) => [field, wrongValue(rules, values[field] ?? '')]));
  const refused = error instanceof ApiError ? error.problems : [];

  const act = async (form: HTMLFormElement, call: () => Promise<void>) => {
    setTried(true);
    setPlan(undefined);
    setError(undefined);
    const first = fields.find(([field]) => wrong[field])?.[0];
    if (first) return (form.elements.namedItem(first) as HTMLElement).focus();
    setBusy(true);
    await call().catch(setError);
    setBusy(false);
  };
  const check = (event: Event) =>
    act((event.target as HTMLButtonElement).form!, async () => setPlan(await calls.dryRun(name, givenValues(values))));
  const trigger = (event: Event) => {
    event.preventDefault();
    void act(event.currentTarget as HTMLFormElement, async () =>
      goTo({ view: 'run', id: await calls.trigger(name, givenValues(values), key) }),
    );
  };
  const change = (field: string, value: string) => {
    setValues({ ...values, [field]: value });
    setPlan(undefined);
    setError(undefined);
  };
  return html`
    <form class="trigger" novalidate onSubmit=${trigger}>
      <h3>Trigger</h3>
      ${fields.length === 0 && html`<p class="note">It takes no parameters.</p>`}
      ${fields.map(
        ([field, rules]) => html`<${ParameterField}
          key=${field}
          name=${field}
          rules=${rules}
          value=${values[field] ?? ''}
          wrong=${isTried || values[field] ? wrong[field] : undefined}
          onInput=${(value: string) => change(field, value)}
        />`,
      )}
      <div class="buttons">
        <button class="primary" disabled=${isBusy}>Trigger ${name}</button>
        <button type="button" disabled=${isBusy} onClick=${check}>Check only</button>
      </div>
      <div role="status">
        ${plan && html`<p class="plan">Nothing was started. A trigger would start ${plan.jobs.length === 1 ? 'the job' : `${plan.jobs.length} jobs:`} ${plan.jobs.slice(0, 20).join(', ')}${plan.jobs.length > 20 ? ' …' : ''}</p>`}
      </div>
      ${error && html`<div class="error-box" role="alert"><p>${errorTitle(error)}</p>${refused.length > 0 && html`<${Problems} problems=${refused} />`}</div>`}
    </form>`;
};
