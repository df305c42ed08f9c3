import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type Cluster, startEmbedded } from './embedded.ts';
import { UserError } from './errors.ts';
import type { Progress } from './progress.ts';

export interface ClusterChoice {
  /** A context of the user's kubeconfig. The current context is used only by its name. */
  context?: string;
  /** The job image's name in that cluster. */
  jobImage?: string;
}

/**
 * The cluster to use: the chosen context, or else k3s if a Docker engine has or can pull it, or else the embedded one, whose
 * errors say what to install. Its files go into `folder`.
 */
export async function startCluster(
  choice: ClusterChoice,
  folder: string,
  progress: Progress,
  onDeath: (why: string) => void,
): Promise<Cluster> {
  if (choice.context) {
    if (!choice.jobImage) {
      throw new UserError(
        '--context also needs --job-image NAME: build it with `docker build -t NAME job-image`, then load it into the ' +
          'cluster (kind load docker-image NAME, minikube image load NAME) or push it to its registry.',
      );
    }
    const kubeconfig = process.env.KUBECONFIG || join(homedir(), '.kube/config');
    if (kubeconfig.includes(delimiter)) {
      throw new UserError(
        `Expected one file in KUBECONFIG with --context, got ${kubeconfig}: name the one that has it.`,
      );
    }
    return { kubeconfig, context: choice.context, jobImage: choice.jobImage, stop: async () => {} };
  }
  // A dynamic import: testcontainers takes a second to load, and most starts do not need it.
  if (process.env.DOCKER_HOST || dockerSocket()) {
    const k3s = await import('./k3s.ts');
    if (await k3s.k3sAvailable(progress)) return k3s.startK3s(folder, progress);
  }
  return startEmbedded(folder, progress, onDeath);
}

const dockerSocket = (): boolean =>
  ['/var/run/docker.sock', join(homedir(), '.docker/run/docker.sock')].some((path) => existsSync(path));
