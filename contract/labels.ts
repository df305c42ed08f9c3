import { API_GROUP } from './group-run.ts';

export const MANAGED_BY = 'app.kubernetes.io/managed-by';
export const MANAGER = 'async-api';
export const GROUP_LABEL = `${API_GROUP}/group`;
export const JOB_LABEL = `${API_GROUP}/job`;
/** The run's base, not its name: a kubectl-made name may be too long for a label. */
export const RUN_LABEL = `${API_GROUP}/run`;
/** Selects every Job and Pod of this product. */
export const MANAGED_SELECTOR = `${MANAGED_BY}=${MANAGER}`;

/** Annotations of a GroupRun: what was asked for (a hash), by whom, and in which trace (W3C traceparent). */
export const REQUEST_ANNOTATION = `${API_GROUP}/request`;
export const CALLER_ANNOTATION = `${API_GROUP}/caller`;
export const TRACEPARENT_ANNOTATION = `${API_GROUP}/traceparent`;
