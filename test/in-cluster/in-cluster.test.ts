import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { accountKubeconfig } from '../../dev/cluster/install.ts';
import { testContract } from '../support/contract.ts';
import { EventReader } from '../support/event-reader.ts';
import { eventually } from '../support/eventually.ts';
import { ADMIN, type Product } from '../support/harness.ts';
import { kubectl as runKubectl } from '../support/kubectl.ts';
import { finalStatus, runOf, type Status, statusOf, trigger } from '../support/rest.ts';
import { apply, deployed, everything, kubectl, remove, rolledOut } from './deployment.ts';
import { testRollingRestart } from './rolling-restart.ts';

// These tests depend on their order: the first applies the manifests, the last deletes them.
let service: Product;
let ingress: Product;
let before: string[];
beforeAll(async () => {
  before = await everything();
}, 120_000);
afterAll(async () => {
  await service?.admin.close();
  await ingress?.admin.close();
});

test('kubectl apply -k on an empty cluster leads to the first SUCCESS through the ingress', async () => {
  const from = performance.now();
  await apply();
  ({ service, ingress } = await deployed());
  const [first] = await trigger(ingress, 'group_a');
  expect(await finalStatus(ingress, first!, 120_000)).toMatchObject({ state: 'SUCCESS' });
  process.stderr.write(
    `From kubectl apply to the first SUCCESS: ${((performance.now() - from) / 1000).toFixed(1)} s\n`,
  );
  await rolledOut();
}, 400_000);

describe('through the Service', () => testContract(() => service));

describe('through the ingress', () => {
  testContract(() => ingress, { proxied: true });

  test.each([
    ['/groups', 200],
    ['/docs', 200],
    ['/openapi.json', 200],
    ['/runs', 200],
    ['/me', 200],
    ['/groupsies', 404],
    ['/livez', 404],
    ['/readyz', 404],
    ['/metrics', 404],
  ])('%s is answered with %d', async (path, status) => {
    expect((await fetch(ingress.url + path)).status).toBe(status);
  });

  test('the web page is served with its script and its style sheet', async () => {
    const page = await (await fetch(ingress.url, { headers: { Accept: 'text/html' } })).text();
    const files = [...page.matchAll(/"(page\/[^"]+)"/g)].map(([, path]) => path!);
    const answers = await Promise.all(files.map((path) => fetch(`${ingress.url}/${path}`)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  });

  test('events arrive while the run is active, the last one at its end', async () => {
    const [path] = await trigger(ingress, 'group_a');
    const run = `${ingress.url}/runs/${runOf(path!)}`;
    const events = await EventReader.open(`${run}/events`);
    expect(await events.next()).toBeDefined();
    const { state } = (await (await fetch(run)).json()) as { state: string };
    expect(['PENDING', 'STARTED']).toContain(state);
    let last = '';
    for (let one = await events.next(); one; one = await events.next()) last = one.data;
    expect(JSON.parse(last)).toMatchObject({ state: 'SUCCESS' });
  });

  test('a followed log arrives while its job is active', async () => {
    const path = (await trigger(ingress, 'group_a'))[1]!;
    const log = await fetch(`${ingress.url}${path}/logs?follow=true`);
    const lines = log.body!.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
    expect((await lines.next()).value).toMatch(/\S/);
    const { state } = await statusOf(ingress, path);
    // A log can begin before STARTED is recorded.
    expect(['PENDING', 'STARTED']).toContain(state);
    await lines.return?.();
  });

  test('a wait is answered when the job is over', async () => {
    const [path] = await trigger(ingress, 'group_a');
    const status = (await (await fetch(`${ingress.url}${path}?wait=60s`)).json()) as Status;
    expect(status.state).toBe('SUCCESS');
  });
});

test("requests for the controller's lease have a priority level of their own", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'async-api-'));
  try {
    const kubeconfig = join(folder, 'kubeconfig');
    await accountKubeconfig(ADMIN, 'async-api', 'async-api-controller', kubeconfig);
    const uid = await kubectl('get', 'flowschema', 'async-api.leader-election', '-o', 'jsonpath={.metadata.uid}');
    const asking = ['-n', 'async-api', 'get', 'lease', 'async-api-controller', '-v=8'];
    // With -v=8 kubectl prints the headers of the answer, one of which names the FlowSchema.
    expect((await runKubectl(asking, { kubeconfig })).err.toLowerCase()).toContain(uid);
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe('a rolling restart of both Deployments under load', () => testRollingRestart(() => [ingress, service]));

test('kubectl delete -k during active runs completes and leaves nothing behind', async () => {
  const [path] = await trigger(ingress, 'group_a');
  await eventually(
    'a pod that runs',
    async () => {
      const { state } = await statusOf(ingress, path!);
      return state === 'STARTED' || undefined;
    },
    120_000,
  );
  await remove();
  expect(await everything()).toEqual(before);
}, 400_000);
