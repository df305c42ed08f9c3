import { useMemo } from 'preact/hooks';
import { newKey } from '../../client/calls.ts';
import type { RunView } from '../../client/views.ts';
import { isOver } from '../model/states.ts';
import { AskButton } from '../parts/ask.ts';
import { html } from '../parts/html.ts';
import { useSession } from '../state/session.ts';
import { useStore } from '../state/store.ts';
import { goTo } from '../state/use-address.ts';

/** What can be done with a run. What the caller may not do stays, with the reason. */
export const RunActions = ({ run }: { run: RunView }) => {
  const session = useSession();
  const name = useStore(session.me)?.name ?? 'You';
  const { id, group, state, counts } = run;
  const noCancel = session.may('cancel', group) ? undefined : `${name} may not cancel runs of ${group}`;
  const noTrigger = session.may('trigger', group) ? undefined : `${name} may not trigger ${group}`;
  const missed = counts.failure + counts.revoked;
  // The same for each try, so that a lost answer does not start a second run.
  const [all, failed] = useMemo(() => [newKey(), newKey()] as const, [id]);
  const rerun = async (only: 'all' | 'failed', key: string) =>
    goTo({ view: 'run', id: await session.calls.rerun(id, only, key) });
  return html`
    <div class="actions" role="group" aria-label="Actions">
      ${
        !isOver(state) &&
        html`<${AskButton}
          label="Cancel run"
          disabled=${noCancel}
          question=${{
            title: `Cancel this run of ${group}?`,
            text: `Its ${counts.pending + counts.started + counts.retry} unfinished jobs are stopped. Finished jobs stay as they are.`,
            yes: 'Cancel run',
            isDangerous: true,
            act: () => session.calls.cancelRun(id),
          }}
        />`
      }
      ${
        isOver(state) &&
        missed > 0 &&
        html`<${AskButton}
          label="Rerun failed"
          disabled=${noTrigger}
          question=${{
            title: `Run the ${missed === 1 ? 'job that' : `${missed} jobs that`} did not succeed again?`,
            text: 'A new run with the same definitions and parameters starts.',
            yes: 'Rerun failed',
            act: () => rerun('failed', failed),
          }}
        />`
      }
      <${AskButton}
        label="Rerun all"
        disabled=${noTrigger}
        question=${{
          title: `Run all ${run.jobs.length} jobs again?`,
          text: 'A new run with the same definitions and parameters starts.',
          yes: 'Rerun all',
          act: () => rerun('all', all),
        }}
      />
      ${(noCancel ?? noTrigger) && html`<span class="not-allowed">${[!isOver(state) && noCancel, noTrigger].filter(Boolean).join('. ')}</span>`}
    </div>`;
};
