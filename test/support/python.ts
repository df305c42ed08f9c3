import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { builtOnce } from '../../dev/cluster/cache.ts';

const REQUIREMENTS = join(import.meta.dirname, '../python/requirements.txt');
const INSTALL =
  'Install Python 3.10 or newer with venv and pip (Debian: apt install python3-venv), then run this again.';
const run = promisify(execFile);

/**
 * The Python of a virtual environment with test/python/requirements.txt, in the user's cache folder. The first call creates
 * it, which takes a minute. Rejects with a sentence that says what to install.
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
  const program = (folder: string) => join(folder, 'bin/python');
  const built = await builtOnce(`python-${key}`, async (folder) => {
    await run('python3', ['-m', 'venv', folder]).catch((error: Error & { stdout?: string }) => {
      throw new Error(`Expected python3 that can make an environment. ${INSTALL}\n${error.stdout || error.message}`);
    });
    const options = ['--quiet', '--disable-pip-version-check', '--no-input'];
    await run(program(folder), ['-m', 'pip', 'install', ...options, '-r', REQUIREMENTS]).catch((error: Error) => {
      throw new Error(`Expected pip to install what test/python/requirements.txt lists.\n${error.message}`);
    });
  });
  return program(built);
}
