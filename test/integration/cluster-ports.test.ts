import { readdir, readFile, stat } from 'node:fs/promises';
import { request as overHttp } from 'node:http';
import { request as overTls } from 'node:https';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { leftLayout, processesOf } from '../../dev/cluster/clean.ts';
import { bridgeIp } from '../../dev/cluster/layout.ts';
import { ADMIN } from '../support/harness.ts';
import { type Listener, listenersOf } from '../support/listeners.ts';

const FOLDER = dirname(ADMIN.kubeconfig);
const layout = await leftLayout(FOLDER);
if (!layout)
  process.stderr.write('Not run: test/integration/cluster-ports, since the cluster is not the embedded one\n');

const NO_ANSWER = 'no answer';
/** A path of each component that answers 200 where a caller needs no credentials. */
const PATHS: Record<string, string> = { etcd: '/version', kubelet: '/pods', containerd: '/' };

interface Call {
  method?: string;
  path: string;
  body?: string;
  /** The client's certificate; none by default. */
  cert?: Buffer;
  key?: Buffer;
}

/** The status of a response; NO_ANSWER if the connection ends without one. */
const statusOf = (
  { address, port }: Listener,
  send: typeof overTls,
  { body, ...call }: Call,
): Promise<number | string> =>
  new Promise((resolve) => {
    const options = { ...call, host: address, port, rejectUnauthorized: false, agent: false, timeout: 5000 };
    const request = send(options, (response) => {
      response.resume();
      resolve(response.statusCode!);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(NO_ANSWER));
    request.end(body);
  });

/** Requests to where etcd takes writes: its gRPC gateway on the client port, and messages of members on the peer port. */
const WRITES = [
  { method: 'POST', path: '/v3/kv/put', body: '{"key":"eA==","value":"eA=="}' },
  { method: 'POST', path: '/raft', body: 'x' },
];

(layout ? describe : describe.skip)('the embedded cluster', () => {
  let listeners: Listener[];
  beforeAll(async () => {
    const found = await Promise.all((await processesOf(FOLDER)).map((pid) => listenersOf(pid).catch(() => [])));
    // The APIs of other tests use this cluster too.
    listeners = found.flat().filter(({ program }) => program !== 'node');
  });

  /** What each port answers, by its name in the layout. */
  async function byPort<T>(ask: (listener: Listener) => Promise<T>): Promise<Record<string, T>> {
    const names = new Map(Object.entries(layout!.ports).map(([name, port]) => [port, name]));
    const answers = listeners.map(async (one) => [names.get(one.port) ?? one.program, await ask(one)] as const);
    return Object.fromEntries(await Promise.all(answers));
  }

  test('listens only on loopback and on its bridge', async () => {
    const loopback = '127.0.0.1';
    expect(await byPort(async ({ address }) => address)).toEqual({
      etcd: loopback,
      etcdPeer: loopback,
      apiserver: loopback,
      controllerManager: loopback,
      scheduler: loopback,
      kubelet: bridgeIp(layout!),
      kubeletHealth: loopback,
      containerd: loopback,
    });
  });

  test('serves only health to a caller without credentials', async () => {
    const answers = byPort(async (one) => {
      const call = { path: PATHS[one.program] ?? '/metrics' };
      return [await statusOf(one, overTls, call), await statusOf(one, overHttp, call)];
    });
    expect(await answers).toEqual({
      etcd: [NO_ANSWER, NO_ANSWER],
      etcdPeer: [NO_ANSWER, NO_ANSWER],
      // Go's answer to HTTP on a port of TLS is 400.
      apiserver: [403, 400],
      controllerManager: [403, 400],
      scheduler: [403, 400],
      kubelet: [401, 400],
      // It has only /healthz.
      kubeletHealth: [NO_ANSWER, 404],
      // The paths of its streams are random.
      containerd: [NO_ANSWER, 404],
    });
  });

  test('takes no write to etcd without a client certificate', async () => {
    const [cert, key] = await Promise.all(['crt', 'key'].map((end) => readFile(join(FOLDER, `pki/server.${end}`))));
    const etcd = listeners.filter(({ program }) => program === 'etcd');
    expect(etcd).toHaveLength(2);
    for (const one of etcd) {
      for (const write of WRITES) {
        expect(await statusOf(one, overTls, write)).toBe(NO_ANSWER);
        expect(await statusOf(one, overHttp, write)).toBe(NO_ANSWER);
      }
      expect(await statusOf(one, overTls, { path: '/version', cert: cert!, key: key! })).toBe(200);
    }
  });

  test('has no secret that other users can read', async () => {
    const below = async (name: string) => (await readdir(join(FOLDER, name))).map((entry) => join(name, entry));
    const kubeconfigs = (await readdir(FOLDER)).filter((name) => name.endsWith('kubeconfig'));
    const names = [
      '.',
      'layout.json',
      'etcd',
      'pki',
      'logs',
      ...kubeconfigs,
      ...(await below('pki')),
      ...(await below('logs')),
    ];
    expect(names).toContain('pki/server.key');
    for (const name of names) {
      const { mode } = await stat(join(FOLDER, name));
      expect([name, (mode & 0o077).toString(8)]).toEqual([name, '0']);
    }
  });
});
