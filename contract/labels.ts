import { API_GROUP } from './group-run.ts';

export const MANAGED_BY = 'app.kubernetes.io/managed-by';
export const MANAGER = 'async-api';
export const GROUP_LABEL = `${API_GROUP}/group`;
export const JOB_LABEL = `${API_GROUP}/job`;
/** The run id, not the run's name: a name chosen with kubectl may be too long for a label. */
export const RUN_LABEL = `${API_GROUP}/run`;
/** The name of the container of a job's pod. Admission plugins may add others, such as the proxy of a service mesh. */
export const JOB_CONTAINER = 'job';
/** Selects every Job and Pod of this product. */
export const MANAGED_SELECTOR = `${MANAGED_BY}=${MANAGER}`;

/**
 * Annotations of a GroupRun: hash of the trigger request, name of the caller, the lists of callers that may use the run (JSON, a
 * list of lists; each must name the caller), W3C traceparent of the request, and when the API accepted it (RFC 3339 with
 * milliseconds, which a creationTimestamp has not).
 */
export const REQUEST_ANNOTATION = `${API_GROUP}/request`;
export const CALLER_ANNOTATION = `${API_GROUP}/caller`;
export const ALLOW_ANNOTATION = `${API_GROUP}/allow`;
export const TRACEPARENT_ANNOTATION = `${API_GROUP}/traceparent`;
export const ACCEPTED_AT_ANNOTATION = `${API_GROUP}/accepted-at`;
