import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { IMAGES } from '../../dev/docker/images.ts';
import { imageOf } from '../support/image-container.ts';

const run = promisify(execFile);
const docker = async (...args: string[]) => (await run('docker', args, { maxBuffer: 1e8 })).stdout;
const ROOT = join(import.meta.dirname, '../..');

/** The files of an image without folders, a line each as `tar -tv` prints it. */
async function filesOf(image: string): Promise<string[]> {
  const id = (await docker('create', image)).trim();
  try {
    const { stdout } = await run('sh', ['-c', `docker export ${id} | tar -tv`], { maxBuffer: 1e8 });
    return stdout.split('\n').filter((line) => line && !line.startsWith('d'));
  } finally {
    await docker('rm', id);
  }
}

const PROGRAMS = {
  api: [
    'app/api.mjs',
    'app/page/app-HASH.css',
    'app/page/app-HASH.js',
    'app/page/index.html',
    'app/resources/bounds.yaml',
    'app/resources/config.yaml',
    'app/sbom.cdx.json',
  ],
  controller: ['app/controller.mjs', 'app/sbom.cdx.json'],
  'job-image': ['app/main.ts'],
};
const LIBRARY = /^(usr\/)?lib(64)?\/(\S+\/)?(ld-|lib)[\w.+-]+$/;
/** The engine creates these in every container. */
const ENGINE = /^(\.dockerenv|dev\/console|etc\/(hostname|hosts|mtab|resolv\.conf))$/;

describe.each(IMAGES)('the image of %s', (name) => {
  test('holds node, its libraries and the program, but no shell and no setuid file', async () => {
    const files = await filesOf(imageOf(name));
    const paths = files.map((line) => line.split(/\s+/)[5]!).filter((path) => !ENGINE.test(path));
    const named = paths.map((path) => path.replace(/-[A-Z0-9]{8}\./, '-HASH.'));
    expect(named.filter((path) => !LIBRARY.test(path)).sort()).toEqual(
      [...PROGRAMS[name], 'usr/local/bin/node'].sort(),
    );
    expect(files.filter((line) => /^...[sS]|^......[sS]/.test(line))).toEqual([]);
  });

  test('has a numeric user other than root, and labels', async () => {
    const [{ Config }] = JSON.parse(await docker('image', 'inspect', imageOf(name)));
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
    expect(Config.User).toBe('65532:65532');
    expect(Config.Labels).toMatchObject({
      'org.opencontainers.image.title': expect.stringContaining('async-api'),
      'org.opencontainers.image.description': expect.stringMatching(/\w\.$/),
      'org.opencontainers.image.created': expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      'org.opencontainers.image.licenses': 'Apache-2.0',
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.revision': expect.stringMatching(/^[0-9a-f]{40}(-dirty)?$/),
    });
  });

  test('does not reveal the registry of its packages', async () => {
    const history = await docker('image', 'history', '--no-trunc', imageOf(name));
    const config = await docker('image', 'inspect', imageOf(name));
    expect(history + config).not.toMatch(/https?:\/\/|NPM_CONFIG|NODE_EXTRA/);
  });
});

test.each(['api', 'controller'] as const)(
  'the SBOM in the image of %s lists its packages and its Node',
  async (name) => {
    const id = (await docker('create', imageOf(name))).trim();
    const { stdout } = await run('sh', ['-c', `docker cp ${id}:/app/sbom.cdx.json - | tar -xO`], { maxBuffer: 1e8 });
    await docker('rm', id);
    const { components } = JSON.parse(stdout) as { components: { name: string; version: string }[] };
    const node = (await docker('run', '--rm', '--entrypoint', 'node', imageOf(name), '--version')).trim();
    expect(components.find((one) => one.name === 'node')?.version).toBe(node.slice(1));
    const { dependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
    expect(components.find((one) => one.name === 'undici')?.version).toBe(dependencies.undici);
    expect(components.some((one) => one.name === 'preact')).toBe(name === 'api');
  },
);

test('the images share the layer with node', async () => {
  const layers = await Promise.all(
    IMAGES.map(async (name) => JSON.parse(await docker('image', 'inspect', imageOf(name)))[0].RootFS.Layers),
  );
  expect(new Set(layers.map(([first]) => first)).size).toBe(1);
});
