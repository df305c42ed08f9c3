import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { GroupRun } from '../../contract/group-run.ts';
import { runStatus } from '../../controller/decide/run-status.ts';
import { StatusWriter } from '../../controller/status-writer.ts';
import type { KubeClient } from '../../kube/client.ts';
import { definition } from '../support/builders.ts';
import { Product } from '../support/harness.ts';
import { mergePatch } from '../support/merge-patch.ts';

let product: Product;
let controller: KubeClient;
beforeAll(async () => {
  product = await Product.install();
  controller = await product.as('async-api-controller');
});
afterAll(async () => {
  await controller.close();
  await product.uninstall();
});

const AUDITED = {
  type: 'Audited',
  status: 'True',
  reason: 'Audited',
  message: 'by others',
  lastTransitionTime: '2026-11-25T19:00:00Z',
};

/** A stored run with metadata and a condition of others, and a writer with the controller's own rights. */
async function start() {
  const { metadata } = await product.createRun({
    group: 'group_a',
    jobs: [definition()],
    parameters: { WHO: 'world' },
  });
  const path = product.runsPath(metadata.name);
  const marks = { labels: { team: 'a' }, annotations: { note: 'b' }, finalizers: ['example.com/audit'] };
  await mergePatch(product.admin, path, { metadata: marks });
  const run = await mergePatch<GroupRun>(product.admin, `${path}/status`, {
    status: { state: 'PENDING', conditions: [AUDITED] },
  });
  const requeued: number[] = [];
  const writer = new StatusWriter({
    client: controller,
    path: product.runsPath(),
    runs: { get: () => run },
    onStatusWritten: () => {},
    requeueAfter: (_name, ms) => void requeued.push(ms),
    writeOptions: () => ({}),
    log: () => {},
  });
  const stored = () => product.admin.request<GroupRun>('GET', path);
  const remove = () => mergePatch(product.admin, path, { metadata: { finalizers: null } });
  return { path, run, writer, requeued, stored, remove };
}

const started = (run: GroupRun) => runStatus(run, [{ name: definition().name, state: 'STARTED' }], new Date());
/** What no status write may change. */
function rest({ metadata, spec }: GroupRun) {
  const { resourceVersion, managedFields, ...kept } = metadata as GroupRun['metadata'] & { managedFields?: unknown };
  return { metadata: kept, spec };
}

test('a status write stores the status and leaves all else as it is', async () => {
  const { run, writer, stored, remove } = await start();
  const wanted = started(run);
  await writer.write(run, wanted);
  const after = await stored();
  expect(after.status).toEqual(JSON.parse(JSON.stringify(wanted)));
  expect(after.status?.conditions).toContainEqual(AUDITED);
  expect(rest(after)).toEqual(rest(run));
  await remove();
});

test('a status that was decided on an older version is not stored, and the run is requeued', async () => {
  const { path, run, writer, requeued, stored, remove } = await start();
  await mergePatch(product.admin, path, { spec: { cancel: true } });
  const before = await stored();
  await writer.write(run, started(run));
  expect(await stored()).toEqual(before);
  expect(requeued).toHaveLength(1);
  const newest = writer.stored(run.metadata.name)!;
  expect(newest.spec.cancel).toBe(true);
  await writer.write(newest, started(newest));
  expect((await stored()).status?.state).toBe('STARTED');
  await remove();
});
