import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fingerprint, goBuild } from './build.ts';
import { builtOnce } from './cache.ts';
import type { Progress } from './progress.ts';

const HERE = join(import.meta.dirname, 'helm');

/** Whether this machine has Go, so that the tests of the chart can run; on clusters of others it is not needed otherwise. */
export const canBuildHelm = (): boolean => spawnSync('go', ['version']).status === 0;

/** The path of Helm, built once for each content of dev/cluster/helm/go.mod and go.sum. */
export async function buildHelm(progress: Progress): Promise<string> {
  const folder = await builtOnce(`helm-${await fingerprint(HERE, ['go.sum', 'go.mod'])}`, (building) =>
    progress.step('Build Helm from its Go module (the first time only: some minutes)', async () => {
      await goBuild(HERE, ['-ldflags', '-s -w', '-o', `${building}/`, 'helm.sh/helm/v4/cmd/helm']);
    }),
  );
  return join(folder, 'helm');
}
