import { type ImageContent, jobImage, nodeImage } from '../../cluster/image.ts';
import { bundle } from '../../scripts/bundle.ts';

/** The images that manifests/overlays/local names, of this checkout; the programs are written into `folder`. */
export async function productImages(folder: string): Promise<ImageContent[]> {
  const name = (image: string) => `docker.io/async-api/${image}:dev`;
  const [api, controller] = await bundle(folder);
  return Promise.all([
    nodeImage(name('api'), '/app/api.mjs', api!),
    nodeImage(name('controller'), '/app/controller.mjs', controller!),
    jobImage(name('job-image')),
  ]);
}
