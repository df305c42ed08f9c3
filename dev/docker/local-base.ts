import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { linkedLibraries } from '../cluster/libraries.ts';
import { run } from '../cluster/run.ts';

export const LOCAL_BASE = 'async-api/local-base:latest';

/** Exact, so that the base changes only with this file. */
const NPM = 'npm@11.19.1';
/** What the build stages of the Dockerfiles call, and what those call: ldd is written in bash. */
const PROGRAMS = ['sh', 'bash', 'env', 'chroot', 'grep', 'install', 'ldd', 'readlink'];
/** The certificates this machine trusts: its registry may have one that Node does not know. */
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';

/**
 * Makes the image `LOCAL_BASE` from this machine's own files, for where no base image can be pulled: this project's Node,
 * npm, a shell and the few tools that the Dockerfiles' build stages use. `docker` runs Docker's client with these arguments.
 * Rejects where one of the files is missing.
 */
export async function makeLocalBase(docker: (...args: string[]) => Promise<string>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'async-api-base-'));
  try {
    const root = join(folder, 'root');
    // As Debian has it: everything is in /usr, whichever way a program names it.
    for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
      await mkdir(join(root, 'usr', name), { recursive: true });
      await symlink(`usr/${name}`, join(root, name));
    }
    await run('npm', ['install', '--global', '--prefix', join(root, 'usr/local'), '--no-audit', '--no-fund', NPM]);
    await copyFile(process.execPath, join(root, 'usr/local/bin/node'));
    const programs = (await run('which', PROGRAMS)).trim().split('\n');
    // A script has none.
    const libraries = await Promise.all(
      [process.execPath, ...programs].map((program) => linkedLibraries(program).catch(() => [])),
    );
    const certificates = existsSync(CERTIFICATES) ? [CERTIFICATES] : [];
    const files = new Set([...programs, ...libraries.flat(), ...certificates]);
    await run('cp', ['--parents', '--dereference', ...files, root]);
    const archive = join(folder, 'base.tar');
    await run('tar', ['-C', root, '--owner=0', '--group=0', '--mode=a+rX', '-cf', archive, '.']);
    const environment = [
      'PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      ...certificates.map((path) => `NODE_EXTRA_CA_CERTS=${path}`),
    ];
    const changes = environment.flatMap((variable) => ['--change', `ENV ${variable}`]);
    await docker('import', ...changes, archive, LOCAL_BASE);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
