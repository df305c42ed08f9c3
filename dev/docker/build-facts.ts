import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../cluster/run.ts';

const ROOT = join(import.meta.dirname, '../..');
const LABEL = 'org.opencontainers.image';

/** What a build is told of its checkout and its machine. */
export interface BuildFacts {
  /** NAME=value of the Dockerfiles' ARGs. */
  args: string[];
  /** NAME=value of the labels that no Dockerfile can have a default for. */
  labels: string[];
  /** Seconds since 1970 (https://reproducible-builds.org/specs/source-date-epoch/); undefined without git. */
  sourceDateEpoch?: string;
}

/** `source` is the address of the source code, if known. */
export async function buildFacts({ source }: { source?: string | undefined } = {}): Promise<BuildFacts> {
  const sourceDateEpoch = process.env.SOURCE_DATE_EPOCH || (await git('log', '-1', '--format=%ct'));
  return {
    args: await buildArgs(),
    labels: [
      // The time of the source, not of the build: the same commit gives the same labels.
      ...(sourceDateEpoch ? [`${LABEL}.created=${rfc3339(sourceDateEpoch)}`] : []),
      ...(source ? [`${LABEL}.source=${source}`] : []),
    ],
    ...(sourceDateEpoch && { sourceDateEpoch }),
  };
}

async function buildArgs(): Promise<string[]> {
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const revision = await git('describe', '--always', '--dirty', '--abbrev=40', '--exclude=*');
  const registry = (await run('npm', ['config', 'get', 'registry'])).trim();
  return [
    `VERSION=${version}`,
    `REVISION=${revision ?? 'unknown'}`,
    ...(process.env.NODE_IMAGE ? [`NODE_IMAGE=${process.env.NODE_IMAGE}`] : []),
    `NPM_CONFIG_REGISTRY=${registry}`,
  ];
}

/** What git says of this checkout; undefined if it is none. */
const git = (...args: string[]): Promise<string | undefined> =>
  run('git', args, { cwd: ROOT }).then(
    (text) => text.trim(),
    () => undefined,
  );

/** Throws a RangeError if it is no number of seconds. */
const rfc3339 = (seconds: string): string => new Date(Number(seconds) * 1000).toISOString().replace('.000Z', 'Z');
