import { describe, expect, test } from '@jest/globals';
import type { JobState } from '../../../contract/group-run.ts';
import { type CachedRun, cachedRun } from '../../../controller/finished-run.ts';
import { deleteRuns, expiredRuns } from '../../../controller/retention.ts';
import { ApiError } from '../../../kube/api-error.ts';
import type { KubeClient } from '../../../kube/client.ts';
import { definition, NOW, run } from '../../support/builders.ts';

const one = (name: string, state: JobState, finishedAt?: string, group = 'g', jobs = 1): CachedRun => {
  const template = run(Array.from({ length: jobs }, (_, index) => definition({ name: `job_${index}` })));
  return cachedRun({
    ...template,
    metadata: { ...template.metadata, name },
    spec: { ...template.spec, group },
    status: { state, ...(finishedAt ? { finishedAt } : {}) },
  });
};
const policy = { maxAgeSeconds: 3600, maxPerGroup: 2, maxJobs: 100, minAgeSeconds: 300 };
const expired = (runs: CachedRun[]) => expiredRuns(runs, policy, NOW).map(({ metadata }) => metadata.name);

test('a finished run expires at the maximum age', () => {
  expect(
    expired([one('old', 'SUCCESS', '2026-11-24T10:59:59Z'), one('young', 'FAILURE', '2026-11-24T11:00:01Z')]),
  ).toEqual(['old']);
});

test('the latest finished runs of each group are kept', () => {
  const at = (minute: number) => `2026-11-24T11:${minute}:00Z`;
  const runs = [one('1', 'SUCCESS', at(31)), one('3', 'REVOKED', at(33)), one('2', 'FAILURE', at(32))];
  expect(expired([...runs, one('other', 'SUCCESS', at(30), 'h')])).toEqual(['1']);
});

test('the latest of a second are kept, whether or not their times have fractions', () => {
  const runs = ['05Z', '05.900Z', '05.100Z'].map((end) => one(end, 'SUCCESS', `2026-11-24T11:30:${end}`));
  expect(expired(runs)).toEqual(['05Z']);
});

/** Minute of the end, group and number of jobs of finished runs; the last ten minutes are too young to be deleted. */
test.each([
  [
    'as many jobs as permitted',
    [
      [31, 'g', 60],
      [32, 'h', 40],
    ],
    [],
  ],
  [
    'one job more, of another group',
    [
      [31, 'g', 60],
      [32, 'h', 41],
    ],
    ['31'],
  ],
  [
    'a small run that is older than a large one',
    [
      [31, 'g', 5],
      [32, 'h', 60],
      [33, 'i', 60],
    ],
    ['32', '31'],
  ],
  [
    'runs of one job, which count as five',
    Array.from({ length: 21 }, (_, index) => [20 + index, `g${index}`, 1]),
    ['20'],
  ],
  [
    'young runs, which count and stay',
    [
      [31, 'g', 1],
      [56, 'h', 60],
      [57, 'i', 60],
    ],
    ['31'],
  ],
  [
    'runs beyond the number of their group, which do not count',
    [
      [31, 'g', 60],
      [32, 'g', 40],
      [33, 'g', 40],
    ],
    ['31'],
  ],
] as [string, [number, string, number][], string[]][])(
  'of all groups, the latest runs are kept up to a number of jobs: %s',
  (_, runs, gone) => {
    const all = runs.map(([minute, group, jobs]) =>
      one(String(minute), 'SUCCESS', `2026-11-24T11:${minute}:00Z`, group, jobs),
    );
    expect(expired(all)).toEqual(gone);
  },
);

test('a run that finished just now is kept, however many there are', () => {
  const at = (second: number) => `2026-11-24T11:${second < 30 ? 54 : 55}:${second}Z`;
  const runs = [50, 40, 35, 20, 10].map((second) => one(`${second}`, 'SUCCESS', at(second)));
  expect(expired(runs)).toEqual(['20', '10']);
});

test('an unfinished run never expires and does not count towards the maximum per group', () => {
  const open = ['a', 'b', 'c'].map((name) => one(name, 'STARTED'));
  expect(expired([...open, cachedRun(run()), one('over', 'SUCCESS', '2026-11-24T11:59:00Z')])).toEqual([]);
});

test('a run that is being deleted is not deleted again', () => {
  const going = one('going', 'SUCCESS', '2026-11-24T01:00:00Z');
  going.metadata.deletionTimestamp = '2026-11-24T11:59:00Z';
  expect(expired([going])).toEqual([]);
});

describe('the deletion of runs', () => {
  const runs = [one('a', 'SUCCESS'), one('b', 'SUCCESS')];
  /** Deletes the runs; `answer` is called for each call with its path. */
  const deleted = async (answer: (path: string) => void, signal = new AbortController().signal) => {
    const calls: { path: string; body: unknown }[] = [];
    const client: Pick<KubeClient, 'request'> = {
      request: async (_method, path, options) => {
        calls.push({ path, body: options?.body });
        return answer(path) as never;
      },
    };
    await deleteRuns(client, '/runs', runs, () => ({}), signal);
    return calls;
  };

  test('is by UID, so that it spares a new run of the same name', async () => {
    const body = { preconditions: { uid: 'run-uid' } };
    expect(await deleted(() => {})).toMatchObject([
      { path: '/runs/a', body },
      { path: '/runs/b', body },
    ]);
  });

  test.each([404, 409])('goes on with the others after %i', async (code) => {
    const calls = await deleted((path) => {
      if (path === '/runs/a') throw new ApiError(code, '', '');
    });
    expect(calls).toHaveLength(2);
  });

  test('throws any other error', async () => {
    const broken = () => {
      throw new ApiError(500, '', 'broken');
    };
    await expect(deleted(broken)).rejects.toThrow('broken');
  });

  test('ends with the term of the leader', async () => {
    expect(await deleted(() => {}, AbortSignal.abort())).toEqual([]);
  });
});
