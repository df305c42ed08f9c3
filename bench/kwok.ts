import { join } from 'node:path';
import { fingerprint, goBuild } from '../dev/cluster/build.ts';
import { builtOnce } from '../dev/cluster/cache.ts';
import { Component } from '../dev/cluster/component.ts';
import { poll } from '../dev/cluster/poll.ts';
import type { Progress } from '../dev/cluster/progress.ts';
import type { RawClient } from './raw.ts';

const HERE = join(import.meta.dirname, 'kwok');
const NODE = 'simulated';
const ANNOTATION = 'kwok.x-k8s.io/node';

/** The path of KWOK, built once for each content of bench/kwok/go.mod and go.sum. */
export async function buildKwok(progress: Progress): Promise<string> {
  const folder = await builtOnce(`kwok-${await fingerprint(HERE, ['go.sum', 'go.mod'])}`, (building) =>
    progress.step('Build KWOK from its Go module (the first time only: two minutes)', async () => {
      await goBuild(HERE, ['-ldflags', '-s -w', '-o', `${building}/`, 'sigs.k8s.io/kwok/cmd/kwok']);
    }),
  );
  return join(folder, 'kwok');
}

interface Options {
  /** Its log goes there. */
  logs: string;
  kubeconfig: string;
  onDeath: (why: string) => void;
}

/**
 * Starts KWOK, which simulates pods that run for a second (bench/kwok/stages.yaml), and creates its node. All other nodes are
 * cordoned, so every pod goes to it. Resolves when the node is Ready.
 */
export async function startKwok(program: string, raw: RawClient, { logs, kubeconfig, onDeath }: Options) {
  const command = [
    program,
    `--kubeconfig=${kubeconfig}`,
    `--config=${join(HERE, 'stages.yaml')}`,
    `--manage-nodes-with-annotation-selector=${ANNOTATION}=fake`,
    '--node-lease-duration-seconds=40',
    '--v=WARN',
  ];
  const kwok = new Component('kwok', command, { logs, onDeath });
  try {
    const { items } = await raw.request<{ items: { metadata: { name: string } }[] }>('GET', '/api/v1/nodes');
    for (const { metadata } of items) {
      await raw.mergePatch(`/api/v1/nodes/${metadata.name}`, { spec: { unschedulable: true } });
    }
    await raw.request('POST', '/api/v1/nodes', node());
    const ready = async () => (await isReady(raw)) || undefined;
    if (await poll(ready, { deadlineMs: 30_000 })) return kwok;
    throw new Error(`KWOK's node is not Ready after 30 s. The end of its log:\n${kwok.logTail()}`);
  } catch (error) {
    await kwok.stop();
    throw error;
  }
}

function node() {
  const capacity = { cpu: '100k', memory: '1Pi', pods: '100k' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: NODE, annotations: { [ANNOTATION]: 'fake' }, labels: { 'kubernetes.io/hostname': NODE } },
    status: { capacity, allocatable: capacity },
  };
}

interface Node {
  spec: { taints?: unknown[] };
  status: { conditions?: { type: string; status: string }[] };
}

/** Whether pods can be scheduled to the node: the taint of a node that is not Ready goes a moment after the condition. */
async function isReady(raw: RawClient): Promise<boolean> {
  const { spec, status } = await raw.request<Node>('GET', `/api/v1/nodes/${NODE}`);
  const ready = status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false;
  return ready && (spec.taints ?? []).length === 0;
}
