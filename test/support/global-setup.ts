import { join } from 'node:path';
import { startCluster } from '../../cluster/choose.ts';
import type { Cluster } from '../../cluster/embedded.ts';
import { installManifests } from '../../cluster/install.ts';
import { Progress } from '../../cluster/progress.ts';

const FOLDER = join(import.meta.dirname, '../../.cluster/test');

import { python } from './python.ts';

/** One cluster for all suites of a run, left out where only unit tests run. Suites use namespaces of their own. */
export default async function setup(): Promise<void> {
  if (!/integration|e2e|images/.test(process.env.RINGS ?? '')) return;
  process.stderr.write('\n');
  const [cluster] = await Promise.all([
    startCluster({}, FOLDER, new Progress(), (why) => process.stderr.write(`\n${why}\n`)),
    // Made once, rather than by each suite that needs it; those say why it cannot be.
    /e2e/.test(process.env.RINGS ?? '') && python().catch(() => {}),
  ]);
  (globalThis as { cluster?: Cluster }).cluster = cluster;
  // The CRD is cluster-wide: applied once here, so that suites do not race for it.
  await installManifests(cluster, 'default-install');
  process.env.TEST_KUBECONFIG = cluster.kubeconfig;
  process.env.TEST_JOB_IMAGE = cluster.jobImage;
  process.env.TEST_KUBECTL = cluster.kubectl ?? 'kubectl';
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      void cluster.stop().finally(() => process.kill(process.pid, signal));
    });
  }
}
