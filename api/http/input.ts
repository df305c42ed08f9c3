import express, { type Request, type RequestHandler } from 'express';
import type { z } from 'zod';
import { HttpError } from './http-error.ts';

/** Enough for 64 parameters of 4,096 characters. */
const MAX_BODY_BYTES = 512 * 1024;

/** An answer is not to be larger than what was asked. */
const MAX_PROBLEMS = 100;

const parse = express.json({
  limit: MAX_BODY_BYTES,
  type: () => true,
  reviver: (key, value) => {
    // Such a key would be left out in silence further on.
    if (key === '__proto__') throw new SyntaxError('Unexpected key');
    return value;
  },
});

/** Reads a JSON body into `request.body`; undefined where there is none. Refuses any other kind of body. */
export const parseJsonBody: RequestHandler = (request, response, next) => {
  const length = request.get('content-length');
  const empty = request.get('transfer-encoding') === undefined && (length === undefined || Number(length) === 0);
  if (!empty && !request.is('json')) {
    throw new HttpError(415, 'Expected no body, or JSON with Content-Type: application/json.');
  }
  parse(request, response, next);
};

/** Checks the body; where there is none, `{}`. Throws an HttpError (422) that names every problem. */
export const bodyOf = <T extends z.ZodType>(schema: T, request: Request): z.infer<T> =>
  checked(schema, request.body ?? {}, 422, 'body');

/** Checks the query string. Throws an HttpError (400) that names every problem. */
export const queryOf = <T extends z.ZodType>(schema: T, request: Request): z.infer<T> =>
  checked(schema, request.query, 400, 'query');

function checked<T extends z.ZodType>(schema: T, value: unknown, status: number, where: string): z.infer<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues
    .slice(0, MAX_PROBLEMS)
    .map(({ path, message }) => ({ path: [where, ...path].join('.'), message }));
  throw new HttpError(status, `Nothing was done, since the ${where} is not as expected:`, { problems });
}
