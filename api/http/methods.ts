import type { RequestHandler } from 'express';
import { HttpError } from './http-error.ts';

/** Refuses whatever comes this far; the routes before it took the methods named. */
export const methodNotAllowed =
  (...methods: string[]): RequestHandler =>
  (request) => {
    const sentence = `Expected ${methods.join(' or ')}, got ${request.method}.`;
    throw new HttpError(405, sentence, { headers: { Allow: methods.join(', ') } });
  };
