import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Response, Router } from 'express';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { isTerminal, type JobStatus } from '../../contract/group-run.ts';
import { toRunId } from '../../contract/ids.ts';
import type { Deps } from '../deps.ts';
import { openLongLived } from '../hold/long-lived.ts';
import { setAge } from '../http/cache-age.ts';
import { HttpError } from '../http/http-error.ts';
import { queryOf } from '../http/input.ts';
import { methodNotAllowed } from '../http/methods.ts';
import { IdPath, NO_SUCH_JOB, REFUSED, TEXT } from '../openapi/shared.ts';
import { RunChanges } from '../runs/run-changes.ts';
import { jobStatuses } from '../views/run-view.ts';
import { LogsQuery } from '../views/schemas.ts';
import { jobById } from './lookup.ts';

export const logOperations: ZodOpenApiPathsObject = {
  '/status/{id}/logs': {
    get: {
      operationId: 'getLogs',
      summary: 'What a job has written; what was kept of it when its pods are gone.',
      requestParams: { path: IdPath, query: LogsQuery },
      responses: { 200: { description: 'The log.', content: TEXT }, 404: NO_SUCH_JOB, default: REFUSED },
    },
  },
};

const MAX_FOLLOW_MS = 3_600_000;
const MAX_READ_MS = 60_000;
/** The run changes when a container begins; this is for what is missed, and for pods whose log comes late. */
const LOOK_AGAIN_MS = 5000;

/**
 * `GET /status/:id/logs`: what the job's last pod has written so far; with `?follow=true` also what it and the pods of later
 * attempts write, until the job is over. Where the pods have gone, what was kept of it.
 */
export function logRoutes(deps: Deps): Router {
  const router = Router();
  // Express would route HEAD to the GET handler, which reads the whole log.
  router.head('/status/:id/logs', methodNotAllowed('GET'));
  router.get('/status/:id/logs', async (request, response) => {
    const { id } = request.params;
    const { follow, tail: tailLines } = queryOf(LogsQuery, request);
    const status = async () => {
      const { run, place } = await jobById(deps, response, id);
      return jobStatuses(run)[place]!;
    };
    const job = await status();
    const { signal, release } = openLongLived(deps, response, follow ? MAX_FOLLOW_MS : MAX_READ_MS);
    const read = (pod: string) => deps.logs.read(pod, { follow, tailLines, signal });
    try {
      const last = (await deps.logs.pods(id)).at(-1);
      const log = follow || last === undefined ? undefined : await read(last);
      if (isTerminal(job.state) && (follow ? last === undefined : !log)) return answerKept(deps, response, job);
      setAge(deps.runs, response);
      response.type('text');
      if (log) await pipe(log, response, signal);
      else if (follow) {
        // A job may be silent for as long as it likes.
        request.socket.setTimeout(0);
        response.flushHeaders();
        await followAll(deps, id, { status, read, response, signal });
      }
      // A log that was not read to its end must not look as if it were.
      if (signal.aborted) response.destroy();
      else response.end();
    } finally {
      release();
    }
  });
  router.all('/status/:id/logs', methodNotAllowed('GET'));
  return router;
}

function answerKept(deps: Deps, response: Response, { message }: JobStatus): void {
  if (message === undefined)
    throw new HttpError(410, 'The pods of this job have gone, and nothing was kept of their log.');
  setAge(deps.runs, response);
  response.type('text').send(message);
}

interface Following {
  status: () => Promise<JobStatus>;
  read: (pod: string) => Promise<AsyncIterable<Uint8Array> | undefined>;
  response: Response;
  signal: AbortSignal;
}

/** Pod after pod, until the job is over and each was read. */
async function followAll(deps: Deps, id: string, { status, read, response, signal }: Following): Promise<void> {
  const changes = new RunChanges(deps.runs, toRunId(id));
  const done = new Set<string>();
  try {
    while (!signal.aborted) {
      // Before the pods are looked for: whatever an ended job wrote is there then.
      const over = isTerminal((await status()).state);
      const [pod, newer] = (await deps.logs.pods(id)).filter((one) => !done.has(one));
      const log = pod === undefined ? undefined : await read(pod);
      if (log) await pipe(log, response, signal);
      // Of a pod that made way for another before it had a log, none will come.
      if (pod !== undefined && (log || newer !== undefined)) done.add(pod);
      else if (over) return;
      else await changes.next(LOOK_AGAIN_MS, signal);
    }
  } finally {
    changes.close();
  }
}

/** Resolves too where the caller has gone, or time is up. */
async function pipe(log: AsyncIterable<Uint8Array>, response: Response, signal: AbortSignal): Promise<void> {
  await pipeline(Readable.from(log), response, { end: false, signal }).catch((error) => {
    if (!signal.aborted) throw error;
  });
}
