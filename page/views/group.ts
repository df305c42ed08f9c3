import type { GroupView } from '../../client/views.ts';
import { formatAddress } from '../model/address.ts';
import { html } from '../parts/html.ts';
import { Problems } from '../parts/small.ts';
import { useSession } from '../state/session.ts';
import { useStore } from '../state/store.ts';
import { TriggerForm } from './trigger-form.ts';

/** More jobs than these are not listed by name. */
const MAX_NAMES = 60;

/** A group: its jobs, what is wrong with it, and the form that triggers it. */
export const Group = ({ group }: { group: GroupView }) => {
  const session = useSession();
  const name = useStore(session.me)?.name ?? 'You';
  const { jobs, needs = {}, onFailure, parallelism, problems, warnings } = group;
  const names = jobs.slice(0, MAX_NAMES);
  return html`
    <article class="group">
      <div class="title-line">
        <h2>${group.name}</h2>
        <a href=${formatAddress({ view: 'runs', group: group.name })}>Show its runs</a>
      </div>
      ${
        problems.length > 0 &&
        html`
        <section class="trouble look-failure">
          <h3>It cannot be triggered</h3>
          <${Problems} problems=${problems} />
        </section>`
      }
      ${
        warnings.length > 0 &&
        html`
        <section class="trouble look-blocked">
          <h3>Probably a mistake</h3>
          <${Problems} problems=${warnings} />
        </section>`
      }
      <section>
        <h3>Jobs <span class="count">${jobs.length}</span></h3>
        ${jobs.length === 0 && html`<p class="note">It has none, so a trigger would start nothing.</p>`}
        <ul class="job-names">
          ${names.map((job) => html`<li key=${job}>${job}</li>`)}
          ${jobs.length > names.length && html`<li class="note">and ${jobs.length - names.length} more</li>`}
        </ul>
        ${
          Object.entries(needs).length > 0 &&
          html`
          <ul class="note">
            ${Object.entries(needs).map(([job, others]) => html`<li key=${job}><code>${job}</code> waits for <code>${others.join(', ')}</code></li>`)}
          </ul>`
        }
        ${parallelism && html`<p class="note">At most ${parallelism} at a time.</p>`}
        ${onFailure === 'cancel' && html`<p class="note">If one fails, the others are stopped.</p>`}
      </section>
      ${
        session.may('trigger', group.name)
          ? problems.length === 0 && jobs.length > 0 && html`<${TriggerForm} group=${group} />`
          : html`<p class="not-allowed">${name} may not trigger ${group.name}.</p>`
      }
    </article>`;
};
