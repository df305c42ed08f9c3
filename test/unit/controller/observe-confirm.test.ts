import { describe, expect, test } from '@jest/globals';
import type { GroupRun } from '../../../contract/group-run.ts';
import { jobId } from '../../../contract/ids.ts';
import { plannedStatus } from '../../../controller/decide/plan.ts';
import type { Job, Pod } from '../../../controller/decide/types.ts';
import { ApiError } from '../../../kube/api-error.ts';
import {
  definition,
  disruptedPod,
  endingPod,
  failedPod,
  ID,
  job,
  NOW,
  observedRun,
  RUN_ID,
  run,
  runningPod,
  stoppedJob,
  stored,
  succeededPod,
  unreachablePod,
} from '../../support/builders.ts';
import { labelled, startObserver } from '../../support/observer.ts';

/** What is observed of the run after the API server was asked, with the requests. */
async function confirmed(world: Parameters<typeof startObserver>[0], of: GroupRun) {
  const { observer, requests } = startObserver(world);
  const observed = observer.cached(of);
  await observer.confirm(observed, NOW);
  return { observed, requests, status: plannedStatus(observed, NOW).jobs![0]! };
}

const GET_JOB = `GET jobs/${ID}`;
const GET_PODS = `GET pods batch.kubernetes.io/job-name in (${ID})`;
const started = run(undefined, [stored('STARTED')]);
const withUid = (uid: string, of = job()): Job => ({ ...of, metadata: { ...of.metadata, uid } });
const cancelled = (statuses?: Parameters<typeof run>[1]): GroupRun => {
  const one = run(undefined, statuses);
  return { ...one, spec: { ...one.spec, cancel: true } };
};

describe('a job whose create was denied at its pending deadline', () => {
  const pendingSince = new Date(NOW.getTime() - 120_000).toISOString();
  const denied = (since: string) =>
    ({ name: 'job_a1', id: ID, state: 'PENDING', reason: 'FailedCreate', pendingSince: since }) as const;
  const confirmedDenial = async (world: Parameters<typeof startObserver>[0], since: string) => {
    const { observer, requests } = startObserver(world);
    const observed = observer.cached(run(undefined, [denied(since)]));
    observed.denied.set(ID, 'not today');
    await observer.confirmDenied(observed, NOW);
    return { requests, status: plannedStatus(observed, NOW).jobs![0]! };
  };

  test('ends, if the API server has no Job of it', async () => {
    const { requests, status } = await confirmedDenial({}, pendingSince);
    expect(requests).toEqual([GET_JOB]);
    expect(status).toMatchObject({
      state: 'FAILURE',
      reason: 'FailedCreate',
      message: expect.stringMatching(/not today$/),
    });
  });

  test('does not end, if an earlier call has created its Job', async () => {
    const { status } = await confirmedDenial({ live: { jobs: [job()] } }, pendingSince);
    expect(status).toMatchObject({ state: 'PENDING', jobUID: 'job-uid' });
    expect(status.reason).toBeUndefined();
  });

  test('is not asked for before that deadline', async () => {
    const { requests, status } = await confirmedDenial({}, new Date(NOW.getTime() - 119_000).toISOString());
    expect(requests).toEqual([]);
    expect(status).toMatchObject({ state: 'PENDING', reason: 'FailedCreate' });
  });
});

describe('a recorded Job that the cache lacks', () => {
  test('is deleted, if the API server does not have it either', async () => {
    const { requests, status } = await confirmed({}, started);
    expect(requests).toEqual([GET_JOB]);
    expect(status).toMatchObject({ state: 'FAILURE', reason: 'JobDeleted' });
  });

  test('counts, if the API server has it', async () => {
    const pods = [labelled(runningPod())];
    const { observed, status } = await confirmed({ live: { jobs: [job()] }, cached: { pods } }, started);
    expect(observed).toMatchObject({ deleted: new Set(), pods: new Map([[ID, pods]]) });
    expect(status.state).toBe('STARTED');
  });

  test('is deleted, if another of its name took its place, whose pods do not count', async () => {
    const other = withUid('later-uid');
    const pods = [labelled(runningPod(1)), labelled(runningPod(2), 'later-uid')];
    const { observed, status } = await confirmed({ live: { jobs: [other] }, cached: { jobs: [other], pods } }, started);
    expect(observed).toMatchObject({ jobs: new Map(), pods: new Map([[ID, [pods[0]]]]) });
    expect(status).toMatchObject({ state: 'FAILURE', reason: 'JobDeleted' });
  });

  test('counts as it was last seen, with its pods, if it had its outcome before it was deleted', async () => {
    const [done, pod] = [job({ type: 'Complete' }), labelled(failedPod({ exitCode: 0 }))];
    const { observed, status } = await confirmed({ deleted: { jobs: [done], pods: [pod] } }, started);
    expect(observed).toMatchObject({ deleted: new Set([ID]), deletedPods: new Map([[ID, [pod]]]) });
    expect(status).toMatchObject({ state: 'SUCCESS', finishedAt: '2026-11-24T11:30:00Z' });
  });

  test('is deleted, if it had no outcome when it was deleted', async () => {
    const { status } = await confirmed({ deleted: { jobs: [job()] } }, started);
    expect(status).toMatchObject({ state: 'FAILURE', reason: 'JobDeleted' });
  });

  test('is not taken for deleted while the API server does not answer', async () => {
    const live = new ApiError(500, 'InternalError', 'no leader');
    await expect(confirmed({ live }, started)).rejects.toThrow('no leader');
  });
});

describe('a cancelled job without a Job', () => {
  test('is not over if the API server has a Job that the cache has not seen', async () => {
    const { requests, observed, status } = await confirmed({ live: { jobs: [job()] } }, cancelled());
    expect(requests).toEqual([GET_JOB]);
    expect(observed.jobs).toEqual(new Map([[ID, expect.objectContaining({ metadata: job().metadata })]]));
    expect(status.state).toBe('PENDING');
  });

  test('does not get the Job of another owner', async () => {
    const other = job();
    other.metadata.ownerReferences = [{ kind: 'GroupRun', uid: 'another-uid', controller: true }];
    const { observed, status } = await confirmed({ live: { jobs: [other] } }, cancelled());
    expect(observed).toMatchObject({ jobs: new Map(), deleted: new Set() });
    expect(status).toMatchObject({ state: 'REVOKED', reason: 'Cancelled' });
  });
});

describe('the pods of a Job', () => {
  const backoff = (failed = 1) => job({ type: 'FailureTarget', reason: 'BackoffLimitExceeded' }, failed);
  const pods = [labelled(failedPod({ exitCode: 7 }, 1)), labelled(failedPod({ exitCode: 8 }, 2))];
  const lostPod = labelled(unreachablePod('2026-11-24T11:20:00Z'));
  const last = async (one: Job, cached: Pod[], live = pods) =>
    confirmed({ live: { pods: live }, cached: { jobs: [one], pods: cached } }, started);

  test.each<[string, Job, Pod[]]>([
    ['is stopped', stoppedJob('Cancelled', true), pods],
    ['is stopped, and its node is lost', stoppedJob('Cancelled', true, { terminating: 1 }), [lostPod]],
    ['failed, if the cache has none', backoff(), []],
    ['failed, if the one in the cache has not ended', backoff(), [labelled(runningPod(1))]],
    ['failed more often than the cache has pods that ended', backoff(2), pods.slice(0, 1)],
    ['failed, if the cache has only one that was disrupted', backoff(), [labelled(disruptedPod())]],
    ['is complete, if the cache has none', job({ type: 'Complete' }), []],
    ['has met its criteria of success, if the cache has none', job({ type: 'SuccessCriteriaMet' }), []],
    ['is complete, if the cache has only one that failed', job({ type: 'Complete' }, 1), pods.slice(0, 1)],
    ['is complete, if that in the cache has not ended', job({ type: 'Complete' }), [labelled(runningPod(1))]],
  ])('are asked for where it %s', async (_, one, cached) => {
    const { requests, observed } = await last(one, cached);
    expect(requests).toEqual([GET_PODS]);
    expect(observed.pods.get(ID)!.map(({ metadata }) => metadata.name)).toEqual(
      pods.map(({ metadata }) => metadata.name),
    );
  });

  test.each<[string, Job, Pod[]]>([
    ['runs', job(), []],
    ['failed, and the cache has those that ended', backoff(2), pods],
    ['is complete, and the cache has that which succeeded', job({ type: 'Complete' }), [labelled(succeededPod())]],
    ['failed, and the cache has one that is ending', backoff(), [labelled(endingPod())]],
    ['met its deadline', job({ type: 'FailureTarget', reason: 'DeadlineExceeded' }), []],
    ['is suspended by another', { ...job({ type: 'Suspended' }), spec: { suspend: true } }, []],
    ['was stopped, and the Job controller still counts pods', stoppedJob('Cancelled', true, { terminating: 1 }), []],
    ['was stopped, and the Job controller has not seen it yet', stoppedJob('Cancelled', false), []],
    ['was stopped and resumed', { ...stoppedJob('Cancelled', true), spec: { suspend: false } }, []],
  ])('are those of the cache where it %s', async (_, one, cached) => {
    const { requests, observed } = await last(one, cached);
    expect(requests).toEqual([]);
    expect(observed.pods.get(ID)).toEqual(cached);
  });

  test.each([
    [2, /^GET pods batch\.kubernetes\.io\/job-name in \(.*0001,.*0002\)$/],
    [200, `GET pods async-api.dev/run=${RUN_ID}`],
  ])('are asked for once for %i Jobs', async (count, request) => {
    const jobs = Array.from({ length: count }, (_, index) => {
      const one = stoppedJob('Cancelled', true);
      return { ...one, metadata: { ...one.metadata, name: jobId(RUN_ID, index + 1), uid: `uid-${index}` } };
    });
    const stillRuns = jobs.map(({ metadata }) => labelled(runningPod(), metadata.uid, metadata.name)).slice(1, 2);
    const of = run(jobs.map((_, index) => definition({ name: `job-${index}` })));
    const { requests, observed } = await confirmed({ live: { pods: stillRuns }, cached: { jobs } }, of);
    expect(requests).toEqual([typeof request === 'string' ? request : expect.stringMatching(request)]);
    expect([...observed.pods.values()].flat()).toEqual(stillRuns);
    expect(observed.pods.get(jobId(RUN_ID, 2))).toEqual(stillRuns);
  });

  test('tell the exit code of the last attempt though the cache has only an earlier one', async () => {
    expect((await last(backoff(2), pods.slice(0, 1))).status).toMatchObject({ state: 'FAILURE', exitCode: 8 });
  });

  test('tell the result of the attempt that succeeded though the cache has only one that failed', async () => {
    const succeeded = labelled(succeededPod({ message: 'rows: 3' }, 2));
    const { status } = await last(job({ type: 'Complete' }, 1), pods.slice(0, 1), [pods[0]!, succeeded]);
    expect(status).toMatchObject({ state: 'SUCCESS', result: 'rows: 3', attempts: 2 });
  });

  test('tell the result, even if the one that succeeded is deleted while the API server is asked', async () => {
    const succeeded = labelled(succeededPod({ message: 'rows: 3' }));
    const cached = { jobs: [job({ type: 'Complete' })], pods: [labelled(runningPod())] };
    const { observer, tombstones } = startObserver({ cached });
    const observed = observer.cached(started);
    tombstones.addPod(succeeded);
    await observer.confirm(observed, NOW);
    expect(plannedStatus(observed, NOW).jobs).toMatchObject([{ state: 'SUCCESS', result: 'rows: 3' }]);
  });

  test.each(['BackoffLimitExceeded', 'PodFailurePolicy'])(
    'are asked for after %s if the cache has only those that do not count',
    async (reason) => {
      const one = job({ type: 'FailureTarget', reason }, 1);
      const of = run([definition({ ignoreExitCodes: [75], failOnExitCodes: [42] })], [stored('STARTED')]);
      const ended = [labelled(failedPod({ exitCode: 75 }, 1)), labelled(failedPod({ exitCode: 42 }, 2))];
      const { status } = await confirmed(
        { live: { pods: ended }, cached: { jobs: [one], pods: ended.slice(0, 1) } },
        of,
      );
      expect(status).toMatchObject({ state: 'FAILURE', exitCode: 42 });
    },
  );

  test('delay the end of a stopped job, even if the cache has none', async () => {
    const { status } = await last(stoppedJob('Cancelled', true), [], [labelled(runningPod())]);
    expect(status.state).toBe('STARTED');
  });

  test('are not those of an earlier Job of its name', async () => {
    const { observed } = await last(backoff(), [], [labelled(failedPod({ exitCode: 9 }, 3), 'earlier-uid'), ...pods]);
    expect(observed.pods.get(ID)!.map(({ metadata }) => metadata.uid)).toEqual(['pod-1', 'pod-2']);
  });
});

test('a Job of an earlier create that has failed is adopted with the pods that tell why, which the cache may lack', async () => {
  const failed = job({ type: 'FailureTarget', reason: 'BackoffLimitExceeded' }, 1);
  const { observer, requests } = startObserver({ live: { jobs: [failed], pods: [labelled(failedPod())] } });
  const observed = observedRun({ run: run() });
  await observer.adopt(observed, failed);
  expect(plannedStatus(observed, NOW).jobs).toMatchObject([{ state: 'FAILURE', reason: 'Error', exitCode: 3 }]);
  await observer.adopt(observed, job());
  expect(requests).toHaveLength(1);
});

test('only the fields that the controller reads are kept from a response of the API server', async () => {
  const [big, pod] = [stoppedJob('Cancelled', true), labelled(runningPod())];
  Object.assign(big.metadata, { managedFields: [{}] });
  const live = { jobs: [big], pods: [{ ...pod, metadata: { ...pod.metadata, managedFields: [{}] } }] };
  const { observed } = await confirmed({ live }, cancelled([stored('STARTED')]));
  expect(observed.jobs.get(ID)).toEqual(stoppedJob('Cancelled', true));
  expect(observed.pods.get(ID)).toEqual([pod]);
});

test('the API server is not asked about a job that is over, or whose Job is not made yet', async () => {
  const over = run([definition(), definition({ name: 'b' })], [stored('REVOKED')]);
  expect((await confirmed({}, over)).requests).toEqual([]);
});
