import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { jobIdOf } from '../../client/index.ts';
import { accountToken, onRuns } from '../support/accounts.ts';
import { ROOT } from '../support/doc-blocks.ts';
import { eventually } from '../support/eventually.ts';
import { ADMIN, Product } from '../support/harness.ts';

const MAIN = join(ROOT, 'cli/main.ts');
const GROUPS = {
  group_a: { jobs: { first: { sleep: { seconds: 1 } }, second: { log: { lines: 3, intervalSeconds: 0.2 } } } },
  fails: { jobs: { bad: { sleep: { seconds: 1, failProbability: 1 } }, good: { sleep: { seconds: 1 } } } },
  long: { jobs: { sleeps: { sleep: { seconds: 120 } } } },
};

let product: Product;
let plugin: string;
/** Kubeconfigs of callers with different rights. */
let reader: string;
let operator: string;
beforeAll(async () => {
  product = await Product.install();
  plugin = join(product.folder, 'kubectl-async_api');
  const logs = { apiGroups: [''], resources: ['pods', 'pods/log'], verbs: ['get', 'list'] };
  await symlink(MAIN, plugin);
  [reader, operator] = await Promise.all([
    kubeconfig('reader', [onRuns(['get', 'list', 'watch'])]),
    kubeconfig('operator', [onRuns(['get', 'list', 'watch', 'patch']), logs]),
    product.startApi(await product.writeConfig({ groups: GROUPS })),
    product.startController(),
  ]);
});
afterAll(() => product.uninstall());

async function kubeconfig(account: string, rules: object[]): Promise<string> {
  const config = parse(await readFile(ADMIN.kubeconfig, 'utf8'));
  config.users = [{ name: account, user: { token: await accountToken(product, account, rules) } }];
  const current = config.contexts.find(({ name }: { name: string }) => name === config['current-context']);
  current.context = { ...current.context, user: account, namespace: product.namespace };
  const file = join(product.folder, `${account}.kubeconfig`);
  await writeFile(file, stringify({ ...config, contexts: [current] }), { mode: 0o600 });
  return file;
}

interface Running {
  child: ChildProcess;
  out(): string;
  err(): string;
  ended: Promise<{ code: number | null; out: string; err: string }>;
}

function start(program: string, args: string[], env: Record<string, string>): Running {
  const child = spawn(process.execPath, [program, ...args], {
    env: { PATH: process.env.PATH, HOME: product.folder, ...env },
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (text) => {
    out += text;
  });
  child.stderr.on('data', (text) => {
    err += text;
  });
  const ended = new Promise<{ code: number | null; out: string; err: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, out, err })),
  );
  return { child, out: () => out, err: () => err, ended };
}

const startRest = (...args: string[]) => start(MAIN, args, { ASYNC_API_SERVER: product.url });
const rest = (...args: string[]) => startRest(...args).ended;
const kubectl = (config: string, ...args: string[]) => start(plugin, args, { KUBECONFIG: config }).ended;
const started = async (group: string) => (await rest('trigger', group, '-o', 'name')).out.trim();

test('trigger --wait --logs ends with 0 when all jobs have succeeded, and prints their logs', async () => {
  const { code, out, err } = await rest('trigger', 'group_a', '--wait', '--logs');
  expect({ code, err }).toMatchObject({ code: 0, err: expect.stringContaining('group_a: 2/2 done') });
  expect(out).toMatch(/^\[second\] Line 1 of 3$/m);
  expect(out).toMatch(/^first +SUCCESS /m);
});

test('a run that fails ends with 1 and says why; its failed job can be run again', async () => {
  const failed = await rest('trigger', 'fails', '--wait', '-o', 'json');
  expect(failed).toMatchObject({ code: 1, err: expect.stringContaining('1 failed: bad Error') });
  const { id } = JSON.parse(failed.out) as { id: string };
  const again = await rest('rerun', id, '--failed', '--wait');
  expect(again).toMatchObject({ code: 1, out: expect.not.stringContaining('good') });
});

test('Ctrl-C while it waits cancels nothing and says how to; a cancelled run ends with 3', async () => {
  const waiting = startRest('trigger', 'long', '--wait');
  await eventually('its job to run', async () => waiting.err().includes('1 running') || undefined);
  waiting.child.kill('SIGINT');
  const { code, err } = await waiting.ended;
  expect(code).toBe(130);
  const id = /async-api cancel (\S+)/.exec(err)![1]!;
  expect((await rest('status', id)).out).toContain('STARTED');
  expect((await rest('wait', id, '--timeout', '1s')).code).toBe(3);
  expect((await rest('cancel', id)).code).toBe(0);
  expect((await rest('wait', id)).code).toBe(3);
});

test('logs -f prints a log to its end, the same over REST and over the Kubernetes API', async () => {
  const id = await started('group_a');
  const [byRest, byKubectl] = await Promise.all([
    rest('logs', '-f', jobIdOf(id, 2)),
    kubectl(operator, 'logs', '-f', jobIdOf(id, 2)),
  ]);
  expect(byRest).toMatchObject({ code: 0, out: expect.stringMatching(/^Line 1 of 3\n(.*\n)+Done\.\n$/) });
  expect(byKubectl).toEqual(byRest);
});

test('as a plugin of kubectl it shows the same runs and events, waits and cancels', async () => {
  const id = await started('fails');
  expect(await kubectl(reader, 'wait', id)).toMatchObject({ code: 1 });
  const both = async (...args: string[]) => [await rest(...args), await kubectl(reader, ...args)];
  for (const args of [
    ['run', id, '-o', 'json'],
    ['status', jobIdOf(id, 1), '-o', 'yaml'],
    ['runs', '-o', 'name'],
    ['events', id],
  ]) {
    const [byRest, byKubectl] = await both(...args);
    expect(byKubectl).toEqual(byRest);
  }
  const long = await started('long');
  expect(await kubectl(operator, 'cancel', long)).toMatchObject({ code: 0 });
  expect(await kubectl(reader, 'wait', long)).toMatchObject({ code: 3 });
});

test('as a plugin of kubectl it names the right that is missing', async () => {
  const id = await started('long');
  const refused = (sentence: string) => ({ code: 4, out: '', err: expect.stringContaining(sentence) });
  const { namespace } = product;
  expect(await kubectl(reader, 'cancel', id)).toMatchObject(
    refused(`You lack the right to patch groupruns.async-api.dev in namespace ${namespace}.`),
  );
  expect(await kubectl(reader, 'logs', jobIdOf(id, 1))).toMatchObject(
    refused(`You lack the right to list pods in namespace ${namespace}.`),
  );
  expect(await kubectl(reader, 'trigger', 'group_a', '--wait')).toMatchObject(
    refused(`You lack the right to create services/proxy of async-api:http in namespace ${namespace}`),
  );
  const { out } = await kubectl(reader, 'whoami', '-o', 'json');
  expect(JSON.parse(out)).toMatchObject({
    name: `system:serviceaccount:${namespace}:reader`,
    groups: expect.arrayContaining([{ name: 'long', trigger: false, see: true, cancel: false }]),
  });
});
