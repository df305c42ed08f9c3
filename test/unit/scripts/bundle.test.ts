import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { boundsText } from '../../support/open-catalog.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../../..');
// Jest's own options would make the child load what it does not have.
const { NODE_OPTIONS: _, ...env } = process.env;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'async-api-bundle-'));
  await run(process.execPath, [join(ROOT, 'scripts/bundle.ts'), '--out', folder], { env });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const textOf = (name: string) => readFile(join(folder, `${name}.mjs`), 'utf8');

test.each([
  ['api', 'The REST service of Async API'],
  ['controller', 'Makes the Jobs of GroupRuns'],
])('%s is one file that runs alone in an empty folder', async (name, says) => {
  const empty = await mkdtemp(join(tmpdir(), 'async-api-alone-'));
  try {
    await copyFile(join(folder, `${name}.mjs`), join(empty, 'main.mjs'));
    const { stdout, stderr } = await run(process.execPath, ['main.mjs', '--help'], { cwd: empty, env });
    expect(stdout).toMatch(new RegExp(`^${says}`));
    expect(stderr).toBe('');
  } finally {
    await rm(empty, { recursive: true, force: true });
  }
});

test.each(['api', 'controller'])(
  '%s has neither the models nor the calls of client-node, nor the languages of zod',
  async (name) => {
    const modules = (await textOf(name)).match(/^\/\/ node_modules\/.*/gm);
    expect(modules).toContain('// node_modules/@kubernetes/client-node/dist/config.js');
    expect(
      modules?.filter((module) =>
        /client-node\/dist\/(gen\/(models|apis)|watch|informer)|zod\/v4\/locales\/(?!en)/.test(module),
      ),
    ).toEqual([]);
  },
);

test.each(['api', 'controller'])('%s is ASCII, which V8 keeps in one byte a character', async (name) => {
  expect((await textOf(name)).match(/\P{ASCII}.*/u)).toBeNull();
});

test.each(['api', 'controller'])(
  '%s says in its log or on stderr why it cannot start, and misses no module',
  async (name) => {
    const settings = { ...env, KUBECONFIG: join(folder, 'none'), JOB_IMAGE: 'some/image', CONFIG_FILE: 'none.yaml' };
    const ended = run(process.execPath, [join(folder, `${name}.mjs`)], { cwd: folder, env: settings });
    const { stdout, stderr, code } = await ended.then(
      () => {
        throw new Error('Expected it to end without a cluster');
      },
      (error: { stdout: string; stderr: string; code: number }) => error,
    );
    expect(code).toBe(1);
    expect(stdout + stderr).toMatch(/none/);
    expect(stdout + stderr).not.toMatch(/Cannot find|is not defined|Dynamic require/);
  },
);

test('the bundled api reads its groups in a thread that runs the same file', async () => {
  const config = join(folder, '..', `${basename(folder)}.yaml`);
  const bounds = join(folder, '..', `${basename(folder)}-bounds.yaml`);
  const start = () =>
    run(process.execPath, [join(folder, 'api.mjs')], {
      cwd: folder,
      env: { ...env, KUBECONFIG: join(folder, 'no-kubeconfig'), CONFIG_FILE: config, BOUNDS_FILE: bounds },
    }).catch((error: { stdout: string; stderr: string }) => error);
  try {
    await writeFile(bounds, boundsText());
    await writeFile(config, 'groups: 5');
    expect((await start()).stderr).toBe(
      `${config} cannot be used:\nExpected \`groups:\` with a group for each name, got 5 (line 1).\n`,
    );
    await writeFile(config, 'groups: { one: {}, two: {} }');
    const { stdout } = await start();
    expect(stdout.split('\n').filter((line) => line.includes('"groups":2'))).toHaveLength(1);
  } finally {
    for (const file of [config, bounds]) await rm(file, { force: true });
  }
});

test('the thread reads the groups, and does not start a second api', async () => {
  const worker = new Worker(join(folder, 'api.mjs'), {
    workerData: { texts: { config: 'groups: 5', bounds: boundsText() } },
    env: { ...env, CONFIG_FILE: 'none.yaml' },
    stderr: true,
  });
  const [messages, errors]: [unknown[], string[]] = [[], []];
  worker.on('message', (message) => messages.push(message));
  worker.stderr.on('data', (chunk) => errors.push(String(chunk)));
  const code = await new Promise((resolve) => worker.once('exit', resolve));
  const problem = 'Expected `groups:` with a group for each name, got 5 (line 1).';
  expect({ code, messages, errors }).toEqual({ code: 0, messages: [{ problem, line: 1, file: 'config' }], errors: [] });
});

test('the command line is one file that runs by its name, also from an empty folder', async () => {
  const empty = await mkdtemp(join(tmpdir(), 'async-api-alone-'));
  try {
    await copyFile(join(folder, 'cli.mjs'), join(empty, 'async-api'));
    // A bare name, as `env` finds the node of the PATH.
    const PATH = `${dirname(process.execPath)}:${process.env.PATH}`;
    const { stdout, stderr } = await run(join(empty, 'async-api'), ['--help'], { cwd: empty, env: { ...env, PATH } });
    expect(stdout).toMatch(/^Usage: async-api /);
    expect(stderr).toBe('');
    await writeFile(join(empty, 'config.yaml'), 'groups: { a: { jobs: 5 } }');
    const checked = await run(join(empty, 'async-api'), ['check', 'config.yaml', '-o', 'json'], {
      cwd: empty,
      env: { ...env, PATH },
    }).catch((error: { code: number; stdout: string }) => error);
    expect(checked).toMatchObject({ code: 1, stdout: expect.stringContaining('groups.a.jobs') });
  } finally {
    await rm(empty, { recursive: true, force: true });
  }
});

test('the command line is a plugin of kubectl by its name, and misses no module there', async () => {
  const plugin = join(folder, '..', `kubectl-${basename(folder)}`);
  await symlink(join(folder, 'cli.mjs'), plugin);
  try {
    const { KUBECONFIG: __, ...rest } = env;
    const ended = await run(process.execPath, [plugin, 'runs'], { env: { ...rest, HOME: folder } }).catch(
      (error) => error,
    );
    expect(ended).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(`${folder}/.kube/config`) });
    expect((await run(process.execPath, [plugin, '--help'], { env })).stdout).toMatch(/^Usage: kubectl async-api /);
  } finally {
    await rm(plugin);
  }
});

test('the library has nothing of Node or of the service', async () => {
  const text = await textOf('client');
  expect(text).not.toMatch(/node:|require|node_modules/);
  expect(await import(join(folder, 'client.mjs'))).toMatchObject({ createClient: expect.any(Function) });
});

test('only the programs, the library and the page are written', async () => {
  expect((await readdir(folder)).sort()).toEqual(['api.mjs', 'cli.mjs', 'client.mjs', 'controller.mjs', 'page']);
});
