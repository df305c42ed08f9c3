import type { GroupView } from '../../client/views.ts';
import { formatAddress } from '../model/address.ts';
import { html } from '../parts/html.ts';
import { Empty, ErrorBox, Loading, StaleNote } from '../parts/small.ts';
import { useGroups } from '../state/use-groups.ts';
import { useLive } from '../state/use-live.ts';
import { Group } from './group.ts';

/** Every group that the caller may see, and one of them in full. */
export const Groups = ({ selected }: { selected: string | undefined }) => {
  const { groups, error } = useGroups(useLive());
  const title = html`<h1 class="unseen">Groups</h1>`;
  if (!groups)
    return html`${title}${error ? html`<${ErrorBox} error=${error} />` : html`<${Loading} what="groups" />`}`;
  if (groups.length === 0) {
    return html`${title}<${Empty} title="No groups">The configuration has none, or none that you may see.<//>`;
  }
  const group = groups.find(({ name }) => name === (selected ?? groups[0]!.name));
  return html`
    ${title}
    <${StaleNote} error=${error} />
    <div class="groups">
      <nav aria-label="Groups" class="group-list">
        <ul>${groups.map((one) => html`<${Entry} key=${one.name} group=${one} isSelected=${one === group} />`)}</ul>
      </nav>
      ${
        group
          ? html`<${Group} key=${group.name} group=${group} />`
          : html`<${Empty} title="There is no such group">It may have been removed from the configuration.<//>`
      }
    </div>`;
};

const Entry = ({
  group: { name, jobs, problems, warnings },
  isSelected,
}: {
  group: GroupView;
  isSelected: boolean;
}) => html`
  <li>
    <a href=${formatAddress({ view: 'groups', group: name })} aria-current=${isSelected ? 'true' : undefined}>
      <span class="group-name">${name}</span>
      <span class="note">
        ${
          problems.length > 0
            ? html`<span class="look-failure">${count(problems.length, 'problem')}</span>`
            : warnings.length > 0
              ? html`<span class="look-blocked">${count(warnings.length, 'warning')}</span>`
              : count(jobs.length, 'job')
        }
      </span>
    </a>
  </li>`;

const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;
