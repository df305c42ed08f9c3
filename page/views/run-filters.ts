import type { State } from '../../client/views.ts';
import { type Period, type RunsAddress, STATES } from '../model/address.ts';
import { lookOf, STATE_WORDS } from '../model/states.ts';
import { html } from '../parts/html.ts';
import { StateIcon } from '../parts/state-icon.ts';
import { useSession } from '../state/session.ts';
import { useStore } from '../state/store.ts';
import { replaceAddress } from '../state/use-address.ts';

/** No run is in RETRY, only jobs are. */
const RUN_STATES = STATES.filter((state) => state !== 'RETRY');
const PERIOD_WORDS: Record<Period, string> = { hour: 'Last hour', day: 'Last 24 hours', week: 'Last 7 days' };

interface Props {
  address: RunsAddress;
  /** Of the runs that are loaded; undefined where the filter leaves out states. */
  counts: Record<State, number> | undefined;
  /** Whether all runs are loaded. */
  isWhole: boolean;
}

/** The filters of the list; they are in the address, so that it can be shared. */
export const RunFilters = ({ address, counts, isWhole }: Props) => {
  const me = useStore(useSession().me);
  const groups = new Set(me?.groups.filter(({ see }) => see).map(({ name }) => name));
  if (address.group) groups.add(address.group);
  const set = (changes: Partial<RunsAddress>) => replaceAddress({ ...address, ...changes });
  const textOf = (event: Event) => (event.target as HTMLInputElement).value || undefined;
  return html`
    <form class="filters" role="search" aria-label="Filter runs" onSubmit=${(event: Event) => event.preventDefault()}>
      <div class="chips" role="group" aria-label="State">
        <button type="button" aria-pressed=${!address.state} onClick=${() => set({ state: undefined })}>All</button>
        ${RUN_STATES.map(
          (state) => html`
            <button
              key=${state}
              type="button"
              aria-pressed=${address.state === state}
              onClick=${() => set({ state: address.state === state ? undefined : state })}
            >
              <${StateIcon} look=${lookOf({ state })} />${STATE_WORDS[state]}
              <span class="count">${counts ? `${counts[state]}${isWhole ? '' : '+'}` : ''}</span>
            </button>`,
        )}
      </div>
      <label><span class="unseen">Group</span>
        <select value=${address.group ?? ''} onChange=${(event: Event) => set({ group: textOf(event) })}>
          <option value="">All groups</option>
          ${[...groups].map((name) => html`<option key=${name} value=${name}>${name}</option>`)}
        </select>
      </label>
      <label><span class="unseen">Time</span>
        <select value=${address.since ?? ''} onChange=${(event: Event) => set({ since: textOf(event) as Period | undefined })}>
          <option value="">Any time</option>
          ${Object.entries(PERIOD_WORDS).map(([value, words]) => html`<option key=${value} value=${value}>${words}</option>`)}
        </select>
      </label>
      <label><span class="unseen">Id begins with</span>
        <input
          type="search"
          placeholder="Id begins with"
          spellcheck=${false}
          value=${address.id ?? ''}
          onInput=${(event: Event) => set({ id: textOf(event) })}
        />
      </label>
    </form>`;
};
