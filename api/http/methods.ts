import type { RequestHandler } from 'express';
import { Refusal } from './http-error.ts';

/** Refuses whatever comes this far; the routes before it took the methods named. */
export const onlyMethods =
  (...methods: string[]): RequestHandler =>
  (request) => {
    const sentence = `Expected ${methods.join(' or ')}, got ${request.method}.`;
    throw new Refusal(405, sentence, { headers: { Allow: methods.join(', ') } });
  };
