import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { accountKubeconfig, installManifests, NAMESPACE } from '../../dev/cluster/install.ts';
import { freePorts } from '../../dev/cluster/layout.ts';
import type { ImageName } from '../../dev/docker/images.ts';
import { blocksRunBy, ROOT } from '../support/doc-blocks.ts';
import { eventually } from '../support/eventually.ts';
import { ADMIN } from '../support/harness.ts';
import { imageOf } from '../support/image-container.ts';

const DOCKERFILES = ['api/Dockerfile', 'controller/Dockerfile', 'job-image/Dockerfile'].map((file) => ({
  file,
  text: readFileSync(join(ROOT, file), 'utf8'),
}));

/** Every `docker run` that a reader is told to type, with the lines it goes on over joined. */
const COMMANDS = [...blocksRunBy(import.meta.filename), ...DOCKERFILES].flatMap(({ file, text }) =>
  [...text.replaceAll(/\\\n#?\s*/g, '').matchAll(/\bdocker run .*/g)].map(([command]) => ({
    file,
    command: command.trim(),
  })),
);
const commandsFor = (image: ImageName) => COMMANDS.filter(({ command }) => command.includes(` ${imageOf(image)}`));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'async-api-commands-'));
  await chmod(folder, 0o755);
  await installManifests(ADMIN, NAMESPACE);
  for (const account of ['async-api', 'async-api-controller']) {
    await accountKubeconfig(ADMIN, NAMESPACE, account, join(folder, account));
    await chmod(join(folder, account), 0o644);
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs it in a shell. */
function start(command: string, env: Record<string, string> = {}) {
  const child = spawn('sh', ['-c', `exec ${command}`], { env: { ...process.env, ...env }, stdio: 'pipe' });
  const said = { output: '' };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said.output += chunk));
  return { child, said, ended: once(child, 'close').then(([code]) => code as number) };
}

const saysReady = (said: { output: string }, child: ChildProcess) =>
  eventually(`a ready line in: ${said.output}`, async () => {
    if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}: ${said.output}`);
    return /"message":"(listening|ready)"/.test(said.output) || undefined;
  });

test.each(commandsFor('job-image'))('$file: $command', async ({ command }) => {
  const { ended, said } = start(command);
  expect(await ended).toBe(0);
  expect(said.output).toMatch(/Done\.\n$/);
});

test.each(commandsFor('api'))('$file: $command', async ({ command }) => {
  const PORT = String((await freePorts(['api'])).api);
  const { child, ended, said } = start(command, { PORT, KUBECONFIG: join(folder, 'async-api') });
  await saysReady(said, child);
  expect((await fetch(`http://127.0.0.1:${PORT}/groups`)).status).toBe(200);
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
});

test.each(commandsFor('controller'))('$file: $command', async ({ command }) => {
  const { child, ended, said } = start(command, { KUBECONFIG: join(folder, 'async-api-controller') });
  await saysReady(said, child);
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
});
