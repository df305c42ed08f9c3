import type { RunSummary } from '../../api/views/schemas.ts';

export type { GroupView, JobView, RunSummary, RunView } from '../../api/views/schemas.ts';
export type State = RunSummary['state'];
