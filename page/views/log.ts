import { useRef, useState } from 'preact/hooks';
import type { JobView } from '../../client/views.ts';
import { PHASES } from '../model/log-phase.ts';
import { isOver } from '../model/states.ts';
import { html } from '../parts/html.ts';
import { downloadLog } from '../state/download-log.ts';
import { MAX_LINES } from '../state/log-lines.ts';
import { scrollToEnd } from '../state/scroll-to-end.ts';
import { useSession } from '../state/session.ts';
import { useLog } from '../state/use-log.ts';

/** What a job has written, followed to its end. */
export const Log = ({ job, isLive }: { job: JobView; isLive: boolean }) => {
  const session = useSession();
  const box = useRef<HTMLDivElement>(null);
  const [isWrapped, setWrapped] = useState(true);
  const [isFollowing, setFollowing] = useState(true);
  const [failed, setFailed] = useState('');
  const { phase, lines, cut } = useLog(job, box, isLive, isFollowing);
  const toTop = () => {
    setFollowing(false);
    box.current!.scrollTop = 0;
  };
  const download = () =>
    downloadLog(session.http, job).then(
      () => setFailed(''),
      (error: Error) => setFailed(error.message),
    );
  return html`
    <section class="log" aria-label="Log">
      <div class="log-bar">
        <h2>Log</h2>
        <span class="log-phase is-${phase}" role="status">${PHASES[phase]}</span>
        ${lines > 0 && html`<span class="note">${lines.toLocaleString('en')} ${lines === 1 ? 'line' : 'lines'}</span>`}
        <span class="spread"></span>
        ${
          !isOver(job.state) &&
          html`<button type="button" aria-pressed=${isFollowing} onClick=${() => setFollowing(!isFollowing)}>Follow end</button>`
        }
        <button type="button" aria-pressed=${isWrapped} onClick=${() => setWrapped(!isWrapped)}>Wrap</button>
        <button type="button" onClick=${toTop}>Top</button>
        <button type="button" onClick=${() => scrollToEnd(box.current!)}>End</button>
        <button type="button" onClick=${download}>Download</button>
      </div>
      ${failed && html`<p class="error-box" role="alert">${failed}</p>`}
      ${cut && html`<p class="cut-note">${cut}</p>`}
      ${lines >= MAX_LINES && html`<p class="cut-note">The last ${MAX_LINES.toLocaleString('en')} lines are shown. The download has all that is left.</p>`}
      <div
        ref=${box}
        class=${`log-text${isWrapped ? ' is-wrapped' : ''}${lines === 0 ? ' is-empty' : ''}`}
        role="region"
        aria-label="Lines of the log"
        tabindex="0"
      ></div>
    </section>`;
};
