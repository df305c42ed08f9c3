import type { RequestHandler } from 'express';
import { HttpError } from './http-error.ts';

/** Responds 405 to every request that reaches it; register it after the handlers of `methods`. */
export const methodNotAllowed =
  (...methods: string[]): RequestHandler =>
  (request) => {
    const sentence = `Expected ${methods.join(' or ')}, got ${request.method}.`;
    throw new HttpError(405, sentence, { headers: { Allow: methods.join(', ') } });
  };
