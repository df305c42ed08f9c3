import type { IRouter } from 'express';
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
export function docsRoutes(router: IRouter, { document, page, csp }: Docs): void {
  router
    .route('/openapi.json')
    .get((_request, response) => {
      response.json(document);
    })
    .all(methodNotAllowed('GET', 'HEAD'));
  router
    .route('/docs')
    .get((_request, response) => {
      response.set('Content-Security-Policy', csp).type('html').send(page);
    })
    .all(methodNotAllowed('GET', 'HEAD'));
}
