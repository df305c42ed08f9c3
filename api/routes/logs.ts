import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { IRouter, Response } from 'express';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { isTerminal, type JobStatus } from '../../contract/group-run.ts';
import { toRunId } from '../../contract/ids.ts';
import type { Deps } from '../deps.ts';
import { openLongLived } from '../hold/long-lived.ts';
import { setAge } from '../http/cache-age.ts';
import { HttpError } from '../http/http-error.ts';
import { queryOf } from '../http/input.ts';
import { methodNotAllowed } from '../http/methods.ts';
import { header, IdPath, NO_SUCH_JOB, NOTHING_LEFT, REFUSED, TEXT } from '../openapi/shared.ts';
import { followLogs } from '../runs/follow-logs.ts';
import type { JobLog, JobPod } from '../runs/job-logs.ts';
import { RunChanges } from '../runs/run-changes.ts';
import { keptOutput, maybeCut } from '../views/log-view.ts';
import { storedStatusAt } from '../views/run-view.ts';
import { LogsQuery } from '../views/schemas.ts';
import { checkAgain, jobById } from './lookup.ts';

const MAY_BE_CUT = 'Log-May-Be-Cut';

export const logOperations: ZodOpenApiPathsObject = {
  '/status/{id}/logs': {
    get: {
      operationId: 'getLogs',
      summary: 'What a job has written; what was kept of it when its pods are gone.',
      requestParams: { path: IdPath, query: LogsQuery },
      responses: {
        200: {
          description: 'The log.',
          headers: {
            [MAY_BE_CUT]: header(
              '`rotated;first-line-after=12` where the first line is from 12 s, or any 2 s and more, after the start of the ' +
                'container: the node may have rotated the log and lost its beginning. `kept` where the pods are gone and ' +
                'only the last output of a failed job is left.',
            ),
          },
          content: TEXT,
        },
        404: NO_SUCH_JOB,
        410: NOTHING_LEFT,
        default: REFUSED,
      },
    },
  },
};

const MAX_FOLLOW_MS = 3_600_000;
const MAX_READ_MS = 60_000;

/**
 * `GET /status/:id/logs`: the log of the job's last pod. With `?follow=true`, the logs of all its pods, later attempts
 * included, until the job is finished. Once the pods are gone, the last output that the job's status kept, else 410.
 */
export function logRoutes(router: IRouter, deps: Deps): void {
  // Express would otherwise route HEAD to the GET handler, which reads the whole log.
  router.head('/status/:id/logs', methodNotAllowed('GET'));
  router.get('/status/:id/logs', async (request, response) => {
    const { id } = request.params;
    const { follow, tail } = queryOf(LogsQuery, request);
    const status = async () => {
      const { run, index } = await jobById(deps, response, id);
      return storedStatusAt(run, index);
    };
    let job = await status();
    const runId = toRunId(id);
    const { signal, release } = openLongLived(deps, response, {
      ms: follow ? MAX_FOLLOW_MS : MAX_READ_MS,
      recheck: checkAgain(deps, request, response, runId),
    });
    const changes = new RunChanges(deps.runs, runId);
    const read = (pod: JobPod) => deps.logs.read(pod, { follow, tailLines: tail, signal });
    const begin = (cut?: string) => {
      if (response.headersSent) return;
      setAge(deps.runs, response);
      response.type('text');
      if (cut) response.set(MAY_BE_CUT, cut);
      if (!follow) return;
      // No idle timeout: a job may write nothing for hours.
      request.socket.setTimeout(0);
      response.flushHeaders();
    };
    async function* lastLog(): AsyncGenerator<JobLog> {
      const pod = (await deps.logs.pods(id)).at(-1);
      const log = pod && (await read(pod));
      if (log) yield log;
    }
    const pods = () => deps.logs.sharedPods(id);
    const logs = follow ? followLogs({ status, pods, read, changes, onWait: () => begin(), signal }) : lastLog();
    let isSent = false;
    try {
      for await (const log of logs) {
        begin(maybeCut(log.firstLineAfter));
        await pipe(log.text, response, signal);
        isSent = true;
      }
      if (follow) job = await status();
      // Cut the connection, so that an incomplete log does not look complete.
      if (signal.aborted) response.destroy();
      else if (isSent) response.end();
      else endWithoutPods(response, job, keptOutput(job, tail), begin);
    } finally {
      changes.close();
      release();
    }
  });
  router.all('/status/:id/logs', methodNotAllowed('GET'));
}

/** Ends the response to the log of a job of which no pod has a log. Throws an HttpError (410) if nothing is left of it. */
function endWithoutPods(
  response: Response,
  job: JobStatus,
  kept: string | undefined,
  begin: (cut?: string) => void,
): void {
  const { headersSent } = response;
  const isLost = isTerminal(job.state) && kept === undefined;
  if (isLost && !headersSent)
    throw new HttpError(410, 'The pods of this job have gone, and nothing was kept of their log.');
  begin(kept === undefined ? undefined : 'kept');
  // The job ran while its log was followed, and the log was never there to read.
  if (isLost && job.startedAt !== undefined) response.destroy();
  else response.end(kept);
}

/** Sends the log. Resolves too if the signal aborts first. */
async function pipe(log: AsyncIterable<Uint8Array>, response: Response, signal: AbortSignal): Promise<void> {
  await pipeline(Readable.from(log), response, { end: false, signal }).catch((error) => {
    if (!signal.aborted) throw error;
  });
}
