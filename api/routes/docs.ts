import { Router } from 'express';
import { methodNotAllowed } from '../http/methods.ts';

interface Docs {
  /** OpenAPI 3.1. */
  document: object;
  /** The document as HTML. */
  page: string;
  /** The page's Content-Security-Policy. */
  csp: string;
}

/** `GET /openapi.json` and `GET /docs`: the API's description as OpenAPI and as a page. */
export function docsRoutes({ document, page, csp }: Docs): Router {
  const router = Router();
  router.get('/openapi.json', (_request, response) => {
    response.json(document);
  });
  router.get('/docs', (_request, response) => {
    response.set('Content-Security-Policy', csp).type('html').send(page);
  });
  router.all(['/openapi.json', '/docs'], methodNotAllowed('GET', 'HEAD'));
  return router;
}
