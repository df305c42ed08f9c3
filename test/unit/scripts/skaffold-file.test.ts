import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { SkaffoldExcerpt } from '../../../scripts/skaffold-excerpt.ts';

const ROOT = join(import.meta.dirname, '../../..');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const skaffold = SkaffoldExcerpt.parse(parse(read('skaffold.yaml')));

test('Skaffold builds with the docker command, and does not require buildx', () => {
  expect(skaffold.build.local).toEqual({ push: false, useDockerCLI: true });
});

test('each command that starts Skaffold names the context of its profile: loading of images depends on it', () => {
  const contexts = new Map(skaffold.profiles.map(({ name, deploy }) => [name, deploy.kubeContext]));
  for (const file of ['skaffold.yaml', 'docs/deploy.md']) {
    const commands = [...read(file).matchAll(/skaffold (?:dev|run|build) .*-p.*/g)].map(([command]) => command);
    expect(commands).toEqual(
      [...contexts].map(([name, context]) => `skaffold dev -p ${name} --kube-context ${context}`),
    );
  }
});

test('Skaffold checks config.yaml before it runs the unit tests', () => {
  const custom = skaffold.test.flatMap((one) => one.custom);
  expect(custom.map(({ command }) => command)).toEqual(['npm run check-config', 'npm run test:unit']);
  expect(custom[0]!.dependencies.paths).toEqual(['resources/config.yaml', 'resources/bounds.yaml']);
  const { scripts } = JSON.parse(read('package.json'));
  for (const { command } of custom) expect(scripts).toHaveProperty([command.replace('npm run ', '')]);
});

test('no unit test reads resources/config.yaml or bounds.yaml, so that Skaffold deploys any change of them', () => {
  const readers = ['test/unit/**/*.ts', 'test/support/{app,builders}.ts']
    .flatMap((pattern) => globSync(pattern, { cwd: ROOT }))
    .filter((file) => /(join\(.*|\.\.\/)resources\/(config|bounds)\.yaml/.test(read(file)));
  expect(readers).toEqual([]);
});
