import type { GroupRun } from '../../contract/group-run.ts';
import { runIdOf } from '../../contract/ids.ts';
import type { JobDefinition } from '../../contract/job-definition.ts';
import { TRACEPARENT_ANNOTATION } from '../../contract/labels.ts';

/**
 * The run's parameters and the job's identity, then the variables of the definition, which can refer to those before them as
 * `$(NAME)`. A definition cannot override the others, nor a parameter the identity.
 */
export function environment(run: GroupRun, definition: JobDefinition, id: string) {
  const parameters = Object.entries(run.spec.parameters ?? {}).map(([name, value]) => ({
    name,
    value: escapeDollarSigns(value),
  }));
  const identity = [
    { name: 'ASYNC_API_JOB_ID', value: id },
    { name: 'ASYNC_API_RUN_ID', value: runIdOf(run.metadata) },
    { name: 'ASYNC_API_GROUP', value: run.spec.group },
    ...traceparentEnv(run.metadata.annotations?.[TRACEPARENT_ANNOTATION]),
  ];
  const given = new Map([...parameters, ...identity].map((variable) => [variable.name, variable]));
  return [...given.values(), ...(definition.container?.env ?? []).filter(({ name }) => !given.has(name))];
}

/** Passes the trace context of the trigger to the process, as OpenTelemetry does (W3C Trace Context, 3.2). */
const traceparentEnv = (traceparent = '') =>
  /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(traceparent)
    ? [{ name: 'TRACEPARENT', value: traceparent }]
    : [];

/** The kubelet would expand `$(NAME)` in a caller's value (dependent environment variables). */
const escapeDollarSigns = (value: string): string => value.replaceAll('$', () => '$$');
