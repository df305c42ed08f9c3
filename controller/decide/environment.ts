import type { GroupRun } from '../../contract/group-run.ts';
import { runIdOf } from '../../contract/ids.ts';
import type { JobDefinition } from '../../contract/job-definition.ts';
import { TRACEPARENT_ANNOTATION } from '../../contract/labels.ts';
import { needsOf, resultVariable } from '../../contract/needs.ts';

/**
 * The run's parameters, the job's identity and the results of the jobs that it needs, then the variables of the definition, which can
 * refer to those before them as `$(NAME)`. A definition cannot override the others, nor a parameter the identity or a result.
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
    ...needsOf(definition).flatMap((name) => resultEnv(name, resultOf(run, name))),
  ];
  const given = new Map([...parameters, ...identity].map((variable) => [variable.name, variable]));
  return [...given.values(), ...(definition.container?.env ?? []).filter(({ name }) => !given.has(name))];
}

/** Passes the trace context of the trigger to the process, as OpenTelemetry does (W3C Trace Context, 3.2). */
const traceparentEnv = (traceparent = '') =>
  /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(traceparent)
    ? [{ name: 'TRACEPARENT', value: traceparent }]
    : [];

/** The result of a job of this run, else of the one that it repeats; undefined or empty if the job had none. */
function resultOf({ spec, status }: GroupRun, name: string): string | undefined {
  const index = spec.jobs.findIndex((job) => job.name === name);
  if (index >= 0) return status?.jobs?.[index]?.result;
  return Object.hasOwn(spec.earlierResults ?? {}, name) ? spec.earlierResults![name] : undefined;
}

/** No variable can hold a NUL, and a container with one could not start. */
const resultEnv = (name: string, result = '') =>
  result === '' || result.includes('\0') ? [] : [{ name: resultVariable(name), value: escapeDollarSigns(result) }];

/** The kubelet would expand `$(NAME)` in a value that is not the definition's (dependent environment variables). */
const escapeDollarSigns = (value: string): string => value.replaceAll('$', () => '$$');
