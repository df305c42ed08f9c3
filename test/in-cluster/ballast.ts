import { paths } from '../../contract/paths.ts';
import { PAUSE_IMAGE } from '../../dev/cluster/node.ts';
import type { KubeClient } from '../../kube/client.ts';
import { kubectl, toInput } from '../support/kubectl.ts';

const POD = { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'ballast', namespace: 'default' } };
/** In thousandths of a CPU; less than any pod of the product requests. */
const LEFT = 50;

interface PodRequests {
  spec: { containers: { resources?: { requests?: { cpu?: string } } }[] };
  status: { phase: string };
}

/** In thousandths of a CPU. */
const milli = (cpu = '0'): number => (cpu.endsWith('m') ? Number(cpu.slice(0, -1)) : Number(cpu) * 1000);

/** Fills the only node with a pod that nothing preempts, so that no further pod of the product fits. */
export async function fillNode(client: KubeClient): Promise<void> {
  const nodes = await client.request<{ items: { status: { allocatable: { cpu: string } } }[] }>('GET', '/api/v1/nodes');
  const pods = await client.request<{ items: PodRequests[] }>('GET', '/api/v1/pods');
  const used = pods.items
    .filter(({ status }) => !['Succeeded', 'Failed'].includes(status.phase))
    .flatMap(({ spec }) => spec.containers.map(({ resources }) => milli(resources?.requests?.cpu)));
  const free = milli(nodes.items[0]!.status.allocatable.cpu) - used.reduce((sum, cpu) => sum + cpu, 0);
  const resources = { requests: { cpu: `${free - LEFT}m` } };
  const containers = [{ name: 'ballast', image: PAUSE_IMAGE, resources }];
  const pod = { ...POD, spec: { priorityClassName: 'system-cluster-critical', containers } };
  await kubectl(['apply', '-f', '-'], { input: toInput([pod]) });
  await kubectl(['wait', '--for=condition=Ready', '-n', 'default', 'pod/ballast', '--timeout=60s']);
}

export const emptyNode = (client: KubeClient): Promise<unknown> =>
  client.request('DELETE', `${paths('default').pods}/ballast`, { query: { gracePeriodSeconds: 0 } });
