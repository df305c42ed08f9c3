import express, { type Request, type RequestHandler } from 'express';
import type { z } from 'zod';
import { HttpError } from './http-error.ts';
import { countTokens } from './json-size.ts';

/** Enough for 64 parameters of 4,096 characters. */
const MAX_BODY_BYTES = 512 * 1024;

/** Names and values in a body; 64 parameters have 130. To parse 40,000 of them takes a third of a second. */
const MAX_TOKENS = 3000;

/** Keeps the response short, however many problems the request has. */
const MAX_PROBLEMS = 100;

const parseJson = express.json({
  limit: MAX_BODY_BYTES,
  type: () => true,
  verify: (_request, _response, body, encoding) => {
    // countTokens reads UTF-8, as RFC 8259 (8.1) requires.
    if (encoding !== 'utf-8') throw new HttpError(415, 'Expected a body in UTF-8.');
    if (countTokens(body) > MAX_TOKENS)
      throw new HttpError(400, 'Expected a JSON object of few names and values as body.');
  },
  reviver: (key, value) => {
    // zod would silently drop this key.
    if (key === '__proto__') throw new SyntaxError('Unexpected key');
    return value;
  },
});

/** Parses a JSON body into `request.body`; undefined if there is none. Throws an HttpError (415) for another media type. */
export const parseJsonBody: RequestHandler = async (request, response, next) => {
  if (request.is('json')) return parseJson(request, response, next);
  if (!(await isEmpty(request))) {
    throw new HttpError(415, 'Expected no body, or JSON with Content-Type: application/json.');
  }
  next();
};

/** Whether the body has no bytes. A chunked body does not give its length, so wait for its first byte or its end. */
async function isEmpty(request: Request): Promise<boolean> {
  if (request.get('transfer-encoding') === undefined) return Number(request.get('content-length') ?? 0) === 0;
  return new Promise((resolve) => {
    request.once('data', () => resolve(false)).once('end', () => resolve(true));
  });
}

/** Validates the body, or `{}` if there is none. Throws an HttpError (422) that lists the problems. */
export const bodyOf = <T extends z.ZodType>(schema: T, request: Request): z.infer<T> =>
  validate(schema, request.body ?? {}, 422, 'body');

/** Validates the query string. Throws an HttpError (400) that lists the problems. */
export const queryOf = <T extends z.ZodType>(schema: T, request: Request): z.infer<T> =>
  validate(schema, request.query, 400, 'query');

function validate<T extends z.ZodType>(schema: T, value: unknown, status: number, where: string): z.infer<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues
    .slice(0, MAX_PROBLEMS)
    .map(({ path, message }) => ({ path: [where, ...path].join('.'), message }));
  throw new HttpError(status, `Nothing was done, since the ${where} is not as expected:`, { problems });
}
