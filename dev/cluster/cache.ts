import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** The user's cache folder for build results (XDG Base Directory Specification). */
export const cacheFolder = (): string => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'async-api');

/** The folder of that name in the cache. The first call fills it by `build`; a build that fails leaves nothing behind. */
export async function builtOnce(name: string, build: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cacheFolder(), name);
  if (existsSync(join(folder, 'complete'))) return folder;
  await mkdir(dirname(folder), { recursive: true });
  const building = await mkdtemp(`${folder}.building-`);
  try {
    await build(building);
    await writeFile(join(building, 'complete'), '');
    // A concurrent build may have been faster; its result is as good.
    await rename(building, folder).catch((error) => {
      if (!existsSync(join(folder, 'complete'))) throw error;
    });
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  return folder;
}
