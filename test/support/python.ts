import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../../dev/cluster/cache.ts';

const REQUIREMENTS = join(import.meta.dirname, '../python/requirements.txt');
const INSTALL =
  'Install Python 3.10 or newer with venv and pip (Debian: apt install python3-venv), then run this again.';
const run = promisify(execFile);

/**
 * The Python of an environment that has test/python/requirements.txt, in the user's cache folder; made where it is not there,
 * which takes a minute. Rejects with a sentence that says what to install.
 */
export async function python(): Promise<string> {
  const { stdout: version } = await run('python3', ['--version']).catch((error: Error) => {
    throw new Error(`Expected python3, which tests use as a client. ${INSTALL}\n${error.message}`);
  });
  const key = createHash('sha256')
    .update(version)
    .update(await readFile(REQUIREMENTS))
    .digest('hex')
    .slice(0, 16);
  const folder = join(cacheFolder(), 'python', key);
  const program = (of: string) => join(of, 'bin/python');
  if (existsSync(folder)) return program(folder);
  await mkdir(dirname(folder), { recursive: true });
  const building = await mkdtemp(`${folder}.building-`);
  try {
    await run('python3', ['-m', 'venv', building]).catch((error: Error & { stdout?: string }) => {
      throw new Error(`Expected python3 that can make an environment. ${INSTALL}\n${error.stdout || error.message}`);
    });
    const options = ['--quiet', '--disable-pip-version-check', '--no-input'];
    await run(program(building), ['-m', 'pip', 'install', ...options, '-r', REQUIREMENTS]).catch((error: Error) => {
      throw new Error(`Expected pip to install what test/python/requirements.txt lists.\n${error.message}`);
    });
    // Another suite may have been faster: then that one is used.
    await rename(building, folder).catch((error) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  return program(folder);
}
