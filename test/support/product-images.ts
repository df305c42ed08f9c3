import { basename, join } from 'node:path';
import { type ImageContent, jobImage, nodeImage } from '../../dev/cluster/image.ts';
import { bundle } from '../../scripts/bundle.ts';
import { buildPage } from '../../scripts/page.ts';

const RESOURCES = join(import.meta.dirname, '../../resources');
const ENV = ['NODE_ENV=production', 'ALLOW_ROOT=false'];

/** Files of resources/ by their path in the image of the API. */
const resources = (...files: string[]) =>
  Object.fromEntries(files.map((file) => [`/app/resources/${file}`, join(RESOURCES, file)]));

/**
 * The images that manifests/overlays/local names, built from this checkout without a container engine. They hold what the
 * Dockerfiles describe. The bundled programs and the page are written into `folder`.
 */
export async function productImages(folder: string): Promise<ImageContent[]> {
  const name = (image: string) => `registry.invalid/async-api/${image}:dev`;
  const [api, controller] = (await bundle(folder, ['api', 'controller'])) as [string, string];
  const page = await buildPage(join(folder, 'page'));
  const pageFiles = Object.fromEntries(page.map((path) => [`/app/page/${basename(path)}`, path]));
  return Promise.all([
    nodeImage(name('api'), { '/app/api.mjs': api, ...resources('config.yaml', 'bounds.yaml'), ...pageFiles }, ENV),
    nodeImage(name('controller'), { '/app/controller.mjs': controller }, ENV),
    jobImage(name('job-image')),
  ]);
}
