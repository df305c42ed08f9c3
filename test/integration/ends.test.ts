// Real: the processes and the API server. Not real: the fault, which a preloaded module injects.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Service } from '../../scripts/service.ts';
import { Product } from '../support/harness.ts';

const BROKEN_WORKERS = join(import.meta.dirname, '../support/broken-workers.ts');

let product: Product;
beforeAll(async () => {
  product = await Product.install();
});
afterAll(() => product.uninstall());

/** Runs a process to its end. One that does not end fails the test by its timeout. */
async function endOf(name: 'api' | 'controller', logName: string, env: Record<string, string>) {
  const file = join(product.folder, logName);
  const account = name === 'api' ? 'async-api' : 'async-api-controller';
  const settings = { NAMESPACE: product.namespace, KUBECONFIG: join(product.folder, `${account}.kubeconfig`), ...env };
  const died = Promise.withResolvers<string>();
  new Service(name, settings, file, died.resolve);
  const why = await died.promise;
  const lines = (await readFile(file, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { why, lines };
}

const CONTROLLER = { JOB_IMAGE: 'none', LEASE_SECONDS: '2' };

test('a controller whose term fails does not stay, ready and idle: it gives up its lease and ends with code 1', async () => {
  const env = { ...CONTROLLER, NODE_OPTIONS: `--import ${BROKEN_WORKERS}` };
  const { why, lines } = await endOf('controller', 'broken.log', env);
  expect(why).toMatch(/^controller ended with 1\./);
  const messages = lines.map(({ message }) => message);
  expect(messages).toEqual(expect.arrayContaining(['ready', 'leading', 'stopped leading']));
  expect(lines.at(-1)).toMatchObject({ level: 'error', message: 'cannot go on', error: 'no workers today' });
  expect(messages.filter((one) => one === 'cannot go on')).toHaveLength(1);
});

test.each(['api', 'controller'] as const)(
  'the %s ends with code 1 if the port of its metrics is taken',
  async (name) => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const METRICS_PORT = String((taken.address() as AddressInfo).port);
    const CONFIG_FILE = join(import.meta.dirname, '../support/config.yaml');
    const env = name === 'api' ? { CONFIG_FILE, PORT: '0' } : CONTROLLER;
    const { why, lines } = await endOf(name, `${name}-taken.log`, { ...env, METRICS_PORT });
    taken.close();
    expect(why).toMatch(new RegExp(`^${name} ended with 1\\.`));
    expect(lines.at(-1)).toMatchObject({
      level: 'error',
      message: 'cannot go on',
      error: expect.stringMatching(/EADDRINUSE/),
    });
  },
);
