import type { GroupRun } from '../../contract/group-run.ts';
import { type SampleJob, sampleRun } from './sample-run.ts';

/** What the pictures show: groups and runs as a small company could have them. */
export const GROUPS = `
groups:
  nightly-report:
    parallelism: 3
    parameters:
      day: { required: true, pattern: '\\d{4}-\\d{2}-\\d{2}' }
      region: { default: eu }
    jobs:
${['extract-orders', 'extract-customers', 'extract-payments', 'clean', 'join', 'aggregate', 'render-pdf', 'send-mail']
  .map((name) => `      ${name}: { sleep: { seconds: 30 } }`)
  .join('\n')}
  backup: { jobs: { dump: { sleep: { seconds: 5 } }, upload: { sleep: { seconds: 5 } }, verify: { sleep: { seconds: 5 } } } }
  thumbnails: { parameters: { album: { required: true } }, jobs: { resize: { sleep: { seconds: 5 } }, publish: { log: { lines: 5 } } } }
  train-model: { parameters: { model: { default: small } }, jobs: { prepare: { sleep: { seconds: 5 } }, train: { sleep: { seconds: 5 } }, evaluate: { sleep: { seconds: 5 } } } }
  import: { jobs: { fetch: { slep: { seconds: 5 } }, load: { sleep: { seconds: -5 } } } }
`;

const ok = (name: string, podAt: number, startedAfter: number, finishedAfter: number): SampleJob => ({
  name,
  state: 'SUCCESS',
  podAt,
  startedAfter,
  finishedAfter,
});

const DAY = { day: '2026-11-25', region: 'eu' };

/** The run that the pictures show in full: something of everything. */
export const showcase = (): GroupRun =>
  sampleRun(
    'nightly-report',
    214,
    [
      ok('extract-orders', 1, 3, 62),
      ok('extract-customers', 1, 3, 41),
      ok('extract-payments', 1, 4, 88),
      { ...ok('clean', 42, 46, 118), attempts: 2 },
      {
        name: 'join',
        state: 'FAILURE',
        reason: 'OOMKilled',
        message: 'The container used more memory than its limit of 512Mi.',
        exitCode: 137,
        podAt: 63,
        startedAfter: 66,
        finishedAfter: 147,
      },
      { name: 'aggregate', state: 'STARTED', podAt: 89, startedAfter: 93 },
      {
        name: 'render-pdf',
        state: 'PENDING',
        reason: 'ImagePullBackOff',
        message: 'Back-off pulling image "registry.example/render:2.4": not found',
        podAt: 119,
        pendingAfter: 124,
      },
      {
        name: 'send-mail',
        state: 'PENDING',
        needs: ['render-pdf'],
        reason: 'WaitsForJobs',
        message: 'It waits for render-pdf.',
      },
    ],
    DAY,
  );

/** A list of runs, newest first; `shown` is one of them. */
export function sampleRuns(shown: GroupRun): GroupRun[] {
  const failed: SampleJob = {
    name: 'verify',
    state: 'FAILURE',
    reason: 'Error',
    exitCode: 3,
    startedAfter: 60,
    finishedAfter: 75,
  };
  const revoked: SampleJob = { name: 'evaluate', state: 'REVOKED', reason: 'Cancelled', finishedAfter: 900 };
  const nightly = [
    'extract-orders',
    'extract-customers',
    'extract-payments',
    'clean',
    'join',
    'aggregate',
    'render-pdf',
    'send-mail',
  ];
  const recent = [
    sampleRun(
      'thumbnails',
      9,
      [
        { name: 'resize', state: 'STARTED', startedAfter: 3 },
        { name: 'publish', state: 'PENDING' },
      ],
      { album: 'autumn-2026' },
    ),
    shown,
    sampleRun(
      'train-model',
      1260,
      [
        ok('prepare', 1, 4, 122),
        { name: 'train', state: 'STARTED', startedAfter: 124 },
        { name: 'evaluate', state: 'PENDING' },
      ],
      { model: 'large' },
    ),
    sampleRun('backup', 2400, [ok('dump', 0, 2, 31), ok('upload', 31, 33, 59), failed]),
    sampleRun('train-model', 5000, [ok('prepare', 1, 4, 130), ok('train', 131, 133, 880), revoked], { model: 'small' }),
  ];
  const older = Array.from({ length: 40 }, (_, index) => {
    const age = 6000 + index * 4100;
    switch (index % 4) {
      case 0:
        return sampleRun('backup', age, [
          ok('dump', 0, 2, 29 + index),
          ok('upload', 31, 33, 70),
          ok('verify', 70, 72, 84 + index),
        ]);
      case 1:
        return sampleRun(
          'nightly-report',
          age,
          nightly.map((name, i) => ok(name, i * 20, i * 20 + 3, i * 25 + 40 + index)),
          { ...DAY, day: `2026-11-${24 - (index >> 2)}` },
        );
      case 2:
        return sampleRun('thumbnails', age, [ok('resize', 0, 2, 12 + index), ok('publish', 12, 13, 19 + index)], {
          album: `album-${index}`,
        });
      default:
        return sampleRun(
          'train-model',
          age,
          [
            ok('prepare', 0, 2, 100),
            index % 8 === 3
              ? {
                  ...ok('train', 100, 102, 460),
                  state: 'FAILURE',
                  reason: 'DeadlineExceeded',
                  message: 'It was not done within activeDeadlineSeconds (360 s).',
                }
              : ok('train', 100, 102, 700),
            ok('evaluate', 700, 702, 790),
          ],
          { model: 'small' },
        );
    }
  });
  return [...recent, ...older];
}

const ESC = '\u001b';
const LEVELS: Record<string, string> = { INFO: '32', WARN: '33', ERROR: '31' };

/** What the job that ran out of memory wrote. */
export const SAMPLE_LOG = `${Array.from({ length: 120 }, (_, index) => {
  const level = index === 119 ? 'ERROR' : index % 17 === 9 ? 'WARN' : 'INFO';
  const text =
    level === 'INFO'
      ? `batch ${index + 1}: ${(18_400 + ((index * 7919) % 4000)).toLocaleString('en')} rows joined in ${180 + ((index * 37) % 90)} ms`
      : level === 'WARN'
        ? `heap at ${300 + index} MiB of 512 MiB`
        : 'cannot allocate 64 MiB for the hash table';
  const time = `02:${String(3 + Math.floor(index / 60)).padStart(2, '0')}:${String(index % 60).padStart(2, '0')}`;
  return `${ESC}[90m${time}${ESC}[0m ${ESC}[${LEVELS[level]}m${level.padEnd(5)}${ESC}[0m ${text}\n`;
}).join('')}Killed\n`;
