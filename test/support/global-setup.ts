import { join } from 'node:path';
import { startCluster } from '../../dev/cluster/choose.ts';
import type { Cluster } from '../../dev/cluster/embedded.ts';
import { buildHelm, canBuildHelm } from '../../dev/cluster/helm.ts';
import { installManifests } from '../../dev/cluster/install.ts';
import { Progress } from '../../dev/cluster/progress.ts';
import { buildPage } from '../../scripts/page.ts';
import { type Deployable, startDeployable } from './deployable.ts';
import { python } from './python.ts';

const CLUSTERS = join(import.meta.dirname, '../../.cluster');
const onDeath = (why: string) => void process.stderr.write(`\n${why}\n`);

/**
 * Starts one cluster for all suites, unless only unit tests run. Each suite has its own namespace. The ring in-cluster runs
 * alone, because it also applies and deletes cluster-wide objects.
 */
export default async function setup(): Promise<void> {
  const rings = (process.env.RINGS ?? '').split(' ');
  process.stderr.write('\n');
  if (rings.includes('in-cluster')) {
    if (rings.length > 1) throw new Error('Expected in-cluster alone: it deletes what other rings need');
    use(await startDeployable(join(CLUSTERS, 'in-cluster'), new Progress(), onDeath));
  } else if (rings.some((ring) => ['integration', 'e2e', 'browser', 'images'].includes(ring))) {
    const [cluster] = await Promise.all([
      startCluster({}, join(CLUSTERS, 'test'), new Progress(), onDeath),
      // Installed once here. After a failure each suite that needs it tries again and reports the error.
      rings.includes('e2e') && python().catch(() => {}),
      rings.includes('browser') && buildPage(),
      rings.includes('integration') && canBuildHelm() && buildHelm(new Progress()).catch(() => {}),
    ]);
    use(cluster);
    // The CRD is cluster-wide: suites would race for it.
    await installManifests(cluster, 'default-install');
  }
}

function use(cluster: Cluster & Partial<Deployable>): void {
  (globalThis as { cluster?: Cluster }).cluster = cluster;
  process.env.TEST_KUBECONFIG = cluster.kubeconfig;
  process.env.TEST_JOB_IMAGE = cluster.jobImage;
  process.env.TEST_KUBECTL = cluster.kubectl ?? 'kubectl';
  if (cluster.ingressUrl) process.env.TEST_INGRESS_URL = cluster.ingressUrl;
  if (cluster.secureIngressUrl) process.env.TEST_SECURE_INGRESS_URL = cluster.secureIngressUrl;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      void cluster.stop().finally(() => process.kill(process.pid, signal));
    });
  }
}
