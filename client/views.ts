import type * as z from 'zod';
import type * as schemas from '../api/views/schemas.ts';

export type { DryRun, GroupView, JobView, Me, RunList, RunSummary, RunView } from '../api/views/schemas.ts';

export type State = schemas.RunSummary['state'];
export type StatusView = z.infer<typeof schemas.StatusView>;
export type Cancelled = z.infer<typeof schemas.Cancelled>;

/** What the caller may do with a group. */
export type GroupRights = schemas.Me['groups'][number];
