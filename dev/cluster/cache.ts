import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** The user's cache folder for everything that is built (XDG Base Directory Specification). */
export const cacheFolder = (): string => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'async-api');

/** The cache's folder of that name, filled by `build` unless it was before; nothing is left of a build that fails. */
export async function builtOnce(name: string, build: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cacheFolder(), name);
  if (existsSync(join(folder, 'complete'))) return folder;
  await mkdir(dirname(folder), { recursive: true });
  const building = await mkdtemp(`${folder}.building-`);
  try {
    await build(building);
    await writeFile(join(building, 'complete'), '');
    // Another checkout may have been faster; its result is as good.
    await rename(building, folder).catch((error) => {
      if (!existsSync(join(folder, 'complete'))) throw error;
    });
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  return folder;
}
