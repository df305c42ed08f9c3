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
/** Most changes come from the watch. Polling finds the rest, such as a log that appears after its pod. */
const POLL_INTERVAL_MS = 5000;

/**
 * `GET /status/:id/logs`: the log of the job's last pod. With `?follow=true`, the logs of all its pods, later attempts
 * included, until the job is finished. Once the pods are gone, the part that the job's status kept as its message.
 */
export function logRoutes(deps: Deps): Router {
  const router = Router();
  // Express would otherwise route HEAD to the GET handler, which reads the whole log.
  router.head('/status/:id/logs', methodNotAllowed('GET'));
  router.get('/status/:id/logs', async (request, response) => {
    const { id } = request.params;
    const { follow, tail: tailLines } = queryOf(LogsQuery, request);
    const status = async () => {
      const { run, index } = await jobById(deps, response, id);
      return jobStatuses(run)[index]!;
    };
    const job = await status();
    const { signal, release } = openLongLived(deps, response, follow ? MAX_FOLLOW_MS : MAX_READ_MS);
    const read = (pod: string) => deps.logs.read(pod, { follow, tailLines, signal });
    try {
      const last = (await deps.logs.pods(id)).at(-1);
      const log = follow || last === undefined ? undefined : await read(last);
      if (isTerminal(job.state) && (follow ? last === undefined : !log)) return respondWithMessage(deps, response, job);
      setAge(deps.runs, response);
      response.type('text');
      if (log) await pipe(log, response, signal);
      else if (follow) {
        // No idle timeout: a job may write nothing for hours.
        request.socket.setTimeout(0);
        response.flushHeaders();
        await followPods(deps, id, { status, read, response, signal });
      }
      // Cut the connection, so that an incomplete log does not look complete.
      if (signal.aborted) response.destroy();
      else response.end();
    } finally {
      release();
    }
  });
  router.all('/status/:id/logs', methodNotAllowed('GET'));
  return router;
}

/** Responds with what the job's status kept of the log. Throws an HttpError (410) if it kept nothing. */
function respondWithMessage(deps: Deps, response: Response, { message }: JobStatus): void {
  if (message === undefined)
    throw new HttpError(410, 'The pods of this job have gone, and nothing was kept of their log.');
  setAge(deps.runs, response);
  response.type('text').send(message);
}

interface FollowOptions {
  status: () => Promise<JobStatus>;
  read: (pod: string) => Promise<AsyncIterable<Uint8Array> | undefined>;
  response: Response;
  signal: AbortSignal;
}

/** Sends the log of one pod after another, until the job is finished and every log is sent. */
async function followPods(deps: Deps, id: string, { status, read, response, signal }: FollowOptions): Promise<void> {
  const changes = new RunChanges(deps.runs, toRunId(id));
  const sentPods = new Set<string>();
  try {
    while (!signal.aborted) {
      // Read the status before the pods: if the job is finished by now, the list of its pods is complete.
      const isFinished = isTerminal((await status()).state);
      const [pod, newer] = (await deps.logs.pods(id)).filter((name) => !sentPods.has(name));
      const log = pod === undefined ? undefined : await read(pod);
      if (log) await pipe(log, response, signal);
      // A pod without a log that another has replaced will never have one.
      if (pod !== undefined && (log || newer !== undefined)) sentPods.add(pod);
      else if (isFinished) return;
      else await changes.next(POLL_INTERVAL_MS, signal);
    }
  } finally {
    changes.close();
  }
}

/** Sends the log. Resolves too if the signal aborts first. */
async function pipe(log: AsyncIterable<Uint8Array>, response: Response, signal: AbortSignal): Promise<void> {
  await pipeline(Readable.from(log), response, { end: false, signal }).catch((error) => {
    if (!signal.aborted) throw error;
  });
}
