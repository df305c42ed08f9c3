import { homedir } from 'node:os';
import { join } from 'node:path';
import { openClient } from '../../kube/client.ts';
import { connect } from '../../kube/connection.ts';
import { createPodLogs } from '../../kube/pod-logs.ts';
import { usageError } from '../exit.ts';
import type { Io } from '../io.ts';
import type { Flavour } from '../program.ts';
import type { Connected } from '../service.ts';
import { KubeService } from './kube-service.ts';
import { serviceProxy } from './service-proxy.ts';

interface KubectlOptions {
  kubeconfig?: string;
  context?: string;
  namespace?: string;
}

const DEFAULT_NAMESPACE = 'async-api';

/** The commands over the Kubernetes API, as a plugin of kubectl. */
export const KUBECTL: Flavour<KubectlOptions> = {
  name: 'kubectl async-api',
  description: 'Follow groups of jobs on Kubernetes, with your kubeconfig and your rights.',
  addFlags: (program) =>
    program
      .option('--kubeconfig <file>', 'the kubeconfig (KUBECONFIG; ~/.kube/config)')
      .option('--context <name>', 'a context of it')
      .option('-n, --namespace <name>', `that of the context, else ${DEFAULT_NAMESPACE}`),
  connect: connectToCluster,
};

async function connectToCluster({ context, ...options }: KubectlOptions, io: Io): Promise<Connected> {
  // Where KUBECONFIG is set, it may list several files.
  const kubeconfig = options.kubeconfig ?? (io.env.KUBECONFIG ? undefined : join(homedir(), '.kube/config'));
  const connection = await connect({ ...(kubeconfig && { kubeconfig }), ...(context && { context }) }).catch(
    (error) => {
      throw usageError(`${(error as Error).message}.`);
    },
  );
  const namespace = options.namespace ?? connection.namespace ?? DEFAULT_NAMESPACE;
  const client = openClient(connection, {});
  const logs = createPodLogs(connection, namespace);
  const proxy = serviceProxy(connection, namespace);
  return {
    service: new KubeService(client, logs, proxy.calls, namespace),
    server: connection.server,
    close: async () => {
      await Promise.all([client.close(), logs.close(), proxy.close()]);
    },
  };
}
