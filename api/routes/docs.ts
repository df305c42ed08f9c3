import { Router } from 'express';
import { onlyMethods } from '../http/methods.ts';
import { openApiDocument } from '../openapi/document.ts';
import { docsPage, PAGE_CSP } from '../openapi/page.ts';

/** `GET /openapi.json` and `GET /docs`: what the service can do, for programs and for people. */
export function docsRoutes(): Router {
  const document = openApiDocument();
  const page = docsPage(document);
  const router = Router();
  router.get('/openapi.json', (_request, response) => {
    response.json(document);
  });
  router.get('/docs', (_request, response) => {
    response.set('Content-Security-Policy', PAGE_CSP).type('html').send(page);
  });
  router.all(['/openapi.json', '/docs'], onlyMethods('GET', 'HEAD'));
  return router;
}
