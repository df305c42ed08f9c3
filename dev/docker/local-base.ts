import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { linkedLibraries } from '../cluster/libraries.ts';
import { run } from '../cluster/run.ts';

export const LOCAL_BASE = 'registry.invalid/async-api/local-base:latest';

/** An exact version: the base changes only with this file. */
const NPM = 'npm@11.19.1';
/** Programs that the Dockerfiles' build stages need, directly or indirectly: ldd is a bash script. */
const PROGRAMS = ['sh', 'bash', 'env', 'chroot', 'grep', 'install', 'ldd', 'readlink'];
/** The CA certificates of this machine: Node may not know the CA of its registry. */
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';

/**
 * Builds the image `LOCAL_BASE` from this machine's files, for machines that cannot pull a base image: this project's Node,
 * npm, a shell and the tools of the Dockerfiles' build stages. `docker` runs the Docker client. Rejects if a file is missing.
 */
export async function makeLocalBase(docker: (...args: string[]) => Promise<string>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'async-api-base-'));
  try {
    const root = join(folder, 'root');
    // As in Debian, the top-level folders are links into /usr.
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
