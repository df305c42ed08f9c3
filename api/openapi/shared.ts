import * as z from 'zod';
import type { ZodOpenApiResponseObject } from 'zod-openapi';
import { Accepted, Cancelled, IdempotencyKey, ProblemDetails } from '../views/schemas.ts';

/** A body of JSON that this schema describes. */
export const json = (schema: z.ZodType) => ({ 'application/json': { schema } });
/** A body of plain text. */
export const TEXT = { 'text/plain': { schema: z.string() } };
const PROBLEM = { 'application/problem+json': { schema: ProblemDetails } };

export const header = (description: string) => ({ description, schema: { type: 'string' as const } });

/** The path parameter `id` of a run or a job. */
export const IdPath = z.object({ id: z.string().meta({ format: 'uuid' }) });

/** The request header of an operation that starts a run. */
export const IdempotencyHeader = z.object({
  'Idempotency-Key': IdempotencyKey.optional().describe(
    'The same key from the same caller starts a run once, however often it is sent.',
  ),
});

/** The `default` response of every operation: Problem Details where the caller accepts JSON, else text. */
export const REFUSED: ZodOpenApiResponseObject = {
  description: 'A sentence that says what was expected; Problem Details (RFC 9457) for those who accept JSON.',
  headers: { 'Retry-After': header('With 429 and 503: seconds to wait.') },
  content: { ...TEXT, ...PROBLEM },
};

/** The 404 of a job; a client of the earlier service knows its text. */
export const NO_SUCH_JOB: ZodOpenApiResponseObject = {
  description: "No job has this id: the text `Job with given id doesn't exists : dummy`, or Problem Details.",
  content: { ...TEXT, ...PROBLEM },
};

/** The 410 of a log. */
export const NOTHING_LEFT: ZodOpenApiResponseObject = {
  description: 'The pods of the job have gone, and nothing was kept of what it wrote.',
  content: { ...TEXT, ...PROBLEM },
};

/** The 202 of a trigger or a rerun. */
export const STARTED: ZodOpenApiResponseObject = {
  description: 'Accepted: one address for each job, in the order of the definitions.',
  headers: {
    Location: header('The run.'),
    'Retry-After': header('Seconds until there may be something new.'),
    'Idempotency-Replayed': header('true where an earlier request with this key started the run.'),
  },
  content: json(Accepted),
};

/** The 202 of a cancel. */
export const CANCELLED: ZodOpenApiResponseObject = {
  description: 'The end is asked for; what is over stays as it is.',
  content: json(Cancelled),
};
