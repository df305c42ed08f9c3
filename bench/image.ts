import { bundle } from '../scripts/bundle.ts';

/** The environment of the images (api/Dockerfile, controller/Dockerfile), which changes memory and CPU. */
export const IMAGE_ENV = { NODE_ENV: 'production', MALLOC_ARENA_MAX: '2', NODE_OPTIONS: '--max-semi-space-size=8' };

/** Writes the programs that the images run into the folder. */
export async function buildPrograms(folder: string): Promise<void> {
  await bundle(folder, ['api', 'controller']);
}
