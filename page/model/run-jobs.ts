import { jobNumberOf } from '../../client/calls.ts';
import type { ServerEvent } from '../../client/sse.ts';
import type { JobView, RunSummary, RunView } from '../../client/views.ts';
import type { JobFilter } from './address.ts';
import { countStates, isOver } from './states.ts';

/** The run after these events of its stream. Events of jobs that it does not have change nothing. */
export function withEvents(run: RunView, events: readonly ServerEvent[]): RunView {
  const jobs = [...run.jobs];
  let summary: RunSummary = run;
  for (const { event, data } of events) {
    if (event === 'run') summary = { ...summary, ...(JSON.parse(data) as RunSummary) };
    if (event !== 'job') continue;
    const job = JSON.parse(data) as JobView;
    const index = jobNumberOf(job.id) - 1;
    if (jobs[index]?.id === job.id) jobs[index] = job;
  }
  return { ...summary, jobs, counts: countStates(jobs) };
}

/** The jobs that match a filter and have this text in their name. */
export function matchingJobs(jobs: readonly JobView[], only: JobFilter = 'all', name = ''): readonly JobView[] {
  if (only === 'all' && name === '') return jobs;
  const wanted = name.toLowerCase();
  return jobs.filter(
    (job) =>
      (only === 'all' || (only === 'failed' ? job.state === 'FAILURE' : !isOver(job.state))) &&
      job.name.toLowerCase().includes(wanted),
  );
}
