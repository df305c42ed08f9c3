import { Router } from 'express';
import type { Deps } from '../deps.ts';
import { methodNotAllowed } from '../http/methods.ts';

/** `/livez`: the process answers. `/readyz`: it can do its work; `?verbose` says why or why not. */
export function healthRoutes({ checks }: Deps): Router {
  const router = Router();
  router.get('/livez', (_request, response) => {
    response.type('text').send('ok');
  });
  router.get('/readyz', (request, response) => {
    const all = checks();
    const ready = all.every((check) => check.ok);
    const lines = all.map(({ name, ok, note }) => `[${ok ? '+' : '-'}] ${name}${note ? `: ${note}` : ''}`);
    const text = 'verbose' in request.query ? lines.join('\n') : ready ? 'ok' : 'not ready';
    if (!ready) response.set('Retry-After', '1');
    response
      .status(ready ? 200 : 503)
      .type('text')
      .send(text);
  });
  router.all(['/livez', '/readyz'], methodNotAllowed('GET', 'HEAD'));
  return router;
}
