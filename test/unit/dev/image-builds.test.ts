import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ROOT } from '../../support/doc-blocks.ts';
import { VERSION } from '../../support/version.ts';

const run = promisify(execFile);
/** In place of Docker's client: notes its arguments and the time that it is given, and names a digest. */
const DOCKER = `#!/usr/bin/env node
const { appendFileSync, writeFileSync } = require('node:fs');
const args = process.argv.slice(2);
appendFileSync(process.env.NOTES, JSON.stringify({ args, epoch: process.env.SOURCE_DATE_EPOCH }) + '\\n');
const metadata = args[args.indexOf('--metadata-file') + 1];
if (args.includes('--metadata-file')) writeFileSync(metadata, JSON.stringify({ 'containerimage.digest': 'sha256:12ab' }));
if (args[0] === 'network') console.log('bridge');
if (args.includes('{{.Size}}')) console.log('1000000');
`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'async-api-docker-'));
  await writeFile(join(folder, 'docker'), DOCKER);
  await chmod(join(folder, 'docker'), 0o755);
});
afterEach(() => rm(folder, { recursive: true }));

/** What `npm run images:build` prints, and the builds that it asks Docker for. */
async function imagesBuild(args: string[], env: Record<string, string> = {}) {
  const { NODE_OPTIONS: _, SOURCE_DATE_EPOCH: __, ...inherited } = process.env;
  const PATH = `${folder}${delimiter}${process.env.PATH}`;
  const notes = join(folder, 'notes');
  const program = join(ROOT, 'dev/docker/images.ts');
  const options = { env: { ...inherited, PATH, NOTES: notes, ...env } };
  const { stdout } = await run(process.execPath, [program, ...args], options);
  const lines = (await readFile(notes, 'utf8')).trim().split('\n');
  const calls = lines.map((line) => JSON.parse(line) as { args: string[]; epoch?: string });
  return { stdout, builds: calls.filter((call) => call.args.includes('build')) };
}
const after = (args: string[], option: string) => args.filter((_, index) => args[index - 1] === option);

test('the labels have the time of the source, as RFC 3339, and no address that nobody gave', async () => {
  const { builds } = await imagesBuild([], { SOURCE_DATE_EPOCH: '1764028800' });
  expect(builds.map(({ args }) => after(args, '--label'))).toEqual(
    Array(3).fill(['org.opencontainers.image.created=2025-11-25T00:00:00Z']),
  );
  for (const { args, epoch } of builds) {
    expect(epoch).toBe('1764028800');
    expect(after(args, '--build-arg')).toContain(`VERSION=${VERSION}`);
  }
});

test('without SOURCE_DATE_EPOCH it is the time of the commit, so that builds repeat', async () => {
  const { stdout: time } = await run('git', ['log', '-1', '--format=%ct'], { cwd: ROOT });
  const { builds } = await imagesBuild(['job-image']);
  expect(builds.map(({ epoch }) => epoch)).toEqual([time.trim()]);
});

test('--push builds for all platforms with buildx, and writes the digests, which are what one signs', async () => {
  const options = ['--push', '--platform', 'linux/amd64,linux/arm64', '--source', 'https://git.example/async-api'];
  const { stdout, builds } = await imagesBuild([...options, '--prefix', 'registry.example/team/', '--tag', '1.2.3']);
  expect(stdout.trim().split('\n')).toEqual(
    ['api', 'controller', 'job-image'].map((name) => `registry.example/team/${name}:1.2.3@sha256:12ab`),
  );
  for (const { args } of builds) {
    expect(args.slice(0, 2)).toEqual(['buildx', 'build']);
    expect(after(args, '--platform')).toEqual(['linux/amd64,linux/arm64']);
    expect(after(args, '--output')).toEqual(['type=image,push=true,rewrite-timestamp=true']);
    expect(after(args, '--label')).toContain('org.opencontainers.image.source=https://git.example/async-api');
  }
});
