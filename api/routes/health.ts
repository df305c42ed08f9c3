import type { IRouter } from 'express';
import * as z from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { readiness } from '../../process/readiness.ts';
import type { Deps } from '../deps.ts';
import { methodNotAllowed } from '../http/methods.ts';
import { REFUSED, TEXT } from '../openapi/shared.ts';

export const healthOperations: ZodOpenApiPathsObject = {
  '/livez': {
    get: {
      operationId: 'isAlive',
      summary: 'Whether the process answers.',
      responses: { 200: { description: 'ok', content: TEXT }, default: REFUSED },
    },
  },
  '/readyz': {
    get: {
      operationId: 'isReady',
      summary: 'Whether it can do its work.',
      requestParams: { query: z.object({ verbose: z.string().optional().describe('Says what was looked at.') }) },
      responses: {
        200: { description: 'It can.', content: TEXT },
        503: { description: 'It cannot yet.', content: TEXT },
        default: REFUSED,
      },
    },
  },
};

/** `GET /livez`: whether the process responds. `GET /readyz`: whether it can serve; `?verbose` lists each check. */
export function healthRoutes(router: IRouter, { readinessChecks }: Deps): void {
  router
    .route('/livez')
    .get((_request, response) => {
      response.type('text').send('ok');
    })
    .all(methodNotAllowed('GET', 'HEAD'));
  router
    .route('/readyz')
    .get((request, response) => {
      const { ready, text } = readiness(readinessChecks(), 'verbose' in request.query);
      if (!ready) response.set('Retry-After', '1');
      response
        .status(ready ? 200 : 503)
        .type('text')
        .send(text);
    })
    .all(methodNotAllowed('GET', 'HEAD'));
}
