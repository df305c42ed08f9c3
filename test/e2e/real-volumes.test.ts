import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Product } from '../support/harness.ts';
import {
  createObjects,
  ERROR_OF,
  mounts,
  outputs,
  printed,
  printing,
  realPod,
  startWithin,
  TEXT,
} from '../support/real-pods.ts';
import { trigger } from '../support/rest.ts';

/** Waits until the other job of the run has written as well. */
const scratch = {
  container: {
    command: [
      'node',
      '-e',
      `const fs = require('node:fs');
       fs.writeFileSync('/scratch/' + process.env.ASYNC_API_JOB_ID, '');
       setTimeout(() => console.log(JSON.stringify(fs.readdirSync('/scratch'))), 3000);`,
    ],
    volumeMounts: mounts('scratch'),
  },
  volumes: [{ name: 'scratch', emptyDir: { sizeLimit: '5Mi' } }],
};
const claimed = (claimName: string, expression: string) => ({
  container: { ...printing(expression), volumeMounts: mounts('data') },
  volumes: [{ name: 'data', persistentVolumeClaim: { claimName, readOnly: claimName === 'read' } }],
  pod: { securityContext: { fsGroup: 3000 } },
});

const GROUPS = {
  scratch: { jobs: { one: scratch, two: scratch } },
  empty: { jobs: { one: claimed('read', "fs.readdirSync('/data')") } },
  write: { jobs: { one: claimed('write', "fs.writeFileSync('/data/kept', 'by a job') ?? 'written'") } },
  read: {
    jobs: { one: claimed('read', `[${TEXT('/data/kept')}, ${ERROR_OF("fs.writeFileSync('/data/kept', '')")}]`) },
  },
};

/** A claim and its volume. */
function claim(product: Product, name: string, source: object): object[] {
  const size = { storage: '1Mi' };
  const common = { accessModes: ['ReadWriteOnce'], storageClassName: '' };
  const volume = `${product.namespace}-${name}`;
  return [
    {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: volume },
      spec: { ...common, capacity: size, persistentVolumeReclaimPolicy: 'Retain', ...source },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name },
      spec: { ...common, resources: { requests: size }, volumeName: volume },
    },
  ];
}

let product: Product;
let deleteObjects: (() => Promise<void>) | undefined;
beforeAll(async () => {
  product = await Product.install();
  // Of a folder that the kubelet makes: of a local volume, it gives fsGroup the right to write.
  const folder = join(product.folder, 'claimed');
  const everyNode = { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'Exists' }] };
  deleteObjects = await createObjects(product, [
    ...claim(product, 'read', { hostPath: { path: folder, type: 'DirectoryOrCreate' } }),
    ...claim(product, 'write', {
      local: { path: folder },
      nodeAffinity: { required: { nodeSelectorTerms: [everyNode] } },
    }),
  ]);
  await startWithin(product, { persistentVolumeClaims: 'read write' }, JSON.stringify({ groups: GROUPS }));
}, 120_000);
afterAll(async () => {
  await deleteObjects?.();
  await product.uninstall();
});

test('two jobs of a run share no scratch space, and each has its limit', async () => {
  const paths = await trigger(product, 'scratch');
  const seen = await Promise.all(paths.map((path) => printed(product, path)));
  expect(seen).toEqual(paths.map((path) => [path.split('/').at(-1)]));
  for (const path of paths) {
    const { spec } = await realPod(product, path);
    expect(spec.volumes).toEqual([{ name: 'scratch', emptyDir: { sizeLimit: '5Mi' } }]);
  }
});

test('what a job writes to a claim, a later one reads, and cannot change where it mounts it to read only', async () => {
  expect(await outputs(product, 'empty')).toEqual([[]]);
  expect(await outputs(product, 'write')).toEqual(['written']);
  expect(await outputs(product, 'read')).toEqual([['by a job', 'EROFS']]);
});
