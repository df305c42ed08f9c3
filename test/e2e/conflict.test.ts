import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { jobId, newRunId } from '../../contract/ids.ts';
import { statusAnswer } from '../fault-proxy/answer.ts';
import type { FaultProxy } from '../fault-proxy/proxy.ts';
import { proxied } from '../support/behind-proxy.ts';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/harness.ts';
import { mergePatch } from '../support/merge-patch.ts';
import { finalStatus, idOf, statusWithReason, trigger } from '../support/rest.ts';

let product: Product;
let proxy: FaultProxy;
beforeAll(async () => {
  product = await Product.install();
  const behind = await proxied(product, 'async-api-controller');
  proxy = behind.proxy;
  const groups = {
    long: { jobs: { one: { sleep: { seconds: 600 } } } },
  };
  const file = await product.writeConfig({ groups });
  await Promise.all([
    product.startApi(file),
    product.startController({ KUBECONFIG: behind.kubeconfig, JOB_TTL_SECONDS: '2' }),
  ]);
});
afterAll(async () => {
  await product.uninstall();
  await proxy.close();
});

/** Answers the next matching call with a conflict, as the API server does after a concurrent write. */
function conflictAt(method: string, text: string): { injected: () => boolean } {
  let injected = false;
  proxy.faults.add({
    matches: ({ label }) => !injected && label.startsWith(`${method} jobs`) && label.includes(text),
    inject: async (exchange) => {
      injected = true;
      exchange.answer(statusAnswer(409, 'Conflict'));
    },
  });
  return { injected: () => injected };
}
const jobOf = (path: string) => product.admin.request('GET', product.jobsPath(idOf(path)));

test('a job is stopped, and its Job deleted after the end of the run, although the first write of each meets a conflict', async () => {
  const [path] = await trigger(product, 'long');
  await eventually('its Job', () => jobOf(path!).catch(() => undefined));
  const conflicts = [conflictAt('PATCH', 'suspend'), conflictAt('DELETE', '')];
  await fetch(`${product.url}${path}/cancel`, { method: 'POST' });
  expect(await finalStatus(product, path!)).toMatchObject({ state: 'REVOKED', reason: 'Cancelled' });
  await eventually('no Job', () =>
    jobOf(path!).then(
      () => undefined,
      () => true,
    ),
  );
  expect(conflicts.map(({ injected }) => injected())).toEqual([true, true]);
});

test('a job waits for the deletion of a Job that an earlier run of this name has left', async () => {
  const base = newRunId();
  const id = jobId(base, 1);
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'one', image: 'none' }] } };
  const owner = {
    apiVersion: 'async-api.dev/v1alpha1',
    kind: 'GroupRun',
    name: base,
    uid: randomUUID(),
    controller: true,
  };
  await product.admin.request('POST', product.jobsPath(), {
    body: {
      // The finalizer keeps the garbage collector from deleting it.
      metadata: { name: id, finalizers: ['async-api.dev/test'], ownerReferences: [owner] },
      spec: { suspend: true, template },
    },
  });
  const limits = { activeDeadlineSeconds: 60, pendingDeadlineSeconds: 60, backoffLimit: 0 };
  const spec = { group: 'g', jobs: [{ name: 'one', sleep: { seconds: 0 }, ...limits }] };
  await product.createRun(spec, base);
  expect(await statusWithReason(product, `/status/${id}`)).toMatchObject({
    state: 'PENDING',
    reason: 'FailedCreate',
    message: expect.stringMatching(/earlier run/),
  });
  await mergePatch(product.admin, product.jobsPath(id), { metadata: { finalizers: null } });
  expect(await finalStatus(product, `/status/${id}`)).toEqual({ state: 'SUCCESS', task_id: id });
});
