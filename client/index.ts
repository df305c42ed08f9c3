export { Calls, jobIdOf, jobNumberOf, newKey, type RunsFilter, runIdOf } from './calls.ts';
export { Client, type ClientOptions, createClient } from './client.ts';
export type { Follower, Link } from './follow.ts';
export { ApiError } from './http.ts';
export type { LogOptions } from './read-log.ts';
export type { RetryOptions } from './retry.ts';
export type { ServerEvent } from './sse.ts';
export type * from './views.ts';
export type { WaitOptions } from './wait.ts';
