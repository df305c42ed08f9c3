import type { IRouter, Request, Response } from 'express';
import type { Deps } from '../deps.ts';
import { HttpError } from '../http/http-error.ts';
import { methodNotAllowed } from '../http/methods.ts';
import { type StaticFile, sendStaticFile } from '../http/static-files.ts';

const CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** A name with a hash of the content, as esbuild writes it: such a file never changes. */
const HASHED = /-[A-Z0-9]{8}\.\w+$/;
const FOR_EVER = 'public, max-age=31536000, immutable';
const NOT_BUILT = 'The web page is not built: npm run bundle -- page. PAGE_DIR names another folder.';

/**
 * `GET /`: the web page, for who asks for HTML; others get the 404 of an unknown path. `GET /page/:file`: its scripts and styles.
 * Anyone may read these, as they contain nothing of runs or groups: the page calls the API with the caller's own token.
 */
export function pageRoutes(router: IRouter, { page }: Pick<Deps, 'page'>): void {
  const send = (request: Request, response: Response, name: string, file: StaticFile) => {
    response.set('Content-Security-Policy', CSP);
    sendStaticFile(request, response, file, HASHED.test(name) ? FOR_EVER : 'no-cache');
  };
  router.get('/', (request, response, next) => {
    response.vary('Accept');
    // curl and most libraries accept everything: they prefer text.
    if (request.accepts(['text/plain', 'text/html']) !== 'text/html') return next();
    const index = page?.get('index.html');
    if (!index) throw new HttpError(404, NOT_BUILT);
    send(request, response, 'index.html', index);
  });
  router
    .route('/page/:file')
    .get((request, response) => {
      const name = request.params.file;
      const file = page?.get(name);
      if (!file) throw new HttpError(404, 'The web page has no such file. Load / again.');
      send(request, response, name, file);
    })
    .all(methodNotAllowed('GET', 'HEAD'));
}
