import { describe, expect, test } from '@jest/globals';
import type { GroupRun, GroupRunStatus } from '../../../contract/group-run.ts';
import { StatusWriter } from '../../../controller/status-writer.ts';
import { ApiError } from '../../../kube/api-error.ts';
import type { RequestOptions } from '../../../kube/client.ts';
import { FencedError } from '../../../kube/fenced-error.ts';
import { run, stored } from '../../support/builders.ts';

/** A writer over an API server that stores the run, and whose cache shows it at once. `tookMs` is how long a write takes. */
function start(initial: GroupRun = run(), tookMs = 10) {
  let current = initial;
  let clockMs = 0;
  let failure: (() => Error) | undefined;
  const requeued: number[] = [];
  const told: (GroupRunStatus | undefined)[] = [];
  const sent: GroupRunStatus[] = [];
  const store = (change: Partial<GroupRun>) => {
    const resourceVersion = String(Number(current.metadata.resourceVersion) + 1);
    current = { ...current, ...change, metadata: { ...current.metadata, ...change.metadata, resourceVersion } };
    return current;
  };
  const writer = new StatusWriter({
    client: {
      request: async <T>(_method: string, _path: string, { body }: RequestOptions = {}) => {
        clockMs += tookMs;
        const { status } = body as { status: GroupRunStatus };
        sent.push(status);
        if (failure) throw failure();
        return store({ status }) as T;
      },
    },
    path: '/runs',
    runs: { get: () => current },
    onStatusWritten: (_run, before) => void told.push(before),
    requeueAfter: (_name, ms) => void requeued.push(ms),
    writeOptions: () => ({}),
    log: () => {},
    monotonic: () => clockMs,
  });
  return {
    writer,
    sent,
    requeued,
    /** The statuses that were stored before each that was written. */
    told,
    store,
    write: (status: GroupRunStatus) => writer.write(writer.stored(current.metadata.name)!, status),
    known: () => writer.known(writer.stored(current.metadata.name)!).status,
    fail: (with_: (() => Error) | undefined) => {
      failure = with_;
    },
    pass: (ms: number) => {
      clockMs += ms;
    },
  };
}
const status = (
  state: 'PENDING' | 'STARTED' | 'SUCCESS',
  runState: GroupRunStatus['state'] = 'STARTED',
): GroupRunStatus => ({
  state: runState,
  jobs: [stored(state)],
});

describe('a status that is not urgent', () => {
  test('waits for its time, is requeued for it, and is then written once', async () => {
    const { write, sent, requeued, pass } = start();
    await write(status('PENDING'));
    pass(100);
    await write(status('STARTED'));
    expect([sent.length, requeued]).toEqual([1, [203]]);
    pass(203);
    await write(status('STARTED'));
    await write(status('STARTED'));
    expect(sent).toEqual([status('PENDING'), status('STARTED')]);
  });

  test('counts while it waits, but the run is stored as it was', async () => {
    const { writer, write, known } = start();
    await write(status('PENDING'));
    const returned = await write(status('SUCCESS'));
    expect(returned.status).toEqual(status('PENDING'));
    expect(writer.stored(returned.metadata.name)!.status).toEqual(status('PENDING'));
    expect(known()).toEqual(status('SUCCESS'));
  });

  test('is forgotten if what was stored is right again', async () => {
    const { write, known } = start();
    await write(status('PENDING'));
    await write(status('STARTED'));
    await write(status('PENDING'));
    expect(known()).toEqual(status('PENDING'));
  });

  test('does not hide what others have stored meanwhile: the end of a job, their conditions, the end of the run', async () => {
    const { write, store, known } = start();
    await write(status('PENDING'));
    await write(status('STARTED'));
    const conditions = [{ type: 'Other', status: 'True', lastTransitionTime: '' }] as never;
    store({ status: { ...status('SUCCESS'), conditions } });
    expect(known()).toEqual({ ...status('SUCCESS'), conditions });
    store({ status: status('PENDING', 'FAILURE') });
    expect(known()).toEqual(status('PENDING', 'FAILURE'));
  });

  test('is no longer known after another run of this name took its place', async () => {
    const { write, store, known } = start();
    await write(status('PENDING'));
    await write(status('STARTED'));
    const { status: _, ...other } = run();
    store({ ...other, status: undefined, metadata: { ...other.metadata, uid: 'other-uid' } } as never);
    expect(known()).toBeUndefined();
  });
});

test('the first status, the end and the answer to a cancel are written at once, with what was stored before', async () => {
  const { write, sent, told } = start();
  const all = [status('PENDING'), { ...status('PENDING'), observedGeneration: 2 }, status('SUCCESS', 'SUCCESS')];
  await write(all[0]!);
  await write(status('STARTED'));
  await write(all[1]!);
  await write(all[2]!);
  expect(sent).toEqual(all);
  expect(told).toEqual([undefined, all[0], all[1]]);
});

describe('a write that failed', () => {
  test('is repeated with growing pauses, however often events ask for it, even if it is the end of the run', async () => {
    const { write, sent, fail, pass } = start();
    const end = status('SUCCESS', 'SUCCESS');
    fail(() => new ApiError(500, 'InternalError', 'no leader'));
    const times: number[] = [];
    for (let ms = 0; ms < 2000; ms += 10) {
      const before = sent.length;
      await write(end).catch(() => {});
      if (sent.length > before) times.push(ms);
      pass(10 - (sent.length - before) * 10);
    }
    const pauses = times.slice(1).map((at, index) => at - times[index]!);
    expect(pauses).toEqual([110, 210, 410, 810]);
  });

  test('because the API server took too long is repeated after twice that time', async () => {
    const { write, sent, fail, requeued } = start(run(), 15_000);
    fail(() => new Error('PUT /runs had no answer within 15000 ms'));
    await expect(write(status('PENDING'))).rejects.toThrow('no answer');
    await write(status('PENDING'));
    expect([sent.length, requeued]).toEqual([1, [30_000]]);
  });

  test('is followed by one at the usual pace once one succeeds', async () => {
    const { write, fail, pass, requeued } = start();
    fail(() => new ApiError(500, 'InternalError', 'no leader'));
    await write(status('PENDING')).catch(() => {});
    fail(undefined);
    pass(100);
    await write(status('PENDING'));
    await write(status('STARTED'));
    expect(requeued).toEqual([303]);
  });

  test('because this replica does not lead any more is no sign of a busy API server', async () => {
    const { write, sent, fail } = start();
    fail(() => new FencedError('This replica does not lead any more'));
    await write(status('PENDING')).catch(() => {});
    fail(undefined);
    await write(status('PENDING'));
    expect(sent).toHaveLength(2);
  });
});
