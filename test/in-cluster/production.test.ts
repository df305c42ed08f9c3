import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Agent, request } from 'undici';
import { createClient, type KubeClient } from '../../kube/client.ts';
import { blocksRunBy, ROOT } from '../support/doc-blocks.ts';
import { eventually } from '../support/eventually.ts';
import { ADMIN } from '../support/harness.ts';
import { copyProduction } from '../support/production-copy.ts';
import { kubectlEnvironment } from '../support/shell.ts';
import { typeBlocks } from '../support/type-blocks.ts';
import { VERSION } from '../support/version.ts';
import { emptyNode, fillNode } from './ballast.ts';
import { everything, kubectl } from './deployment.ts';
import { during, tally } from './load.ts';

const HOST = 'async-api.example.com';
const PORTS = {
  http: new URL(process.env.TEST_INGRESS_URL!).port,
  https: new URL(process.env.TEST_SECURE_INGRESS_URL!).port,
};
/** What differs here from the cluster of a reader. */
const HERE = {
  'REGISTRY=registry.example.com/team': 'REGISTRY=registry.invalid/async-api',
  [`TAG=${VERSION}`]: 'TAG=dev',
};
const STEPS = blocksRunBy(import.meta.filename);

// These tests depend on their order: the second follows the steps of docs/deploy.md except the last, which ends the last test.
let folder: string;
let environment: Record<string, string>;
let client: KubeClient;
let before: string[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'async-api-'));
  await symlink(ROOT, join(folder, 'async-api'));
  // curl finds the host of the example at Traefik.
  const connect = [`${HOST}:80:127.0.0.1:${PORTS.http}`, `${HOST}:443:127.0.0.1:${PORTS.https}`];
  await writeFile(
    join(folder, '.curlrc'),
    ['noproxy = "*"', ...connect.map((to) => `connect-to = "${to}"`)].join('\n'),
  );
  environment = { ...(await kubectlEnvironment({ namespace: 'default', folder })), CURL_HOME: folder };
  client = await createClient(ADMIN);
  before = await everything();
}, 120_000);
afterAll(async () => {
  await client.close();
  await rm(folder, { recursive: true });
});

const rolledOut = async (timeout: string) => {
  for (const name of ['async-api-controller', 'async-api'])
    await kubectl('rollout', 'status', `deployment/${name}`, `--timeout=${timeout}`);
};

test('a first rollout that fails does not block its fix on a full node', async () => {
  const [wrong, fixed] = [join(folder, 'wrong'), join(folder, 'fixed')];
  const dev = { [`newTag: ${VERSION}`]: 'newTag: dev' };
  const [api, controller, job] = ['api', 'controller', 'job-image'].map(
    (name) => `newName: registry.invalid/async-api/${name},`,
  );
  // Pods of the job image end at once without a job.
  await copyProduction(wrong, { ...dev, [api!]: job!, [controller!]: job! });
  await copyProduction(fixed, dev);
  await kubectl('apply', '-k', wrong);
  await eventually('five pods on the node', async () => {
    const nodes = await kubectl('get', 'pods', '-o', 'jsonpath={.items[*].spec.nodeName}');
    return nodes.split(' ').length === 5 || undefined;
  });
  await fillNode(client);
  try {
    await kubectl('apply', '-k', fixed);
    await rolledOut('120s');
  } finally {
    await emptyNode(client);
    await kubectl('delete', '-k', fixed, '--timeout=120s');
  }
}, 500_000);

const type = (blocks: typeof STEPS, cwd: string) =>
  typeBlocks(blocks, {
    adapt: (text) => Object.entries(HERE).reduce((done, [from, to]) => done.replace(from, to), text),
    environment,
    cwd,
    timeout: 500_000,
  });

test('the steps of docs/deploy.md lead to a run over TLS, a change of the groups, and back', async () => {
  expect(STEPS.length).toBeGreaterThan(8);
  expect(STEPS.at(-1)!.text).toBe('kubectl delete -k .\n');
  await type(STEPS.slice(0, -1), folder);
}, 520_000);

const newToken = async () =>
  (await kubectl('create', 'token', 'nightly-caller', '--audience', 'async-api', '--duration', '1h')).trim();

test('the token is not answered by the API over plain HTTP', async () => {
  const ask = (url: string, dispatcher?: Agent) =>
    newToken().then((token) =>
      request(`${url}/groups`, {
        headers: { host: HOST, authorization: `Bearer ${token}` },
        ...(dispatcher && { dispatcher }),
      }),
    );
  const plain = await ask(process.env.TEST_INGRESS_URL!);
  expect(plain.statusCode).toBe(404);
  expect(await plain.body.text()).toBe('404 page not found\n');
  const secure = trusting(await certificate());
  try {
    const { statusCode, body } = await ask(process.env.TEST_SECURE_INGRESS_URL!, secure);
    expect({
      statusCode,
      groups: ((await body.json()) as { groups: { name: string }[] }).groups.map(({ name }) => name),
    }).toEqual({ statusCode: 200, groups: ['nightly'] });
  } finally {
    await secure.close();
  }
}, 60_000);

/** A proxy that leads each connection to Traefik, as DNS would. */
async function proxyToTraefik() {
  const proxy = createServer().on('connect', (_request, client) => {
    const traefik = connect(Number(PORTS.https), '127.0.0.1');
    for (const socket of [client, traefik]) socket.on('error', () => {});
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    traefik.pipe(client).pipe(traefik);
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, close: () => proxy.close() };
}

test('the command line triggers the group over TLS with the token of the caller, and waits for its end', async () => {
  const proxy = await proxyToTraefik();
  try {
    const env = {
      PATH: process.env.PATH,
      NODE_USE_ENV_PROXY: '1',
      HTTPS_PROXY: proxy.url,
      NODE_EXTRA_CA_CERTS: join(folder, 'production/tls.crt'),
      ASYNC_API_SERVER: `https://${HOST}`,
      ASYNC_API_TOKEN: await newToken(),
    };
    const args = [join(ROOT, 'cli/main.ts'), 'trigger', 'nightly', '--wait', '-o', 'json'];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env, timeout: 60_000 });
    expect(JSON.parse(stdout)).toMatchObject({ group: 'nightly', state: 'SUCCESS' });
  } finally {
    proxy.close();
  }
}, 90_000);

const certificate = () => readFile(join(folder, 'production/tls.crt'), 'utf8');
/** An agent that accepts this certificate only, which must be that of the host. */
const trusting = (ca: string) => new Agent({ connect: { ca, servername: HOST } });

test('no request fails during a rolling restart, though one of three replicas may be missing', async () => {
  const token = await newToken();
  const agent = trusting(await certificate());
  const ask = async (): Promise<{ outcome: string }> => {
    try {
      const options = { dispatcher: agent, headers: { host: HOST, authorization: `Bearer ${token}` } };
      const { statusCode, body } = await request(`${process.env.TEST_SECURE_INGRESS_URL}/groups`, options);
      await body.dump();
      return { outcome: String(statusCode) };
    } catch (error) {
      return { outcome: String(error) };
    }
  };
  try {
    const restart = async () => {
      await kubectl('rollout', 'restart', 'deployment/async-api', 'deployment/async-api-controller');
      await rolledOut('180s');
    };
    const answers = await during(Promise.all([restart(), sleep(10_000)]), 20, ask);
    expect(tally(answers)).toEqual({ 200: answers.length });
  } finally {
    await agent.close();
  }
}, 300_000);

test('the last step leaves nothing behind', async () => {
  await type(STEPS.slice(-1), join(folder, 'production'));
  expect(await everything()).toEqual(before);
}, 300_000);
