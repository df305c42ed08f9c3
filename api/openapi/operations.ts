import { z } from 'zod';
import { WaitQuery } from '../hold/wait.ts';
import { IdempotencyKey } from '../routes/idempotency.ts';
import {
  Accepted,
  Cancelled,
  GroupList,
  LogsQuery,
  ProblemDetails,
  RerunBody,
  RunList,
  RunsQuery,
  RunView,
  ServerSentEvent,
  StatusView,
  TriggerBody,
} from '../views/schemas.ts';

/** The schemas that the document names, each once. */
export const SCHEMAS = {
  Accepted,
  Cancelled,
  GroupList,
  ProblemDetails,
  RerunBody,
  ServerSentEvent,
  RunList,
  RunView,
  StatusView,
  TriggerBody,
};
export type SchemaName = keyof typeof SCHEMAS;

export interface Answer {
  description: string;
  /** JSON of this schema, Server-Sent Events of which each is of this schema, or text; nothing where none is given. */
  json?: SchemaName;
  events?: SchemaName;
  text?: 'text/plain';
  headers?: Record<string, string>;
  /** Calls that one of its values is for: the operation, and where its `id` stands (an OpenAPI runtime expression). */
  links?: Record<string, string>;
}

export interface Operation {
  method: 'get' | 'post';
  path: string;
  id: string;
  summary: string;
  query?: z.ZodObject;
  /** Request headers. */
  headers?: Record<string, z.ZodString>;
  body?: SchemaName;
  /** By status; every operation can also be refused with Problem Details. */
  answers: Record<number, Answer>;
}

const IDEMPOTENCY = { 'Idempotency-Key': IdempotencyKey };
const STARTED: Answer = {
  description: 'Accepted: one address for each job, in the order of the definitions.',
  json: 'Accepted',
  headers: {
    Location: 'The run.',
    'Retry-After': 'Seconds until there may be something new.',
    'Idempotency-Replayed': 'true where an earlier request with this key started the run.',
  },
};
const CANCEL: Answer = { description: 'The end is asked for; what is over stays as it is.', json: 'Cancelled' };
const FIRST_JOB = '$response.body#/jobs/0/id';
const NO_SUCH_JOB: Answer = {
  description: "No job has this id: the text `Job with given id doesn't exists : dummy`, or Problem Details.",
  text: 'text/plain',
  json: 'ProblemDetails',
};

/** Every call of the service. */
export const OPERATIONS: Operation[] = [
  {
    method: 'get',
    path: '/groups',
    id: 'listGroups',
    summary: 'Every group, the parameters it takes, and what is wrong with it.',
    answers: { 200: { description: 'The groups.', json: 'GroupList' } },
  },
  {
    method: 'post',
    path: '/group/{name}',
    id: 'triggerGroup',
    summary: 'Starts all jobs of a group.',
    headers: IDEMPOTENCY,
    body: 'TriggerBody',
    answers: { 202: STARTED },
  },
  {
    method: 'get',
    path: '/group/{name}',
    id: 'triggerGroupFromBrowser',
    summary: 'The same from the address bar of a browser, without parameters; can be turned off.',
    headers: IDEMPOTENCY,
    answers: { 202: STARTED },
  },
  {
    method: 'get',
    path: '/status/{id}',
    id: 'getStatus',
    summary: 'The state of one job.',
    query: WaitQuery,
    answers: { 200: { description: 'Its state, and why.', json: 'StatusView' }, 404: NO_SUCH_JOB },
  },
  {
    method: 'post',
    path: '/status/{id}/cancel',
    id: 'cancelJob',
    summary: 'Asks for the end of one job.',
    answers: { 202: CANCEL, 404: NO_SUCH_JOB },
  },
  {
    method: 'get',
    path: '/status/{id}/logs',
    id: 'getLogs',
    summary: 'What a job has written; what was kept of it when its pods are gone.',
    query: LogsQuery,
    answers: { 200: { description: 'The log.', text: 'text/plain' }, 404: NO_SUCH_JOB },
  },
  {
    method: 'get',
    path: '/runs',
    id: 'listRuns',
    summary: 'All runs, the newest first.',
    query: RunsQuery,
    answers: { 200: { description: 'A page of runs.', json: 'RunList' } },
  },
  {
    method: 'get',
    path: '/runs/{id}',
    id: 'getRun',
    summary: 'One run with all its jobs.',
    query: WaitQuery,
    answers: {
      200: {
        description: 'The run.',
        json: 'RunView',
        links: { getStatus: FIRST_JOB, getLogs: FIRST_JOB, cancelJob: FIRST_JOB },
      },
    },
  },
  {
    method: 'get',
    path: '/runs/{id}/events',
    id: 'followRun',
    summary: 'Each change of state as Server-Sent Events, until the run is over.',
    headers: {
      'Last-Event-ID': z.string().describe('The id of the last event that was seen: only what came after it is sent.'),
    },
    answers: {
      200: { description: 'Events named `job` and `run`.', events: 'ServerSentEvent' },
      204: { description: 'All was seen, and the run is over.' },
    },
  },
  {
    method: 'post',
    path: '/runs/{id}/cancel',
    id: 'cancelRun',
    summary: 'Asks for the end of a run.',
    answers: { 202: CANCEL },
  },
  {
    method: 'post',
    path: '/runs/{id}/rerun',
    id: 'rerunRun',
    summary: 'Starts the jobs of a run anew, or those that did not succeed.',
    headers: IDEMPOTENCY,
    body: 'RerunBody',
    answers: { 202: STARTED },
  },
  {
    method: 'get',
    path: '/livez',
    id: 'isAlive',
    summary: 'Whether the process answers.',
    answers: { 200: { description: 'ok', text: 'text/plain' } },
  },
  {
    method: 'get',
    path: '/readyz',
    id: 'isReady',
    summary: 'Whether it can do its work.',
    query: z.object({ verbose: z.string().optional().describe('Says what was looked at.') }),
    answers: {
      200: { description: 'It can.', text: 'text/plain' },
      503: { description: 'It cannot yet.', text: 'text/plain' },
    },
  },
];
